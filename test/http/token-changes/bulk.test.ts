import sqlite3 from 'sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connect, disconnect, execute } from '../../../server/store/engine/sqlite/connection.ts';
import type { NewToken } from '../../../server/store/records.ts';
import type { BulkOutcome } from '../../../shared/schemas/tokens/bulk.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import {
  type Ask,
  createToken,
  jsonOf,
  type Member,
  openTestApp,
  type TestApp,
  verdict,
} from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { addToken } from '../../store/contract/records.ts';
import { subjects, tokenActions } from './changes.ts';

const hour = 3600;
let app: TestApp;
let bob: Member;
let auditor: Member;
beforeEach(async () => {
  app = await openTestApp();
  bob = await app.addMember({ email: 'bob@example.com', can_manage_tokens: true });
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
});
afterEach(() => app.close());

const post = (action: 'revoke' | 'pause' | 'resume', ask: Ask) =>
  app.ask(`/api/v1/tokens/${action}`, { method: 'POST', ...ask });

async function act(
  action: 'revoke' | 'pause' | 'resume',
  as: Member,
  tokens: ReadonlyArray<{ id: string }>,
  body: object = {},
) {
  const response = await post(action, { as, json: { ids: tokens.map(({ id }) => id), ...body } });
  expect(response.status).toBe(200);
  return jsonOf<BulkOutcome>(response);
}

const names = (outcome: BulkOutcome) => ({
  done: outcome.done.map(({ name }) => name).sort(),
  skipped: outcome.skipped.map(({ name, reason }) => `${name}: ${reason}`).sort(),
  failed: outcome.failed.map(({ name, code }) => `${name}: ${code}`).sort(),
});

const create = (as: Member, ...created: string[]) =>
  Promise.all(created.map((name) => createToken(app, as, { name, expires_in: 48 * hour })));

/** Returns the subjects of the mails since the tokens were created. */
const mailsSince = async (count: number) => (await subjects(app)).slice(count).sort();

const nothing = { done: [], skipped: [], failed: [] };

