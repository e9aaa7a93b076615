import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

let postgres: TestPostgres;
let directory: string;
beforeAll(async () => {
  postgres = await startPostgres();
  directory = await mkdtemp(join(tmpdir(), 'tokens-upgrade-'));
});
afterAll(async () => {
  await postgres.remove();
  await rm(directory, { recursive: true });
});

const engines: Record<string, () => Promise<Engine>> = {
  SQLite: async () => openSqlite(`sqlite:${join(directory, 'tokens.db')}`),
  PostgreSQL: async () => openPostgres(await postgres.newDatabase()),
};

/** What the release before stored about a member: whether they have a password, whether they are disabled, and their events. */
interface Before {
  password?: boolean;
  disabled?: boolean;
  deleted?: boolean;
  /** Each event is an action and a time. `own` marks one that the member made. */
  events: ReadonlyArray<[action: string, at: number, own?: 'own']>;
}

const unknown = { invited_at: null, joined_at: null, disabled_at: null };

const cases: Record<string, [Before, Partial<typeof unknown> | Record<string, number>]> = {
  'invited twice, and not here yet': [
    {
      events: [
        ['user.created', 10],
        ['user.invited', 10],
        ['user.invitation_shown', 20],
      ],
    },
    { invited_at: 20 },
  ],
  'joined with an invitation': [
    {
      password: true,
      events: [
        ['user.created', 10],
        ['user.invited', 10],
        ['user.joined', 30, 'own'],
      ],
    },
    { invited_at: 10, joined_at: 30 },
  ],
  'bound by a single sign-on twice': [
    {
      events: [
        ['user.created', 10],
        ['user.sso_bound', 40, 'own'],
        ['user.sso_bound', 50, 'own'],
      ],
    },
    { joined_at: 40 },
  ],
  'added by their first single sign-on': [{ events: [['user.created', 10, 'own']] }, { joined_at: 10 }],
  'added with a password': [{ password: true, events: [['user.created', 10]] }, { joined_at: 10 }],
  'added, with a password from a reset': [
    {
      password: true,
      events: [
        ['user.created', 10],
        ['user.password_reset', 20, 'own'],
      ],
    },
    {},
  ],
  'added before the oldest event': [
    {
      password: true,
      events: [
        ['user.disabled', 5],
        ['user.enabled', 6],
      ],
    },
    {},
  ],
  'added and never invited': [{ events: [['user.created', 10]] }, {}],
  'disabled twice': [
    {
      disabled: true,
      events: [
        ['user.disabled', 20],
        ['user.enabled', 30],
        ['user.disabled', 40],
      ],
    },
    { disabled_at: 40 },
  ],
  'disabled by a restore, whose event is lost': [
    {
      disabled: true,
      events: [
        ['user.disabled', 20],
        ['user.enabled', 30],
      ],
    },
    {},
  ],
  deleted: [
    {
      deleted: true,
      disabled: true,
      events: [
        ['user.invited', 10],
        ['user.disabled', 20],
      ],
    },
    {},
  ],
};

const before = migrations.slice(
  0,
  migrations.findIndex(({ name }) => name === '0020-membership-dates'),
);

async function insert({ knex }: Engine, name: string, { password, disabled, deleted, events }: Before): Promise<void> {
  await knex('users').insert({
    ...{ id: name, kind: 'member', email: name, email_folded: name, name: '', name_folded: '' },
    ...{ password_hash: password ? 'hash' : null, disabled: disabled ?? false, created_at: 1 },
    ...{ superuser: false, can_manage_tokens: false, sso: false },
    deleted_at: deleted ? 90 : null,
  });
  for (const [index, [action, at, own]] of events.entries()) {
    const who = own ? { actor_kind: 'user', actor_id: name, actor_email: name } : { actor_kind: 'system' };
    const target = { target_kind: 'user', target_id: name, target_name: name, owner_id: name };
    await knex('audit').insert({ id: `${name} ${index}`, at, action, ...who, ...target });
  }
}

describe.each(Object.entries(engines))('the upgrade that adds dates of members, on %s', (_name, open) => {
  it('fills in what the audit log shows, and nothing else', async () => {
    const engine = await open();
    try {
      await createKnexStore(engine, before).migrate();
      for (const [name, [member]] of Object.entries(cases)) await insert(engine, name, member);
      await createKnexStore(engine, migrations).migrate();
      const found: Record<string, object> = {};
      for (const { id, ...dates } of await engine.knex('users').select('id', ...Object.keys(unknown))) {
        found[id] = Object.fromEntries(
          Object.entries(dates).map(([name, at]) => [name, at === null ? null : Number(at)]),
        );
      }
      expect(found).toEqual(
        Object.fromEntries(Object.entries(cases).map(([name, [, dates]]) => [name, { ...unknown, ...dates }])),
      );
    } finally {
      await engine.close();
    }
  });
});
