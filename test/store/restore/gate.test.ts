import { rm } from 'node:fs/promises';
import type { Knex } from 'knex';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../server/domain/clock.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { createStatusContext } from '../../../server/domain/tokens/status.ts';
import { createVerification } from '../../../server/domain/tokens/verify.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import { replaceAppVersion } from '../../../server/store/knex/apps/app-version.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { restore } from '../../../server/store/maintenance/restore/restore.ts';
import { openStore } from '../../../server/store/open.ts';
import type { Store } from '../../../server/store/store.ts';
import type { CreatedToken } from '../../../shared/schemas/tokens/tokens.ts';
import { createToken, jsonOf, type Member, openTestApp } from '../../helpers/app/app.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
let token: CreatedToken;
beforeEach(async () => {
  app = await openTestApp();
  token = await createToken(app, app.dev, { name: 'ci' });
});
afterEach(() => app.close());

const ids = createIds(systemClock);

/** Reads or writes rows of the database, as a daemon does. */
async function rows<T>(work: (knex: Knex) => Promise<T>): Promise<T> {
  const engine = await openSqlite(`sqlite:${app.path}`);
  try {
    return await work(engine.knex);
  } finally {
    await engine.close();
  }
}

interface AppState {
  name: string;
  groups: string | null;
  hosts: string[];
  changedAt: number;
}

const audited = (knex: Knex, id: string, action: string) =>
  knex('audit').insert({ id: ids(), at: 1, action, actor_kind: 'system', target_kind: 'app', target_id: id });

async function setApp(knex: Knex, id: string, { name, groups, hosts, changedAt }: AppState) {
  const row = { name, groups, preflight: 'deny', created_at: 1, changed_at: changedAt };
  const [known] = await knex('apps').where({ id });
  await (known ? knex('apps').where({ id }).update(row) : knex('apps').insert({ id, ...row }));
  await knex('app_hosts').where({ app_id: id }).delete();
  for (const host of hosts) await knex('app_hosts').insert({ host, app_id: id });
  await audited(knex, id, known ? 'app.changed' : 'app.created');
}

async function deleteApp(knex: Knex, id: string) {
  await knex('token_apps').where({ app_id: id }).delete();
  await knex('apps').where({ id }).delete();
  await audited(knex, id, 'app.deleted');
}

async function setRules(knex: Knex, rules: { apps?: string[]; read_only?: true } | null, at: number | null) {
  const text = rules === null ? null : JSON.stringify(rules);
  await knex('tokens').where({ id: token.id }).update({ rules: text, rules_changed_at: at });
  await knex('token_apps').where({ token_id: token.id }).delete();
  for (const id of rules?.apps ?? []) await knex('token_apps').insert({ app_id: id, token_id: token.id });
}

const setGroups = (knex: Knex, sso: string[] | null, manual: string[] | null) =>
  knex('users')
    .where({ id: app.dev.id })
    .update({ sso_groups: sso && JSON.stringify(sso), manual_groups: manual && JSON.stringify(manual) });

/** Returns what decides about requests: apps with their hosts, the rules of the token and its owner's groups. */
async function stateOf(knex: Knex) {
  const hosts: Array<{ host: string; app_id: string }> = await knex('app_hosts').orderBy('host');
  const apps: Array<{ id: string; name: string; groups: string | null }> = await knex('apps').orderBy('id');
  const [row] = await knex('tokens').where({ id: token.id });
  const [owner] = await knex('users').where({ id: app.dev.id });
  return {
    apps: apps.map(({ id, name, groups }) => [
      ...[id, name, groups],
      ...hosts.filter(({ app_id }) => app_id === id).map(({ host }) => host),
    ]),
    rules: row?.rules && JSON.parse(row.rules),
    paused: row?.paused_at !== null,
    restricted: await knex('token_apps').where({ token_id: token.id }).orderBy('app_id').pluck('app_id'),
    groups: [owner?.sso_groups, owner?.manual_groups].map((text) => text && JSON.parse(text)),
  };
}

async function restoreFrom(file: string, withoutHistory = false) {
  const event = { id: ids(), at: systemClock.now() };
  return restore({ databasePath: app.path, file, event, withoutHistory });
}

type Step = (knex: Knex) => Promise<unknown>;

/** Makes a backup after `before`, runs `since`, and restores the backup. */
async function restored(before: Step, since: Step) {
  const file = `${app.path}.backup`;
  await rows(before);
  await backUp(app.path, file);
  await rows(since);
  await app.store.close();
  const report = await restoreFrom(file);
  await rm(file);
  return { report, ...(await rows(stateOf)) };
}

/**
 * Makes a backup after `before`, restores an older one over it, and runs `since`. Then restores the newer backup, although nobody knows
 * what happened after it was made: the database that it was made from is lost.
 */
