import { describe, expect, it } from 'vitest';
import { verdict } from '../../helpers/app/app.ts';
import { change, day, hour, openWithToken, read, rotate, subjects, tokenActions } from './changes.ts';

type App = Awaited<ReturnType<typeof openWithToken>>['app'];
const pause = (app: App, id: string, as = app.dev, json: object = {}) =>
  change(app, `tokens/${id}/pause`, { as, json });
const resume = (app: App, id: string, as = app.dev) => change(app, `tokens/${id}/resume`, { as });

describe('pausing a token', () => {
  it('rejects all its values until it is resumed', async () => {
    const { app, token } = await openWithToken();
    const { token: value } = await rotate(app, token.id);
    const { status, body } = await pause(app, token.id, app.dev, { reason: 'Holidays' });
    const at = new Date(app.clock.now()).toISOString();
    expect([status, body.status]).toEqual([200, 'paused']);
    expect(body.paused).toEqual({ at, until: null, reason: 'Holidays', by: 'dev@example.com' });
    expect([await verdict(app, token.token), await verdict(app, value)]).toEqual(['paused', 'paused']);
    expect((await resume(app, token.id)).body).toMatchObject({ status: 'active', paused: null });
    expect([await verdict(app, token.token), await verdict(app, value)]).toEqual([200, 200]);
    expect((await tokenActions(app)).slice(-2)).toEqual(['token.paused', 'token.resumed']);
    expect(await subjects(app)).toHaveLength(2);
  });

  it.each([
    ['for', (_now: number) => ({ for: hour })],
    ['until', (now: number) => ({ until: new Date(now + hour * 1000).toISOString() })],
  ])('ends by itself after the time in %s, without an event', async (_field, bodyAt) => {
    const { app, token } = await openWithToken();
    await pause(app, token.id, app.dev, bodyAt(app.clock.now()));
    app.clock.advance(hour * 1000 - 1);
    expect(await verdict(app, token.token)).toBe('paused');
    app.clock.advance(1);
    expect(await verdict(app, token.token)).toBe(200);
    expect(await read(app, token.id)).toMatchObject({ status: 'active', paused: null });
    expect((await tokenActions(app)).at(-1)).toBe('token.paused');
  });

  it('rejects a pause that would end in the past, or that has two ends', async () => {
    const { app, token } = await openWithToken();
    const late = '9999-12-31T23:59:59-01:00';
    const twoEnds = { for: 1, until: '2027-01-01T00:00:00Z' };
    for (const json of [{ until: '2026-01-01T00:00:00Z' }, { until: late }, { for: 0 }, twoEnds]) {
      expect((await pause(app, token.id, app.dev, json)).status).toBe(400);
    }
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('replaces the end and the reason when a token is paused twice', async () => {
    const { app, token } = await openWithToken();
    await pause(app, token.id, app.dev, { for: hour, reason: 'One' });
    const { body } = await pause(app, token.id, app.dev, { reason: 'Two' });
    expect(body.paused).toMatchObject({ until: null, reason: 'Two' });
  });

  it('by a superuser is told to the owner, and only superusers may change or end it', async () => {
    const { app, token } = await openWithToken();
    await pause(app, token.id, app.root, { reason: 'Looks leaked' });
    expect((await subjects(app)).at(-1)).toBe('dev@example.com: API token "ci" was paused');
    expect((await app.mails()).at(-1)?.text).toContain('Looks leaked');
    for (const answer of [await resume(app, token.id), await pause(app, token.id, app.dev, { for: 1 })]) {
      expect([answer.status, answer.body.code]).toEqual([403, 'paused-by-superuser']);
    }
    expect(await verdict(app, token.token)).toBe('paused');
    expect((await resume(app, token.id, app.root)).status).toBe(200);
    expect((await subjects(app)).at(-1)).toBe('dev@example.com: API token "ci" was resumed');
    expect(await verdict(app, token.token)).toBe(200);
  });

  it("turns the owner's pause into a superuser's if a superuser pauses the token too", async () => {
    const { app, token } = await openWithToken();
    await pause(app, token.id);
    await pause(app, token.id, app.root);
    expect((await resume(app, token.id)).status).toBe(403);
  });

  it("lets the owner pause again once a superuser's pause has ended by itself", async () => {
    const { app, token } = await openWithToken();
    await pause(app, token.id, app.root, { for: 60 });
    app.clock.advance(60_000);
    expect((await pause(app, token.id)).status).toBe(200);
    expect((await resume(app, token.id)).status).toBe(200);
  });

  it('is not for other members', async () => {
    const { app, token } = await openWithToken();
    const ada = await app.addMember({ email: 'ada@example.com', can_manage_tokens: true });
    expect([(await pause(app, token.id, ada)).status, (await resume(app, token.id, ada)).status]).toEqual([404, 404]);
    expect(await verdict(app, token.token)).toBe(200);
  });
});

describe('an idle token', () => {
  it('is revived by a resumption for as long again', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 30 * day });
    app.clock.advance(30 * day * 1000);
    expect(await verdict(app, token.token)).toBe(200);
    app.clock.advance(1);
    expect(await verdict(app, token.token)).toBe('idle');
    expect(await resume(app, token.id)).toMatchObject({ status: 200, body: { status: 'active' } });
    app.clock.advance(30 * day * 1000);
    expect(await verdict(app, token.token)).toBe(200);
    app.clock.advance(1);
    expect(await verdict(app, token.token)).toBe('idle');
  });

  it('counts from the end of a pause that ended by itself', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 30 * day });
    await pause(app, token.id, app.dev, { for: 50 * day });
    app.clock.advance(80 * day * 1000);
    expect(await verdict(app, token.token)).toBe(200);
    app.clock.advance(1);
    expect(await verdict(app, token.token)).toBe('idle');
  });

  it('does not become idle for as long again if it is resumed before', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 30 * day });
    app.clock.advance(20 * day * 1000);
    expect(await resume(app, token.id)).toMatchObject({ status: 200, body: { status: 'active' } });
    expect(await tokenActions(app)).toEqual(['token.created', 'token.resumed']);
    app.clock.advance(30 * day * 1000);
    expect(await verdict(app, token.token)).toBe(200);
    app.clock.advance(1);
    expect(await verdict(app, token.token)).toBe('idle');
  });

  it('counts a resumption before the limit comes into force', async () => {
    const { app, token } = await openWithToken();
    app.clock.advance(100 * day * 1000);
    const start = { policy: 'max-idle' as const, valueMs: 90 * day * 1000, firstServedAt: app.clock.now() };
    const served = app.restart({ maxIdle: 90 * day }, [start]);
    app.clock.advance(3 * day * 1000);
    expect((await change(served, `tokens/${token.id}/resume`, { as: app.dev })).status).toBe(200);
    app.clock.advance(12 * day * 1000);
    expect(await served.services.verify(token.token)).toMatchObject({ allowed: true });
    app.clock.advance(78 * day * 1000 + 1);
    expect(await served.services.verify(token.token)).toMatchObject({ reason: 'idle' });
  });

  it('is mailed to the owner if somebody else resumes it, but not if it was active', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 30 * day });
    const about = async () => (await subjects(app)).filter((subject) => subject.includes('resumed'));
    app.clock.advance(20 * day * 1000);
    await resume(app, token.id, app.root);
    expect(await about()).toEqual([]);
    app.clock.advance(31 * day * 1000);
    await resume(app, token.id, app.root);
    expect(await about()).toHaveLength(1);
  });

  it('is revived by a resumption although its owner may not use tokens at the moment', async () => {
    const { app, token } = await openWithToken({}, { maxIdle: 30 * day });
    app.clock.advance(31 * day * 1000);
    await app.store.users.setCanManageTokens(app.dev.id, false);
    expect(await resume(app, token.id, app.root)).toMatchObject({ status: 200, body: { status: 'blocked' } });
    await app.store.users.setCanManageTokens(app.dev.id, true);
    expect(await verdict(app, token.token)).toBe(200);
  });

  it('is not changed by a resumption if tokens do not become idle', async () => {
    const { app, token } = await openWithToken();
    expect((await resume(app, token.id)).status).toBe(200);
    expect(await tokenActions(app)).toEqual(['token.created']);
  });
});
