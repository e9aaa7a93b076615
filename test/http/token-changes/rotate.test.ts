import { describe, expect, it } from 'vitest';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import { createToken, verdict } from '../../helpers/app/app.ts';
import { change, day, hour, openWithToken, read, rotate, subjects, tokenActions, use } from './changes.ts';

describe('rotating a token', () => {
  it('returns a new value once, and accepts both values until the end of the overlap', async () => {
    const { app, token } = await openWithToken({ description: 'CI' });
    const { token: value, ...rotated } = await rotate(app, token.id);
    const validUntil = new Date(app.clock.now() + day * 1000).toISOString();
    expect(isWellFormedToken(value)).toBe(true);
    expect(rotated).toMatchObject({
      ...{ id: token.id, name: 'ci', description: 'CI', created_at: token.created_at, expires_at: null },
      prefix: value.slice(0, 12),
      rotated_at: new Date(app.clock.now()).toISOString(),
      previous: { prefix: token.prefix, valid_until: validUntil, last_used: null },
    });
    expect(await read(app, token.id)).toEqual(rotated);
    expect([await verdict(app, token.token), await verdict(app, value)]).toEqual([200, 200]);
    app.clock.advance(day * 1000 - 1);
    expect([await verdict(app, token.token), await verdict(app, value)]).toEqual([200, 200]);
    app.clock.advance(1);
    expect([await verdict(app, token.token), await verdict(app, value)]).toEqual(['rotated', 200]);
    expect(await read(app, token.id)).toMatchObject({ previous: null, status: 'active' });
  });

  it('names the prefix and the end of the value that a request presents', async () => {
    const { app, token } = await openWithToken({ expires_in: 30 * day });
    const rotated = await rotate(app, token.id, { overlap: hour });
    const [old, current] = await Promise.all([token.token, rotated.token].map((value) => app.services.verify(value)));
    expect(old).toMatchObject({ token: { prefix: token.prefix, validUntil: app.clock.now() + hour * 1000 } });
    expect(current).toMatchObject({ token: { prefix: rotated.prefix, validUntil: null } });
  });

  it('ends the old value at once if the overlap is 0', async () => {
    const { app, token } = await openWithToken();
    const rotated = await rotate(app, token.id, { overlap: 0 });
    expect(rotated.previous).toBeNull();
    expect([await verdict(app, token.token), await verdict(app, rotated.token)]).toEqual(['rotated', 200]);
    expect(await tokenActions(app)).toEqual(['token.created', 'token.rotated']);
  });

  it('keeps the old value no longer than the token would have lived', async () => {
    const { app, token } = await openWithToken({ expires_in: hour });
    const rotated = await rotate(app, token.id, { overlap: day, expires_in: 2 * day });
    expect(rotated.previous?.valid_until).toBe(token.expires_at);
    expect(rotated.lifetime).toBe(2 * day);
  });

  it('lets the token live again for its lifetime, unless the request chooses an expiry', async () => {
    const { app, token } = await openWithToken({ expires_in: 10 * day });
    app.clock.advance(7 * day * 1000);
    const rotated = await rotate(app, token.id);
    expect(Date.parse(rotated.expires_at ?? '')).toBe(app.clock.now() + 10 * day * 1000);
    const again = await rotate(app, token.id, { expires_in: null, end_previous: true });
    expect([again.expires_at, again.lifetime]).toEqual([null, null]);
  });

  it('limits the new expiry to the maximum of the policy, also for a token that never expired', async () => {
    const { app, token } = await openWithToken({ expires_in: 10 * day });
    const eternal = await createToken(app, app.dev, { name: 'eternal' });
    const limited = { ...app, ...app.restart({ maxExpiry: 3 * day }) };
    for (const { id } of [token, eternal]) {
      const rotated = await rotate(limited, id);
      expect([Date.parse(rotated.expires_at ?? ''), rotated.lifetime]).toEqual([
        app.clock.now() + 3 * day * 1000,
        3 * day,
      ]);
    }
    const { status } = await change(limited, `tokens/${token.id}/rotate`, {
      as: app.dev,
      json: { expires_in: 4 * day, end_previous: true },
    });
    expect(status).toBe(400);
  });

  it('rejects a second rotation while the previous value works, unless it ends that value', async () => {
    const { app, token } = await openWithToken();
    const second = await rotate(app, token.id);
    const pending = await change(app, `tokens/${token.id}/rotate`, { as: app.dev, json: {} });
    expect([pending.status, pending.body.code]).toEqual([409, 'rotation-pending']);
    const third = await rotate(app, token.id, { end_previous: true });
    const values = [token, second, third].map((one) => one.token);
    expect(await Promise.all(values.map((value) => verdict(app, value)))).toEqual(['rotated', 200, 200]);
    expect(await tokenActions(app)).toEqual([
      'token.created',
      'token.rotated',
      'token.previous_ended',
      'token.rotated',
    ]);
    app.clock.advance(day * 1000);
    await rotate(app, token.id);
  });

  it('ends the overlap on request, for the owner and for a superuser', async () => {
    const { app, token } = await openWithToken();
    for (const as of [app.dev, app.root]) {
      const { token: old } = await rotate(app, token.id, { overlap: 0 });
      const { token: value } = await rotate(app, token.id);
      const end = () => change(app, `tokens/${token.id}/previous`, { method: 'DELETE', as });
      expect((await end()).status).toBe(204);
      expect([await verdict(app, old), await verdict(app, value)]).toEqual(['rotated', 200]);
      const again = await end();
      expect([again.status, again.body.code]).toEqual([404, 'no-previous-value']);
    }
  });

  it('replays a request with the same Idempotency-Key without the value', async () => {
    const { app, token } = await openWithToken();
    const send = (json: object) =>
      change<CreatedToken>(app, `tokens/${token.id}/rotate`, {
        as: app.dev,
        json,
        headers: { 'Idempotency-Key': 'k' },
      });
    const first = await send({ overlap: 60 });
    const second = await send({ overlap: 60 });
    const { token: value, ...object } = first.body;
    expect([first.status, second.status, second.body]).toEqual([201, 200, object]);
    expect(await verdict(app, value)).toBe(200);
    expect((await send({ overlap: 61 })).body.code).toBe('idempotency-mismatch');
    const creation = await app.ask('/api/v1/tokens', {
      ...{ as: app.dev, json: { name: 'other' }, headers: { 'Idempotency-Key': 'k' } },
    });
    expect(creation.status).toBe(409);
  });

  it('replays a request even if the token has been paused since', async () => {
    const { app, token } = await openWithToken();
    const send = (headers: Record<string, string>) =>
      change<CreatedToken>(app, `tokens/${token.id}/rotate`, { as: app.dev, json: {}, headers });
    expect((await send({ 'Idempotency-Key': 'k' })).status).toBe(201);
    await change(app, `tokens/${token.id}/pause`, { as: app.dev, json: {} });
    expect((await send({ 'Idempotency-Key': 'k' })).status).toBe(200);
    expect((await send({})).status).toBe(409);
  });

  it('is for the owner only: a superuser never receives a value', async () => {
    const { app, token } = await openWithToken();
    const ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
    const ask = (as: typeof ada) => change(app, `tokens/${token.id}/rotate`, { as, json: {} });
    const [superuser, stranger] = [await ask(app.root), await ask(ada)];
    expect([superuser.status, superuser.body.code]).toEqual([403, 'owner-only']);
    expect([stranger.status, stranger.body.code]).toEqual([404, 'token-not-found']);
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('rejects an inactive token', async () => {
    const { app, token } = await openWithToken({ expires_in: hour });
    const ask = () => change(app, `tokens/${token.id}/rotate`, { as: app.dev, json: {} });
    await change(app, `tokens/${token.id}/pause`, { as: app.dev, json: { for: 60 } });
    const paused = await ask();
    expect([paused.status, paused.body.code]).toEqual([409, 'token-inactive']);
    expect(paused.body.detail).toContain('only so that the old value ends at once (overlap 0)');
    app.clock.advance(hour * 1000);
    const expired = await ask();
    expect([expired.status, expired.body.code]).toEqual([409, 'token-inactive']);
    await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json: { can_manage_tokens: false } });
    expect((await ask()).body.detail).toContain('(blocked)');
  });

  it('records the uses of each value by itself', async () => {
    const { app, token } = await openWithToken();
    await use(app, token.token, '/before');
    const { token: value } = await rotate(app, token.id);
    expect(await read(app, token.id)).toMatchObject({ last_used: null, previous: { last_used: null } });
    app.clock.advance(1000);
    await use(app, token.token, '/old');
    app.clock.advance(1000);
    await use(app, value, '/new');
    expect(await read(app, token.id)).toMatchObject({
      last_used: { path: '/new' },
      previous: { prefix: token.prefix, last_used: { path: '/old' } },
    });
  });

  it('keeps a token from becoming idle while its old value is used', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 10 * day });
    const { token: value } = await rotate(app, token.id, { overlap: 20 * day });
    app.clock.advance(8 * day * 1000);
    await use(app, token.token);
    app.clock.advance(8 * day * 1000);
    expect(await verdict(app, value)).toBe(200);
    app.clock.advance(2 * day * 1000 + 1);
    expect([await verdict(app, value), await verdict(app, token.token)]).toEqual(['idle', 'idle']);
  });

  it('revokes all values with the token, and says revoked for those that had ended', async () => {
    const { app, token } = await openWithToken();
    const second = await rotate(app, token.id);
    const third = await rotate(app, token.id, { end_previous: true });
    const headers = { Authorization: `Token ${second.token}` };
    expect((await app.ask('/api/v1/token', { method: 'DELETE', headers })).status).toBe(204);
    for (const value of [token, second, third]) expect(await verdict(app, value.token)).toBe('revoked');
  });

  it('tells the owner by mail, without any value', async () => {
    const { app, token } = await openWithToken();
    const { token: value } = await rotate(app, token.id);
    expect(await subjects(app)).toEqual([
      'dev@example.com: API token "ci" was created',
      'dev@example.com: API token "ci" was rotated',
    ]);
    const [, mail] = await app.mails();
    expect(mail?.text).toContain('works until 2026-11-24 16:20:00 UTC');
    for (const secret of [value, token.token]) expect(`${mail?.text}${mail?.html}`).not.toContain(secret);
  });
});