async function restoredWithoutHistory(before: Step, since: Step) {
  const [older, file] = [`${app.path}.older`, `${app.path}.backup`];
  await backUp(app.path, older);
  await rows(before);
  await rows((knex) => audited(knex, 'unrelated', 'app.created'));
  await backUp(app.path, file);
  await app.store.close();
  const lost = await restoreFrom(older);
  await rm(lost.setAside ?? '');
  await rows(since);
  const report = await restoreFrom(file, true);
  expect(report.gap).not.toBeNull();
  for (const backup of [older, file]) await rm(backup);
  return { report, ...(await rows(stateOf)) };
}

const wiki: AppState = { name: 'wiki', groups: null, hosts: ['wiki.example.com'], changedAt: 10 };
const shop: AppState = { name: 'shop', groups: '["sales"]', hosts: [], changedAt: 10 };

const versionOf = async (knex: Knex) => (await knex('app_version').first('version'))?.version as string;

describe('a restored backup', () => {
  it('has a version of apps that neither the backup nor the database had', async () => {
    const versions: string[] = [];
    const note = async (knex: Knex) => versions.push(await versionOf(knex));
    await restored(note, async (knex) => {
      await replaceAppVersion(knex);
      await note(knex);
    });
    await rows(note);
    expect(new Set(versions).size).toBe(3);
  });

  it('keeps the rules of a token that were narrowed since', async () => {
    const { rules, restricted, paused } = await restored(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setApp(knex, 'a2', shop);
        await setRules(knex, { apps: ['a1', 'a2'] }, null);
      },
      (knex) => setRules(knex, { apps: ['a2'], read_only: true }, 20),
    );
    expect([rules, restricted, paused]).toEqual([{ apps: ['a2'], read_only: true }, ['a2'], false]);
  });

  it('lets no token in at an app that was deleted since', async () => {
    const { apps, rules, restricted } = await restored(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setRules(knex, { apps: ['a1'] }, null);
      },
      async (knex) => {
        await deleteApp(knex, 'a1');
        await setApp(knex, 'a2', { ...wiki, changedAt: 20 });
      },
    );
    expect(apps).toEqual([['a2', 'wiki', null, 'wiki.example.com']]);
    expect([rules, restricted]).toEqual([{ apps: ['a1'] }, []]);
  });

  it('has the groups and hosts that apps had before the restore, and the apps that were added since', async () => {
    const { apps } = await restored(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setApp(knex, 'a2', shop);
      },
      async (knex) => {
        await setApp(knex, 'a2', { ...shop, name: 'moving' });
        await setApp(knex, 'a1', { ...shop, hosts: [] });
        await setApp(knex, 'a2', { ...wiki, groups: '["staff"]' });
        await setApp(knex, 'a3', { name: 'new', groups: '["staff"]', hosts: ['new.example.com'], changedAt: 20 });
      },
    );
    expect(apps).toEqual([
      ['a1', 'shop', '["sales"]'],
      ['a2', 'wiki', '["staff"]', 'wiki.example.com'],
      ['a3', 'new', '["staff"]', 'new.example.com'],
    ]);
  });

  it('gives members no group back that they lost since, and names them', async () => {
    const { groups, report } = await restored(
      (knex) => setGroups(knex, ['sales', 'staff'], ['developers']),
      (knex) => setGroups(knex, ['staff'], null),
    );
    expect(groups).toEqual([['staff'], null]);
    expect(report.ungroupedSince).toEqual(['dev@example.com']);
  });

  it('keeps groups that members got since', async () => {
    const { groups, report } = await restored(
      (knex) => setGroups(knex, null, null),
      (knex) => setGroups(knex, ['staff'], ['developers']),
    );
    expect([groups, report.ungroupedSince]).toEqual([[['staff'], ['developers']], []]);
  });
});

it('denies the same requests after a restore as before it: at apps, by rules and by groups', async () => {
  const post = async <T>(path: string, json: object) => jsonOf<T>(app.ask(`/api/v1${path}`, { as: app.root, json }));
  const patch = async (path: string, as: Member, json: object) =>
    expect((await app.ask(`/api/v1${path}`, { method: 'PATCH', as, json })).status).toBe(200);
  const [wiki, shop] = [
    await post<{ id: string }>('/apps', { name: 'wiki' }),
    await post<{ id: string }>('/apps', { name: 'shop', groups: ['sales'] }),
  ];
  await patch(`/users/${app.dev.id}`, app.root, { groups: ['sales'] });
  const [ofWiki, narrowed] = [
    await createToken(app, app.dev, { name: 'of-wiki', apps: ['wiki'] }),
    await createToken(app, app.dev, { name: 'narrowed' }),
  ];
  const verdicts = async (store: Store) => {
    const { verifyRequest } = createVerification(store, createStatusContext(app.clock, null));
    const ask = async (value: string, name: string, method = 'GET') => {
      const request = { app: { kind: 'name', name }, method, path: '/', ip: null } as const;
      const verdict = await verifyRequest(value, request);
      return verdict.allowed ? 200 : verdict.reason;
    };
    return [
      await ask(ofWiki.token, 'wiki'),
      await ask(narrowed.token, 'wiki', 'POST'),
      await ask(narrowed.token, 'wiki'),
      await ask(token.token, 'shop'),
    ];
  };
  expect(await verdicts(app.store)).toEqual([200, 200, 200, 200]);
  const file = `${app.path}.backup`;
  await backUp(app.path, file);
  expect((await app.ask(`/api/v1/apps/${wiki.id}?force=true`, { method: 'DELETE', as: app.root })).status).toBe(204);
  await post('/apps', { name: 'wiki' });
  await patch(`/tokens/${narrowed.id}`, app.dev, { read_only: true });
  await patch(`/users/${app.dev.id}`, app.root, { groups: [] });
  const before = await verdicts(app.store);
  expect(before).toEqual(['app', 'method', 200, 'group']);
  await app.store.close();
  await restoreFrom(file);
  const store = await openStore(`sqlite:${app.path}`);
  expect(await verdicts(store)).toEqual(before);
  expect((await store.apps.findById(shop.id))?.groups).toEqual(['sales']);
  await store.close();
  await rm(file);
});

