import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import type { LookupStore } from '../../../server/domain/tokens/look-up.ts';
import { createVerification, type GateRequest, type Verification } from '../../../server/domain/tokens/verify.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';
import type { AppKey, AppRecord } from '../../../server/store/records.ts';
import { openTestStore, type TestStore } from '../../helpers/app/store.ts';
import { deleteApp, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { actor } from '../../store/contract/records.ts';

let opened: TestStore;
let calls: string[];
let verification: Verification;
let isDown: boolean;
/** Delays the result of a statement of this kind, which has been read. */
let hold: Partial<Record<'version' | 'apps', Promise<void>>>;
beforeEach(async () => {
  opened = await openTestStore();
  isDown = false;
  hold = {};
  calls = [];
  const { tokens } = opened.store;
  const readAndHold = async <T>(kind: 'version' | 'apps', read: Promise<T>): Promise<T> => {
    const held = hold[kind];
    const result = await read;
    await held;
    return result;
  };
  const counted: LookupStore['tokens'] = {
    findByHashes(hashes) {
      calls.push('tokens');
      return tokens.findByHashes(hashes);
    },
    findByHashesAndVersion(hashes) {
      calls.push('version');
      return readAndHold('version', tokens.findByHashesAndVersion(hashes));
    },
    async findByHashesAndApps(hashes, keys) {
      calls.push('apps');
      if (isDown) throw new Error('The connection is lost.');
      return readAndHold('apps', tokens.findByHashesAndApps(hashes, keys));
    },
  };
  const context = { now: Date.now(), ssoLoginMaxAgeMs: null, maxIdleMs: null };
  verification = createVerification({ tokens: counted, maxParallelLookups: 2 }, () => context);
});
afterEach(() => opened.close());

/** Returns a promise, and the function that resolves it. */
function createGate() {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Returns the statements that some work needed. */
async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  calls = [];
  await work();
  return calls;
}

const named = (name: string): GateRequest => requestFor({ kind: 'name', name });
const at = (host: string): GateRequest => requestFor({ kind: 'host', host });
const requestFor = (app: AppKey): GateRequest => ({ app, method: 'GET', path: '/', ip: null });

/** Returns the name of the app for which a request is allowed, or why it is denied. */
async function verdict(value: string, request: GateRequest): Promise<string> {
  const result = await verification.verifyRequest(value, request);
  return result.allowed ? (result.app?.name ?? 'no app') : result.reason;
}

const edit = ({ id, changedAt }: AppRecord, changes: Partial<AppRecord>) =>
  opened.store.transaction((store) => store.apps.edit(id, { changedAt: changedAt + 1, ...changes }));

describe('a verification with an app', () => {
  it('reads only the version of apps, as long as none changes', async () => {
    const { value } = await issueGated(opened.store);
    await registerApp(opened.store, 'wiki', { hosts: ['wiki.example.com'] });
    for (const [request, expected] of [
      [named('wiki'), 'wiki'],
      [at('wiki.example.com'), 'wiki'],
      [at('other.example.com'), 'no app'],
      [named('none'), 'app'],
    ] as const) {
      expect(await statementsOf(async () => expect(await verdict(value, request)).toBe(expected))).toEqual(['apps']);
      for (let again = 0; again < 3; again += 1) {
        expect(await statementsOf(async () => expect(await verdict(value, request)).toBe(expected))).toEqual([
          'version',
        ]);
      }
    }
  });

  it('sees each change of an app in the next request, with one more statement', async () => {
    const { value } = await issueGated(opened.store, { manualGroups: ['staff'] });
    const wiki = await registerApp(opened.store, 'wiki', { hosts: ['wiki.example.com'] });
    const changes: Array<[change: () => Promise<unknown>, byName: string, byHost: string]> = [
      [async () => {}, 'wiki', 'wiki'],
      [() => edit(wiki, { groups: ['managers'] }), 'group', 'group'],
      [() => edit(wiki, { groups: ['staff', 'managers'] }), 'wiki', 'wiki'],
      [() => edit(wiki, { hosts: [] }), 'wiki', 'no app'],
      [() => registerApp(opened.store, 'shop', { hosts: ['wiki.example.com'] }), 'wiki', 'shop'],
      [() => deleteApp(opened.store, wiki.id), 'app', 'shop'],
      [() => registerApp(opened.store, 'wiki', { groups: ['managers'] }), 'group', 'shop'],
    ];
    for (const [change, byName, byHost] of changes) {
      await change();
      const verdicts = async () => [await verdict(value, named('wiki')), await verdict(value, at('wiki.example.com'))];
      expect(await verdicts()).toEqual([byName, byHost]);
      expect(await statementsOf(verdicts)).toEqual(['version', 'version']);
    }
    await edit(wiki, { groups: [] });
    expect(await statementsOf(() => verdict(value, named('wiki')))).toEqual(['version', 'apps']);
  });

  it('sees a change of the preflight setting in the next preflight', async () => {
    const wiki = await registerApp(opened.store, 'wiki');
    const { value } = await issueGated(opened.store);
    const preflight = async () => (await verification.findApp({ kind: 'name', name: 'wiki' }))?.preflight;
    for (const setting of ['pass', 'deny', 'pass'] as const) {
      await verdict(value, named('wiki'));
      await edit(wiki, { preflight: setting });
      expect(await preflight()).toBe(setting);
    }
    await deleteApp(opened.store, wiki.id);
    expect(await preflight()).toBeUndefined();
  });

  it('needs no app for a value that is not that of a token', async () => {
    const [{ value }, gone] = [await issueGated(opened.store), await issueGated(opened.store)];
    await registerApp(opened.store, 'wiki');
    await opened.store.transaction((store) => store.tokens.destroy(gone.id, 1, actor));
    await verdict(value, named('wiki'));
    const stranger = generateToken('tok').reveal();
    const both = async () => [await verdict(stranger, named('wiki')), await verdict(gone.value, named('wiki'))];
    expect(await both()).toEqual(['unknown', 'revoked']);
    expect(await statementsOf(both)).toEqual(['version', 'version']);
  });

  it('reads all apps of a batch if one is not known', async () => {
    const [one, other] = [await issueGated(opened.store), await issueGated(opened.store)];
    for (const name of ['wiki', 'shop']) await registerApp(opened.store, name);
    await verdict(one.value, named('wiki'));
    const batch = async () => {
      // The first lookup starts at once, and the others share the next statement.
      const [, ...rest] = await Promise.all([
        verdict(one.value, named('wiki')),
        verdict(one.value, named('wiki')),
        verdict(other.value, named('shop')),
        verdict(generateToken('tok').reveal(), named('shop')),
        verification.verify(other.value).then(({ allowed }) => `${allowed}`),
      ]);
      expect(rest).toEqual(['wiki', 'shop', 'unknown', 'true']);
    };
    expect(await statementsOf(batch)).toEqual(['version', 'apps']);
    expect(await statementsOf(batch)).toEqual(['version', 'version']);
  });

  it('trusts no app in memory while the version is missing, and after the next change, which stores one', async () => {
    const { value } = await issueGated(opened.store);
    const wiki = await registerApp(opened.store, 'wiki');
    await verdict(value, named('wiki'));
    const engine = await openSqlite(`sqlite:${opened.path}`);
    await engine.knex('app_version').delete();
    await engine.knex('apps').where({ id: wiki.id }).update({ groups: '["managers"]' });
    await engine.close();
    for (let again = 0; again < 2; again += 1) {
      expect(await statementsOf(async () => expect(await verdict(value, named('wiki'))).toBe('group'))).toEqual([
        'version',
        'apps',
      ]);
    }
    await edit(wiki, { groups: [] });
    expect(await verdict(value, named('wiki'))).toBe('wiki');
    expect(await statementsOf(() => verdict(value, named('wiki')))).toEqual(['version']);
  });

  it('uses no app that a slower statement read before a change', async () => {
    const { value } = await issueGated(opened.store);
    const wiki = await registerApp(opened.store, 'wiki');
    /** Enough lookups at once that a second statement runs beside a slow one. */
    const many = () => Promise.all(Array.from({ length: 24 }, () => verdict(value, named('wiki'))));
    const slow = createGate();
    hold.apps = slow.promise;
    const before = verdict(value, named('wiki'));
    await delay(50);
    hold = {};
    await edit(wiki, { groups: ['managers'] });
    expect(new Set(await many())).toEqual(new Set(['group']));
    const confirmed = createGate();
    hold.version = confirmed.promise;
    const after = many();
    await delay(50);
    slow.resolve();
    expect(await before).toBe('wiki');
    confirmed.resolve();
    expect(new Set(await after)).toEqual(new Set(['group']));
    expect(calls).toEqual(['apps', 'apps', 'version', 'apps']);
  });

  it('is unavailable if the apps cannot be read after a change, whatever is in memory', async () => {
    const { value } = await issueGated(opened.store);
    const wiki = await registerApp(opened.store, 'wiki');
    await verdict(value, named('wiki'));
    await edit(wiki, { groups: ['managers'] });
    isDown = true;
    await expect(verdict(value, named('wiki'))).rejects.toThrow(StoreUnavailable);
    isDown = false;
    expect(await verdict(value, named('wiki'))).toBe('group');
  });
});
