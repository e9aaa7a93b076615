import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { dataTables } from '../../server/store/maintenance/tables.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { openTestStore, type TestStore } from '../helpers/app/store.ts';
import { explainSqlite, type Statement } from '../helpers/lists/plans.ts';

// The plans of lists depend on their parameters. `list-plans.test.ts` examines those.
const isList = /^select `audit`|^select `t`/;

/** The statements that may read or sort more rows than an index leads to, and why. */
const mayReadMore: Array<[sql: RegExp, step: RegExp, why: string]> = [
  [/limit \?$/, /^SCAN \w+ USING (COVERING )?INDEX (sqlite_autoindex_\w+_1|\w+_unique)$/, 'the limit ends it'],
  [/^insert into `users`/, /^SCAN tombstones$/, 'only if a constraint was deferred, and none is'],
  [/./, /^SCAN \w+ USING INDEX users_superuser_index$/, 'superusers are few'],
  [/^delete from `?(sessions|tokens)`? .* union /i, /ORDER BY/, 'each part has a limit'],
  [/^SELECT .* AS is_included FROM \w+ WHERE .* \|\| ''/, /ORDER BY/, 'one member has few of these rows'],
  [/^select `id`, `superuser`/, /ORDER BY/, 'superusers are few'],
  [
    /^select `id` from `users` where \(users\.kind = 'service-account' and `users`\.`deleted_at` is null\) limit/,
    /^SCAN users USING INDEX users_service_account_index$/,
    'any one of them is enough',
  ],
  [/from `job_positions`$/, /^SCAN job_positions$/, 'each job has one position'],
  [/instr\(name_folded/, /^SCAN users /, 'a search looks at every member'],
  [/`gave_up_at` desc, `id`/, /LAST TERM OF ORDER BY/, 'few mails were given up in the same millisecond'],
  [/^delete from `outbox` where `gave_up_at`/, /^SCAN users$/, 'deleting a member may look at every address'],
  [/^select .* from `sessions` where `user_id`/, /ORDER BY/, 'the sessions of one member are few'],
  [/^select distinct `user_id` from `sessions`/, /FOR DISTINCT/, 'the sessions of one sign-in are few'],
  [/where `oidc_issuer` = \?/, /ORDER BY/, 'an operator moves all members of a provider'],
  [/^DELETE FROM (ended_)?denied_requests/, /ORDER BY/, 'a token has 20 requests and those of one batch'],
  [/^DELETE FROM usage_seen/, /ORDER BY/, 'a list has 200 values and those of one batch'],
  [
    /^insert into webhook_deliveries|^select count\(\*\) .* from `webhooks`/,
    /^SCAN webhooks\b/,
    'there are at most 100 webhooks',
  ],
  [
    /^update `webhook_deliveries` set .* where `due_at` is not null/,
    /^SCAN webhook_deliveries USING INDEX webhook_deliveries_due_index$/,
    'a daemon starts, or a clock was set back',
  ],
  [/^select `id`, `disabled` from `webhooks`$/, /^SCAN webhooks\b/, 'there are at most 100 webhooks'],
  [/^UPDATE audit SET position/, /^SCAN audit USING COVERING INDEX audit_waiting_index$/, 'the limit ends it'],
  [/^update `webhooks` set `resume_at` = \? where `resume_at`/, /^SCAN webhooks$/, 'there are at most 100 webhooks'],
  [/^delete from `tickets` where `kind`/, /^SCAN tickets$/, 'an operator ends all tickets of a kind'],
];

/** Opens a migrated store and records its statements. */
async function openRecordedStore(statements: Map<string, Statement>): Promise<TestStore> {
  const migrated = await openTestStore();
  await migrated.store.close();
  const recorded = await openSqlite(`sqlite:${migrated.path}`);
  recorded.knex.on('query', (statement: Statement) => statements.set(statement.sql, statement));
  const store = createKnexStore(recorded, migrations);
  const close = async () => {
    await store.close();
    await rm(dirname(migrated.path), { recursive: true });
  };
  return { store, path: migrated.path, close };
}

/** Returns the steps of a plan that read or sort more rows than an index leads to. */
async function wrongSteps(engine: Engine, statement: Statement): Promise<string[]> {
  const steps = await explainSqlite(engine.knex, statement);
  const allowed = mayReadMore.filter(([sql]) => sql.test(statement.sql)).map(([, step]) => step);
  const isTable = new RegExp(`^SCAN (${[...dataTables.map(({ name }) => name), 'counts', 'other'].join('|')})\\b`);
  return steps
    .filter((step) => isTable.test(step) || step.startsWith('USE TEMP B-TREE'))
    .filter((step) => !allowed.some((pattern) => pattern.test(step)))
    .map((step) => `${step}: ${statement.sql}`);
}

/**
 * Returns a function that opens a migrated SQLite store. After all tests of the file, expects that each statement of those
 * stores read few rows.
 */
export function useRecordedStore(): () => Promise<TestStore> {
  const statements = new Map<string, Statement>();
  let opened: TestStore;
  let engine: Engine;
  beforeAll(async () => {
    opened = await openTestStore();
    engine = await openSqlite(`sqlite:${opened.path}`);
  });
  afterAll(async () => {
    const changesAndReads = [...statements.values()].filter(({ sql }) =>
      /^\W*(select|with|update|delete|insert)/i.test(sql),
    );
    const examined = changesAndReads.filter(({ sql }) => !isList.test(sql));
    const wrong = (await Promise.all(examined.map((statement) => wrongSteps(engine, statement)))).flat();
    await engine.close();
    await opened.close();
    expect(examined.length).toBeGreaterThan(100);
    expect(wrong).toEqual([]);
  });
  return () => openRecordedStore(statements);
}