describe('revoking many tokens', () => {
  it('ends all of them, writes an event for each, and mails each owner once', async () => {
    const ofDev = await create(app.dev, 'one', 'two', 'three');
    const ofBob = await create(bob, 'four');
    const [kept] = await create(app.dev, 'kept');
    const { length } = await app.mails();
    const outcome = await act('revoke', app.root, [...ofDev, ...ofBob, ...ofDev]);
    expect(names(outcome)).toEqual({ ...nothing, done: ['four', 'one', 'three', 'two'] });
    expect(outcome.done).toContainEqual({
      ...{ id: ofBob[0]?.id, name: 'four', prefix: ofBob[0]?.prefix, owner: bob.email },
    });
    for (const { token } of [...ofDev, ...ofBob]) expect(await verdict(app, token)).toBe('revoked');
    expect(await verdict(app, kept?.token ?? '')).toBe(200);
    expect((await tokenActions(app)).filter((action) => action === 'token.revoked')).toHaveLength(4);
    expect(await mailsSince(length)).toEqual([
      'bob@example.com: API token "four" was revoked',
      'dev@example.com: 3 API tokens were revoked',
    ]);
    const common = (await app.mails()).find(({ subject }) => subject.startsWith('3'))?.text;
    for (const name of ['one', 'two', 'three']) expect(common).toContain(name);
  });

  it('skips what the same request revoked before, by name, and sends nothing twice', async () => {
    const tokens = await create(app.dev, 'one', 'two');
    await act('revoke', app.dev, tokens);
    const [mails, actions] = [(await app.mails()).length, (await tokenActions(app)).length];
    expect(names(await act('revoke', app.dev, tokens))).toEqual({
      ...nothing,
      skipped: ['one: already-revoked', 'two: already-revoked'],
    });
    expect([(await app.mails()).length, (await tokenActions(app)).length]).toEqual([mails, actions]);
  });

  it("answers for another member's tokens as for IDs that never existed, living or revoked", async () => {
    const [living, revoked] = (await create(bob, 'living', 'revoked')) as [CreatedToken, CreatedToken];
    await act('revoke', bob, [revoked]);
    const [own] = (await create(app.dev, 'own')) as [CreatedToken];
    const never = { id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b' };
    const { done, skipped } = await act('revoke', app.dev, [living, revoked, never, own]);
    expect(done.map(({ name }) => name)).toEqual(['own']);
    expect(skipped).toEqual(
      [living, revoked, never].map(({ id }) => ({ id, name: null, owner: null, reason: 'not-found' })),
    );
    expect(await verdict(app, living.token)).toBe(200);
  });

  it('lets a maintainer revoke the tokens of their service accounts only', async () => {
    await createServiceAccount(app, 'mine', { maintainers: [app.dev] });
    await createServiceAccount(app, 'other');
    const mine = await createAccountToken(app, app.root, 'mine', { name: 'mine' });
    const other = await createAccountToken(app, app.root, 'other', { name: 'other' });
    expect(names(await act('revoke', app.dev, [mine, other]))).toEqual({
      ...nothing,
      done: ['mine'],
      skipped: ['null: not-found'],
    });
    expect(await verdict(app, other.token)).toBe(200);
  });

  it('lets an auditor see which tokens they may not revoke, and revokes none', async () => {
    const tokens = await create(app.dev, 'one');
    expect(names(await act('revoke', auditor, tokens))).toEqual({ ...nothing, skipped: ['one: not-allowed'] });
    expect(await verdict(app, tokens[0]?.token ?? '')).toBe(200);
  });

  it('lets a management key revoke all but management keys', async () => {
    const account = await storeServiceAccount(app, 'platform');
    const key = await storeKey(app, account, ['tokens:write'], { name: 'key' });
    const tokens = await create(app.dev, 'one');
    const ids = [...tokens.map(({ id }) => id), key.id];
    const outcome = await jsonOf<BulkOutcome>(post('revoke', { json: { ids }, headers: key.headers }));
    expect(names(outcome)).toEqual({ ...nothing, done: ['one'], skipped: ['key: not-allowed'] });
    const reader = await storeKey(app, account, ['tokens:read'], { name: 'reader' });
    expect((await post('revoke', { json: { ids }, headers: reader.headers })).status).toBe(403);
  });

  it('says what was not reached if the database fails in the middle, and finishes when it is asked again', async () => {
    const ofDev = await create(app.dev, 'one');
    const ofBob = await create(bob, 'poison', 'beside');
    const ofRoot = await create(app.root, 'last');
    const database = await connect(app.path, sqlite3.OPEN_READWRITE);
    await execute(
      database,
      "CREATE TRIGGER poison BEFORE DELETE ON tokens WHEN OLD.name = 'poison' BEGIN SELECT RAISE(ABORT, 'no'); END",
    );
    const all = [...ofDev, ...ofBob, ...ofRoot];
    expect(names(await act('revoke', app.root, all))).toEqual({
      ...nothing,
      done: ['one'],
      failed: ['beside: internal', 'last: internal', 'poison: internal'],
    });
    expect(app.logLines.join('\n')).toContain('SQLITE_CONSTRAINT');
    for (const { token } of [...ofBob, ...ofRoot]) expect(await verdict(app, token)).toBe(200);
    await execute(database, 'DROP TRIGGER poison');
    await disconnect(database);
    expect(names(await act('revoke', app.root, all))).toEqual({
      ...nothing,
      done: ['beside', 'last', 'poison'],
      skipped: ['one: already-revoked'],
    });
  });

  it('revokes a thousand tokens of one owner with one event each and a few mails', async () => {
    const tokens: NewToken[] = [];
    await app.store.transaction(async (store) => {
      while (tokens.length < 1000) tokens.push(await addToken(store, app.dev.id, { createdAt: app.clock.now() }));
    });
    const { length } = await app.mails();
    const { done } = await act('revoke', app.root, tokens);
    expect(done).toHaveLength(1000);
    expect(await mailsSince(length)).toEqual(Array(4).fill('dev@example.com: 250 API tokens were revoked'));
    expect(await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() })).toEqual([]);
  });
});

describe('resuming many tokens', () => {
  it('lets paused ones work again, mails each other owner once, and leaves the rest as it is', async () => {
    const [one, two, three, working] = await create(app.dev, 'one', 'two', 'three', 'working');
    const [four] = await create(bob, 'four');
    if (!one || !two || !three || !working || !four) throw new Error('A token is missing');
    await act('pause', app.root, [one, two, four]);
    await act('pause', app.dev, [three]);
    const { length } = await app.mails();
    expect(names(await act('resume', app.dev, [one, three, working, four]))).toEqual({
      ...nothing,
      done: ['three', 'working'],
      skipped: ['null: not-found', 'one: not-allowed'],
    });
    expect([await verdict(app, one.token), await verdict(app, three.token)]).toEqual(['paused', 200]);
    expect(names(await act('resume', app.root, [one, two, four]))).toEqual({
      ...nothing,
      done: ['four', 'one', 'two'],
    });
    expect(await mailsSince(length)).toEqual([
      'bob@example.com: API token "four" was resumed',
      'dev@example.com: 2 API tokens were resumed',
    ]);
    expect((await tokenActions(app)).filter((action) => action === 'token.resumed')).toHaveLength(4);
  });

  it('lets a management key resume what a key paused, and nothing that a person paused', async () => {
    const account = await storeServiceAccount(app, 'platform');
    const key = await storeKey(app, account, ['tokens:write'], { name: 'key' });
    const reader = await storeKey(app, account, ['tokens:read'], { name: 'reader' });
    const [mine, theirs] = await create(app.dev, 'by key', 'by owner');
    const paused = await create(app.dev, 'by superuser');
    const ids = [mine, theirs, ...paused, key].map((token) => token?.id);
    expect((await post('pause', { json: { ids: [mine?.id] }, headers: key.headers })).status).toBe(200);
    await act('pause', app.dev, theirs ? [theirs] : []);
    await act('pause', app.root, paused);
    expect((await post('resume', { json: { ids }, headers: reader.headers })).status).toBe(403);
    const outcome = await jsonOf<BulkOutcome>(post('resume', { json: { ids }, headers: key.headers }));
    expect(names(outcome)).toEqual({
      ...nothing,
      done: ['by key'],
      skipped: ['by owner: not-allowed', 'by superuser: not-allowed', 'key: not-allowed'],
    });
    expect([await verdict(app, mine?.token ?? ''), await verdict(app, theirs?.token ?? '')]).toEqual([200, 'paused']);
  });
});

