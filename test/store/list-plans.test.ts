import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenStatus } from '../../server/domain/tokens/status.ts';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import type { TokenQuery } from '../../server/store/interfaces/tokens.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import type { TokenRecord } from '../../server/store/records.ts';
import type { Store } from '../../server/store/store.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { examinePostgres, explainSqlite, statementsOf } from '../helpers/lists/plans.ts';
import { type ListQuery, listQueries } from '../helpers/lists/queries.ts';
import { seedEnd, seedLists, sizesFor } from '../helpers/lists/seed.ts';
import { endedTokensOf } from '../helpers/lists/seed-ended-tokens.ts';
import { patientTimes, startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';

const sizes = sizesFor(3_000);
const queries = listQueries(sizes);

/** Expects the pages of filtered lists to contain the tokens that match, newest first, and counts to equal their number. */
async function expectMatchingPages(store: Store): Promise<void> {
  const dayMs = 24 * 60 * 60 * 1000;
  const context = { now: seedEnd, ssoStaleBefore: seedEnd - 8.5 * dayMs, idleBefore: seedEnd - 30 * dayMs };
  const all = await store.tokens.list({ limit: sizes.tokens + 1, before: null, ...context });
  expect(all).toHaveLength(sizes.tokens);
  const filters: Array<[Partial<TokenQuery>, (token: TokenRecord) => boolean]> = [
    ...(['blocked', 'disabled', 'sso-stale', 'paused', 'expired', 'idle'] as const).map(
      (status): [Partial<TokenQuery>, (token: TokenRecord) => boolean] => [
        { status },
        (token) => tokenStatus(token, context) === status,
      ],
    ),
    [{ nameContains: 'line-7' }, ({ name }) => name.includes('line-7')],
    [{ deniedWithinMs: 60_000 }, ({ lastDenied }) => (lastDenied?.at ?? 0) > seedEnd - 60_000],
    [{ noExpiry: true }, ({ expiresAt }) => expiresAt === null],
    [{ unrotatedForMs: 300 * dayMs }, ({ createdAt }) => createdAt < seedEnd - 300 * dayMs],
    [
      { neverUsed: true, unusedForMs: 200 * dayMs, expiringWithinMs: 1700 },
      ({ lastUse, createdAt, expiresAt }) =>
        lastUse === null &&
        createdAt < seedEnd - 200 * dayMs &&
        expiresAt !== null &&
        expiresAt > seedEnd &&
        expiresAt <= seedEnd + 1700,
    ],
    [
      { nameContains: 'line-1', status: 'expired' },
      (token) => token.name.includes('line-1') && tokenStatus(token, context) === 'expired',
    ],
  ];
  for (const [filter, matches] of filters) {
    const expected = all.filter(matches).map(({ id }) => id);
    const found: string[] = [];
    const limit = Math.ceil(expected.length / 3);
    for (let before: string | null = null; ; before = found.at(-1) ?? null) {
      const page = await store.tokens.list({ limit, before, ...context, ...filter });
      found.push(...page.map(({ id }) => id));
      if (page.length < limit) break;
    }
    expect(expected.length).toBeGreaterThan(5);
    expect(found).toEqual(expected);
    if (filter.nameContains !== undefined) continue;
    // Each statement counts a third of the tokens.
    expect(await store.tokens.countMatching([filter, {}], context, sizes.tokens / 3)).toEqual([
      expected.length,
      sizes.tokens,
    ]);
  }
}

/** Runs a query on the connection that writes. Its statements could not be recorded on those that only read. */
function inTransaction({ name, run }: ListQuery): ListQuery {
  return { name, run: (store) => store.transaction(run) };
}

/** In the order of the IDs, reading ends when the page is full. */
const inOrder = (table: string, alias = table) => `SCAN ${alias} USING INDEX sqlite_autoindex_${table}_1`;
const idsInOrder = (table: string) => `SCAN ${table} USING COVERING INDEX sqlite_autoindex_${table}_1`;

/** The index of the tokens that were not exchanged, which most lists leave out. */
const listed = 'tokens_listed_state_index';
/** All owners and their states, without the rest of their rows. */
const ownersAtOnce = 'SCAN u USING COVERING INDEX users_state_index';
/** Only the owners whose tokens may not work. */
const restrictedOwners = 'SCAN u USING COVERING INDEX users_restricted_index';

/** Scans of tables that SQLite may do: those that a LIMIT ends, those of few rows, and searches that must look at every row. */
const mayScan: Array<[names: RegExp, scan: string]> = [
  [/^all tokens$|^all tokens, (a middle page|active)$|^sorted tokens, by created/, `SCAN t USING INDEX ${listed}`],
  [/^all tokens(,| of an app)/, `SCAN t USING COVERING INDEX ${listed}`],
  [/^the tokens that jobs received under a trust$/, 'SCAN t USING INDEX tokens_exchanged_index'],
  [/^all tokens, .*by a/, 'SCAN n USING COVERING INDEX tokens_listed_name_index'],
  [/^exchanged tokens, found by a/, 'SCAN n USING COVERING INDEX tokens_name_index'],
  [/^sorted tokens, few, paused, by (created|last_used)/, 'SCAN t USING INDEX tokens_paused_state_index'],
  [/^sorted tokens, few, paused, by name/, 'SCAN t USING INDEX tokens_paused_name_index'],
  [/^sorted tokens, few, paused, by last_used/, 'SCAN t USING INDEX tokens_paused_until_index'],
  [/^sorted tokens, by name/, 'SCAN t USING INDEX tokens_name_index'],
  [/^all tokens, .*(by a|unused|never used|unrotated|without an expiry)/, 'SCAN t'],
  [/^all tokens, (blocked|disabled|sso-stale)/, restrictedOwners],
  [/^all tokens, (idle|expired)$|^the report/, ownersAtOnce],
  [/^members(, a short page|, by a .*name.*)?$/, inOrder('users')],
  [/^superusers/, 'SCAN users USING INDEX users_superuser_index'],
  [/^audit events$/, idsInOrder('audit')],
  [/^audit events to delete$/, 'SCAN webhooks'],
  [/^audit events that wait/, 'SCAN audit USING COVERING INDEX audit_waiting_index'],
  [/audit event.* in order/, 'SCAN audit USING INDEX audit_before_order_index'],
  [/^ended tokens, (few|by a rare name|counted)/, 'SCAN d USING INDEX tombstones_ended_index'],
  [/^ended tokens, many/, 'SCAN d USING INDEX tombstones_revoked_at_index'],
  [/^ended tokens, exchanged$/, 'SCAN d USING INDEX tombstones_exchanged_index'],
  [/^clients$/, inOrder('clients')],
  [/^apps$/, inOrder('apps')],
  [/^webhooks$/, inOrder('webhooks')],
  [/^all tokens, paused$/, 'SCAN t USING INDEX tokens_paused_state_index'],
  // A LIMIT ends them.
  [/^all tokens, counted$/, 'SCAN t USING COVERING INDEX tokens_listed_owner_index'],
  [/^all tokens active, counted$/, `SCAN t USING COVERING INDEX ${listed}`],
  [/^all tokens blocked, counted$/, restrictedOwners],
  [/^all tokens paused, counted$/, 'SCAN t USING COVERING INDEX tokens_paused_until_index'],
  [/^all tokens, without an expiry/, 'SCAN t'],
  [/^all tokens without an expiry, counted$/, 'SCAN t USING COVERING INDEX tokens_endless_index'],
  [/^all canaries/, 'SCAN t USING INDEX tokens_canary_index'],
  [/^trusts$/, inOrder('trusts', 't')],
  [/^webhooks with due deliveries$/, 'SCAN webhooks'],
  [/^exchanged tokens$/, 'SCAN t USING INDEX tokens_exchanged_index'],
  [/service accounts(?! of)|^search, service accounts/, 'SCAN users USING INDEX users_service_account_index'],
  [/^the first day with a total$/, idsInOrder('organization_days')],
  [/^names of apps, for a form$/, 'SCAN apps USING COVERING INDEX apps_name_unique'],
  // The 10,000 newest, of which a LIMIT makes the end.
  [/^audit events from a busy network$/, inOrder('audit')],
  [/^search, tokens/, inOrder('tokens')],
  [/^search, members/, inOrder('users')],
  [/^search, apps/, inOrder('apps')],
  [/^search, apps/, 'SCAN app_hosts'],
  [/^search, its limits$/, idsInOrder('tokens')],
  [/^search, its limits$/, idsInOrder('users')],
  [/^search, (ended tokens|its limits)/, 'SCAN tombstones USING INDEX tombstones_ended_index'],
];

/** Lists whose rows SQLite may sort: IDs of tokens, what belongs to one member, the hits of a search, and other rows that are few. */
const maySort = [
  // At most 10,000 tokens that match.
  /^sorted tokens, few/,
  // At most 10,000 as well, or those with a name.
  /^ended tokens( of a .*$|, few|, by a rare name$)/,
  /^all tokens, |^one ended token$|^tokens known to |^a member's sessions$|^data about .*, sorted: |^a token's usage$/,
  // The middle one of 63 names.
  /^exchanged tokens, found/,
  // Canaries are few.
  /^all canaries/,
  // The few events whose ID is misdated, and the last one of each of several indexes.
  /^audit events (?!$)|^the last audit event in order, of /,
  // Those of one app or of one trust.
  /^all tokens of an app|^the tokens that jobs received under a trust$/,
  // The targets of at most 1,000 events from each end of the log, for each name.
  /^audit events, what the log calls so$/,
  // The IDs of the tokens with a prefix, at most 20 of each kind.
  /^audit events, the tokens of a prefix$/,
  // Their maintainers, by address.
  /service accounts?(, |$)|^service accounts of |^maintainers of /,
  /^trusts (of|in) /,
  /^search, (own tokens|service accounts|some)/,
];

/** Returns the steps of a plan that read or sort a whole table, or read the events of all members for those of one. */
function wrongSteps(name: string, steps: string[]): string[] {
  const ofOne = /^audit events (of (a member|nobody|a busy)|by an address)|^tokens known to/.test(name);
  const scans = mayScan.filter(([names]) => names.test(name)).map(([, scan]) => scan);
  const isTable =
    /^SCAN (?:t|n|u|tombstones|previous_values|tickets|device_codes|maintainers|leaks|idempotency_keys|recovery_codes|collected_events|usage_hours|usage_seen|organization_days|denied_requests|ended_denied_requests|d|tokens|users|audit|sessions|outbox|clients|apps|app_hosts|token_apps|webhooks|webhook_deliveries)\b/;
  return steps
    .filter(
      (step) =>
        (isTable.test(step) && !scans.includes(step)) ||
        (step === 'USE TEMP B-TREE FOR ORDER BY' && !maySort.some((names) => names.test(name))) ||
        (step.includes('audit_action_id_index') && ofOne),
    )
    .map((step) => `${name}: ${step}`);
}

/** Indexes without which a list reads the rows of very many tokens, although its plan has no scan of a table. */
const leadingIndexes = [
  ['all tokens', 'USING INDEX tokens_listed_state_index'],
  ['all tokens, counted', 'USING COVERING INDEX tokens_listed_owner_index'],
  ['all tokens, disabled', 'USING COVERING INDEX tokens_listed_owner_index'],
  ['all tokens expiring within a week, counted', 'USING COVERING INDEX tokens_listed_until_index'],
  ['all tokens, paused', 'USING INDEX tokens_paused_state_index'],
  ['all tokens without an expiry, counted', 'USING COVERING INDEX tokens_endless_index'],
  ['all tokens active, counted', 'USING COVERING INDEX tokens_listed_state_index'],
  ['all tokens expired, counted', 'USING COVERING INDEX tokens_listed_until_index'],
  ['all tokens paused, counted', 'USING COVERING INDEX tokens_paused_'],
  ['all tokens denied within a day, counted', 'USING COVERING INDEX denied_requests_token_index'],
  ['all tokens, unrotated for 90 days', 'USING INDEX tokens_listed_state_index (id>? AND id<?)'],
  ['sorted tokens, few, paused, by expires', 'USING INDEX tokens_paused_until_index'],
  ['all canaries, counted', 'USING INDEX tokens_canary_index'],
  ['all tokens, by a rare name', 'USING COVERING INDEX tokens_listed_name_index'],
  ['all tokens, found by a rare name', 'USING COVERING INDEX tokens_listed_name_index (name_folded<?)'],
  ['all tokens, found by a rare name', 'USING COVERING INDEX tokens_listed_name_index (name_folded>?)'],
  ['exchanged tokens, found by a rare name', 'USING COVERING INDEX tokens_name_index'],
  ['sorted tokens, by name, active', 'USING INDEX tokens_name_index'],
] as const;

describe('lists on SQLite', () => {
  let opened: Awaited<ReturnType<typeof openTestStore>>;
  let engine: Engine;
  let store: Store;
  beforeAll(async () => {
    opened = await openTestStore();
    engine = await openSqlite(`sqlite:${opened.path}`);
    store = createKnexStore(engine, migrations);
    await seedLists(engine, 'sqlite', sizes);
  }, 60_000);
  afterAll(async () => {
    await store.close();
    await opened.close();
  });

  it('read and sort no whole table for a page', async () => {
    const wrong: string[] = [];
    for (const query of queries) {
      const statements = await statementsOf(engine.knex, store, inTransaction(query));
      if (statements.length === 0) wrong.push(`${query.name}: no statement`);
      const steps = await Promise.all(statements.map((statement) => explainSqlite(engine.knex, statement)));
      wrong.push(...wrongSteps(query.name, steps.flat()));
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it.each(leadingIndexes)('read %s %s', async (name, step) => {
    const query = queries.find((query) => query.name === name) as ListQuery;
    const statements = await statementsOf(engine.knex, store, inTransaction(query));
    const steps = await Promise.all(statements.map((statement) => explainSqlite(engine.knex, statement)));
    expect(steps.flat().join('\n')).toContain(step);
  });

  it('find the tokens that match a filter, page by page', () => expectMatchingPages(store), 60_000);
});

/** The events of ten days, or half of them twice. A page of any other list is smaller. */
const maxRows = 2_100;

/** Queries that look at more: every token and its owner, for a page and for its IDs; every token; or one busy superuser. */
const maxRowsOf: Array<[names: RegExp, rows: number]> = [
  [/^all tokens, /, 2 * (sizes.tokens + sizes.users) + maxRows],
  // The IDs of the 3,000 newest tokens.
  [/^all tokens of an app/, 3_000 + maxRows],
  // The 10,000 newest tokens.
  [/^search, (tokens|its limits)/, 10_000 + maxRows],
  // They find all that match, of which there are at most 10,000. With so few tokens in all, PostgreSQL does not read by an index.
  [/^sorted tokens, (few|by expires, active)/, 4 * (sizes.tokens + sizes.users) + maxRows],
  [/^ended tokens, (few|by a rare name|counted)/, endedTokensOf(sizes.tokens) / 10 + maxRows],
  [/^the report on tokens$/, sizes.tokens + sizes.users + sizes.serviceAccounts + sizes.exchanged],
  // Each of their events leads to a token and its owner.
  [/^tokens known to a busy superuser/, (3 * sizes.events) / 20 + maxRows],
  [/^audit events of a busy superuser, by a rare action$/, sizes.events / 20 + maxRows],
  // Counts that many events before it looks among the newest ones.
  [/^audit events from a busy network$/, 10_000 + maxRows],
  // One event in twenty is theirs, so that PostgreSQL may read all in order until the page is full.
  [/^data about a busy superuser, in order: audit/, 20 * 200 + maxRows],
];

describe('lists on PostgreSQL', () => {
  let postgres: TestPostgres;
  let client: pg.Client;
  let engine: Engine;
  let store: Store;
  beforeAll(async () => {
    postgres = await startPostgres();
    const url = await postgres.newMigratedDatabase();
    engine = await openPostgres(url, { times: patientTimes });
    store = createKnexStore(engine, migrations);
    await seedLists(engine, 'postgres', sizes);
    await engine.knex.raw('VACUUM ANALYZE');
    client = new pg.Client(url);
    await client.connect();
  }, 90_000);
  afterAll(async () => {
    await client.end();
    await store.close();
    await postgres.remove();
  });

  it('look at few rows for a page', async () => {
    const wrong: string[] = [];
    for (const query of queries) {
      const [, most] = maxRowsOf.find(([names]) => names.test(query.name)) ?? [/./, maxRows];
      for (const statement of await statementsOf(engine.knex, store, query)) {
        // The plan is examined by running the statement again.
        if (!/^\s*(select|with)\b/i.test(statement.sql)) continue;
        const { rows, plan } = await examinePostgres((sql, bindings) => client.query(sql, bindings), statement);
        if (rows > most) wrong.push(`${query.name}: ${rows} rows, ${plan}`);
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);

  it('do not wait until PostgreSQL has compiled a statement or started processes for it', async () => {
    expect(engine.rows(await engine.knex.raw('SHOW jit'))).toEqual([{ jit: 'off' }]);
    expect(engine.rows(await engine.knex.raw('SHOW parallel_setup_cost'))).toEqual([{ parallel_setup_cost: '10000' }]);
  });

  it('find the tokens that match a filter, page by page', () => expectMatchingPages(store), 60_000);
});
