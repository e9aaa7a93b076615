import { describe, expect, it } from 'vitest';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { change, day, hour, openWithToken, read, rotate, rotateItself, tokenActions, use } from './changes.ts';

const selfRotating = { self_rotate: true, expires_in: 2 * day };

describe('a token that rotates itself', () => {
  it('receives a new value and lives again for its lifetime', async () => {
    const { app, token } = await openWithToken(selfRotating);
    app.clock.advance(day * 1000);
    const { status, body } = await rotateItself(app, token.token, { overlap: hour });
    expect(status).toBe(201);
    expect(Date.parse(body.expires_at ?? '')).toBe(app.clock.now() + 2 * day * 1000);
    expect([await verdict(app, token.token), await verdict(app, body.token)]).toEqual([200, 200]);
    expect(await tokenActions(app)).toEqual(['token.created', 'token.rotated']);
  });

  it('needs an expiry, at creation and ever after', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const creation = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'eternal', self_rotate: true } });
    expect(creation.status).toBe(400);
    const eternal = await createToken(app, app.dev, { name: 'eternal' });
    const attempts: Array<[string, string, object]> = [
      ['PATCH', `tokens/${eternal.id}`, { self_rotate: true }],
      ['PATCH', `tokens/${token.id}`, { expires_in: null }],
      ['POST', `tokens/${token.id}/rotate`, { expires_in: null }],
    ];
    for (const [method, path, json] of attempts) {
      expect([path, (await change(app, path, { method, as: app.dev, json })).status]).toEqual([path, 400]);
    }
  });

  it('needs the permission of its owner to do so', async () => {
    const { app, token } = await openWithToken({ expires_in: day });
    const denied = await rotateItself(app, token.token);
    expect([denied.status, denied.body.code]).toEqual([403, 'self-rotate-off']);
  });

  it('cannot choose its expiry', async () => {
    const { app, token } = await openWithToken(selfRotating);
    expect((await rotateItself(app, token.token, { expires_in: 365 * day })).status).toBe(400);
  });

  it('is told if a rotation is pending', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const { body } = await rotateItself(app, token.token);
    const pending = await rotateItself(app, body.token);
    expect([pending.status, pending.body.code]).toEqual([409, 'rotation-pending']);
    const ended = await rotateItself(app, body.token, { end_previous: true });
    expect([ended.status, await verdict(app, token.token)]).toEqual([201, 'rotated']);
  });

  it('can do so 60 times an hour, so that a stolen value cannot fill the mailbox of its owner', async () => {
    const { app, token } = await openWithToken({ ...selfRotating, expires_in: 30 * day });
    let value = token.token;
    for (let count = 0; count < 60; count += 1) {
      const { status, body } = await rotateItself(app, value, { overlap: 0 });
      expect([count, status]).toEqual([count, 201]);
      value = body.token;
      app.clock.advance(10_000);
    }
    const refused = await rotateItself(app, value, { overlap: 0 });
    expect([refused.status, refused.body.code]).toEqual([429, 'throttled']);
    const headers = { Authorization: `Token ${value}` };
    const again = await app.ask('/api/v1/token/rotate', { method: 'POST', json: { overlap: 0 }, headers });
    const wait = Number(again.headers.get('Retry-After'));
    expect(wait).toBe(hour - 60 * 10);
    const { token: next } = await rotate(app, token.id, { overlap: 0 });
    app.clock.advance(wait * 1000);
    // The owner's rotation counts as well.
    expect((await rotateItself(app, next, { overlap: 0 })).status).toBe(429);
    app.clock.advance(10_000);
    expect((await rotateItself(app, next, { overlap: 0 })).status).toBe(201);
  });

  it('can do so although 60 rotations were stored while the clock was ahead', async () => {
    const { app, token } = await openWithToken({ ...selfRotating, expires_in: 30 * day });
    app.clock.advance(day * 1000);
    let value = token.token;
    for (let count = 0; count < 60; count += 1) value = (await rotateItself(app, value, { overlap: 0 })).body.token;
    expect((await rotateItself(app, value, { overlap: 0 })).status).toBe(429);
    app.clock.advance(-day * 1000);
    expect((await rotateItself(app, value, { overlap: 0 })).status).toBe(201);
  });

  it('cannot do anything else with its value', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const headers = { Authorization: `Token ${token.token}` };
    for (const path of [`tokens/${token.id}/rotate`, `tokens/${token.id}/resume`, `tokens/${token.id}/pause`]) {
      expect([path, (await change(app, path, { headers, json: {} })).body.code]).toEqual([path, 'session-required']);
    }
  });
});

describe('a previous value', () => {
  it('rotates the token if the answer was lost: after a minute, if nobody used the new value', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const lost = await rotateItself(app, token.token);
    app.clock.advance(60_000);
    const early = await rotateItself(app, token.token);
    expect([early.status, early.body.code]).toEqual([403, 'previous-value']);
    app.clock.advance(1);
    const { status, body } = await rotateItself(app, token.token);
    expect(status).toBe(201);
    const values = [token.token, lost.body.token, body.token];
    expect(await Promise.all(values.map((value) => verdict(app, value)))).toEqual([200, 'rotated', 200]);
    expect((await read(app, token.id)).previous).toMatchObject({ prefix: token.prefix });
  });

  it('never lives longer by rotating the token', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const first = await rotateItself(app, token.token, { overlap: hour });
    app.clock.advance(30 * 60 * 1000);
    const second = await rotateItself(app, token.token, { overlap: 30 * day });
    expect(second.body.previous).toEqual(first.body.previous);
  });

  it('does not rotate the token once the new value was used', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const { body } = await rotateItself(app, token.token);
    await use(app, body.token);
    app.clock.advance(hour * 1000);
    expect((await rotateItself(app, token.token)).body.code).toBe('previous-value');
    expect((await rotateItself(app, token.token, { end_previous: true })).body.code).toBe('previous-value');
  });

  it('does not rotate the token once the new value was presented in a way that records no use', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const { body } = await rotateItself(app, token.token);
    expect(await verdict(app, body.token)).toBe(200);
    await app.services.seenValues.flush(app.store.tokens, app.clock.now());
    app.clock.advance(hour * 1000);
    expect((await rotateItself(app, token.token)).body.code).toBe('previous-value');
  });

  it('does not rotate the token if its owner rotated it', async () => {
    const { app, token } = await openWithToken(selfRotating);
    const { token: value } = await rotate(app, token.id);
    app.clock.advance(hour * 1000);
    expect((await rotateItself(app, token.token, { end_previous: true })).body.code).toBe('previous-value');
    expect(await verdict(app, value)).toBe(200);
  });

  it('rotates nothing after its end', async () => {
    const { app, token } = await openWithToken(selfRotating);
    await rotateItself(app, token.token, { overlap: 120 });
    app.clock.advance(120_000);
    const { status } = await rotateItself(app, token.token);
    expect([status, await verdict(app, token.token)]).toEqual([401, 'rotated']);
  });
});