describe('pausing many tokens', () => {
  it('pauses those that are neither paused nor expired, and mails each other owner once', async () => {
    const tokens = await create(app.dev, 'one', 'two', 'stopped');
    const [own] = (await create(app.root, 'own')) as [CreatedToken];
    const old = await createToken(app, app.dev, { name: 'old', expires_in: 60 });
    await app.ask(`/api/v1/tokens/${tokens[2]?.id}/pause`, { as: app.dev, json: { reason: 'Mine' } });
    app.clock.advance(61_000);
    const { length } = await app.mails();
    const outcome = await act('pause', app.root, [...tokens, own, old], { reason: 'Incident 7', for: hour });
    expect(names(outcome)).toEqual({
      ...nothing,
      done: ['one', 'own', 'two'],
      skipped: ['old: expired', 'stopped: already-paused'],
    });
    expect(await mailsSince(length)).toEqual(['dev@example.com: 2 API tokens were paused']);
    const mail = (await app.mails()).at(-1)?.text;
    for (const part of ['one', 'two', 'Incident 7', 'root@example.com', 'Only a superuser can']) {
      expect(mail).toContain(part);
    }
    expect(await verdict(app, tokens[0]?.token ?? '')).toBe('paused');
    const resume = (id?: string) => app.ask(`/api/v1/tokens/${id}/resume`, { method: 'POST', as: app.dev });
    expect([(await resume(tokens[0]?.id)).status, (await resume(tokens[2]?.id)).status]).toEqual([403, 200]);
    app.clock.advance(hour * 1000);
    expect(await verdict(app, tokens[1]?.token ?? '')).toBe(200);
  });

  it('leaves canaries as they are, so that nobody silences one among others', async () => {
    const tokens = await create(app.dev, 'one');
    const trap = await createToken(app, app.dev, { name: 'trap', expires_in: 48 * hour, canary: true });
    expect(names(await act('pause', app.root, [...tokens, trap]))).toEqual({
      ...nothing,
      done: ['one'],
      skipped: ['trap: canary'],
    });
    const pausedAlone = await app.ask(`/api/v1/tokens/${trap.id}/pause`, { as: app.dev, json: {} });
    expect(pausedAlone.status).toBe(200);
  });

  it('sends no mail to a member who pauses their own tokens, and leaves them the resumption', async () => {
    const tokens = await create(app.dev, 'one', 'two');
    const { length } = await app.mails();
    await act('pause', app.dev, tokens);
    expect(await mailsSince(length)).toEqual([]);
    const resumed = await app.ask(`/api/v1/tokens/${tokens[0]?.id}/resume`, { method: 'POST', as: app.dev });
    expect(resumed.status).toBe(200);
    expect((await tokenActions(app)).slice(-3)).toEqual(['token.paused', 'token.paused', 'token.resumed']);
  });

  it('mails the other maintainers of a service account once', async () => {
    await createServiceAccount(app, 'ci', { maintainers: [app.dev, bob] });
    const tokens = [
      await createAccountToken(app, app.dev, 'ci', { name: 'one' }),
      await createAccountToken(app, app.dev, 'ci', { name: 'two' }),
    ];
    const { length } = await app.mails();
    await act('pause', app.dev, tokens);
    expect(await mailsSince(length)).toEqual(['bob@example.com: 2 API tokens were paused']);
  });
});

it.each(['revoke', 'pause'] as const)('accepts at most 1,000 IDs to %s, and only IDs', async (action) => {
  const id = '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b';
  const status = async (json: unknown) => (await post(action, { as: app.root, json })).status;
  expect(await status({ ids: Array(1000).fill(id) })).toBe(200);
  expect(await status({ ids: Array(1001).fill(id) })).toBe(400);
  expect(await status({ ids: [] })).toBe(400);
  expect(await status({ ids: ["' OR 1=1 --"] })).toBe(400);
  expect(await status({})).toBe(400);
  expect(await status({ ids: Array(100_000).fill(id) })).toBe(413);
});