describe('the old value of a rotated token', () => {
  const stillUsed = 'dev@example.com: The old value of API token "ci" was used after the rotation';

  it('is reported once if it is used when a quarter of the overlap remains', async () => {
    const { app, token } = await openWithToken();
    await rotate(app, token.id, { overlap: 4 * hour });
    app.clock.advance(hour * 1000);
    await use(app, token.token, '/deploy/7');
    app.clock.advance(2 * hour * 1000 - 1);
    expect(await app.services.notifyOfPreviousUses()).toBe(0);
    app.clock.advance(1);
    expect([await app.services.notifyOfPreviousUses(), await app.services.notifyOfPreviousUses()]).toEqual([1, 0]);
    expect((await subjects(app)).at(-1)).toBe(stillUsed);
    const mail = (await app.mails()).at(-1);
    for (const text of ['GET /deploy/7', '203.0.113.9', token.prefix]) expect(mail?.text).toContain(text);
    expect(mail?.text).not.toContain(token.token);
  });

  it('is reported ten minutes before its end at the latest', async () => {
    const { app, token } = await openWithToken();
    await rotate(app, token.id, { overlap: 20 * 60 });
    await use(app, token.token);
    app.clock.advance(10 * 60 * 1000 - 1);
    expect(await app.services.notifyOfPreviousUses()).toBe(0);
    app.clock.advance(1);
    expect(await app.services.notifyOfPreviousUses()).toBe(1);
  });

  it('is not reported if nobody used it since the rotation, or after its end', async () => {
    const { app, token } = await openWithToken();
    await use(app, token.token);
    app.clock.advance(1);
    await rotate(app, token.id, { overlap: hour });
    app.clock.advance(59 * 60 * 1000);
    expect(await app.services.notifyOfPreviousUses()).toBe(0);
    await use(app, token.token);
    app.clock.advance(60 * 1000);
    expect(await app.services.notifyOfPreviousUses()).toBe(0);
    expect(await subjects(app)).not.toContain(stillUsed);
  });

  it('is reported once by two daemons', async () => {
    const { app, token } = await openWithToken();
    await rotate(app, token.id, { overlap: 60 });
    await use(app, token.token);
    const other = app.restart({});
    await Promise.all([app.services.notifyOfPreviousUses(), other.services.notifyOfPreviousUses()]);
    expect((await subjects(app)).filter((subject) => subject === stillUsed)).toHaveLength(1);
  });
});