describe('a backup that is restored without history', () => {
  it('takes later rules over that a database at hand has, and pauses the token', async () => {
    const { rules, restricted, paused, report } = await restoredWithoutHistory(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setRules(knex, { apps: ['a1'] }, 10);
      },
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setRules(knex, { apps: ['a1'], read_only: true }, 20);
      },
    );
    expect([rules, restricted, paused]).toEqual([{ apps: ['a1'], read_only: true }, ['a1'], true]);
    expect(report.pausedTokens).toMatchObject([{ name: 'ci' }]);
  });

  it('keeps rules that were changed later in the backup', async () => {
    const { rules, paused } = await restoredWithoutHistory(
      (knex) => setRules(knex, { read_only: true }, 20),
      (knex) => setRules(knex, null, 10),
    );
    expect([rules, paused]).toEqual([{ read_only: true }, false]);
  });

  it('pauses a token if it cannot be said which of its rules are later', async () => {
    const { rules, paused } = await restoredWithoutHistory(
      (knex) => setRules(knex, null, 10),
      (knex) => setRules(knex, { read_only: true }, 10),
    );
    expect([rules, paused]).toEqual([null, true]);
  });

  it('keeps apps deleted that a database at hand shows as deleted, and their later state', async () => {
    const { apps, restricted } = await restoredWithoutHistory(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await setApp(knex, 'a2', shop);
        await setApp(knex, 'a3', { ...shop, name: 'other', hosts: ['other.example.com'] });
        await setRules(knex, { apps: ['a1', 'a2'] }, 10);
      },
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await deleteApp(knex, 'a1');
        await setApp(knex, 'a3', { ...shop, name: 'other', hosts: [] });
        await setApp(knex, 'a2', { ...shop, groups: '["managers"]', hosts: ['other.example.com'], changedAt: 20 });
      },
    );
    expect(apps).toEqual([
      ['a2', 'shop', '["managers"]', 'other.example.com'],
      ['a3', 'other', '["sales"]'],
    ]);
    expect(restricted).toEqual(['a2']);
  });

  it('lets no app of an unrelated database take the name or the host of its own', async () => {
    const { apps } = await restoredWithoutHistory(
      (knex) => setApp(knex, 'a1', { ...shop, hosts: ['shop.example.com'] }),
      async (knex) => {
        // The other database never had this app.
        await knex('apps').where({ id: 'a1' }).delete();
        await knex('audit').where({ target_id: 'a1' }).delete();
        await setApp(knex, 'b1', { ...shop, groups: null, hosts: ['shop.example.com'], changedAt: 20 });
      },
    );
    expect(apps).toEqual([['a1', 'shop', '["sales"]', 'shop.example.com']]);
  });

  it('brings no app back that was deleted before the backup', async () => {
    const { apps } = await restoredWithoutHistory(
      async (knex) => {
        await setApp(knex, 'a1', wiki);
        await deleteApp(knex, 'a1');
      },
      (knex) => setApp(knex, 'a1', { ...wiki, changedAt: 20 }),
    );
    expect(apps).toEqual([]);
  });

  it('gives members only the groups that every database lists, and names those who lost one', async () => {
    const { groups, report } = await restoredWithoutHistory(
      (knex) => setGroups(knex, ['sales', 'staff'], ['developers']),
      (knex) => setGroups(knex, ['staff', 'managers'], null),
    );
    expect(groups).toEqual([['staff'], null]);
    expect(report.ungroupedSince).toEqual(['dev@example.com']);
  });

  it('keeps everything if no other database is there', async () => {
    const file = `${app.path}.backup`;
    await rows(async (knex) => {
      await setApp(knex, 'a1', wiki);
      await setRules(knex, { apps: ['a1'] }, 10);
      await setGroups(knex, ['staff'], ['developers']);
    });
    const before = await rows(stateOf);
    await backUp(app.path, file);
    await app.store.close();
    await rm(app.path);
    for (const suffix of ['-wal', '-shm']) await rm(app.path + suffix, { force: true });
    await restoreFrom(file, true);
    expect(await rows(stateOf)).toEqual(before);
    await rm(file);
  });
});
