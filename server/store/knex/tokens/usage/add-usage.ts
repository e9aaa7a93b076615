import type { Knex } from 'knex';
import { limits } from '../../../../../shared/limits.ts';
import type { Engine, Select } from '../../../engine/engine.ts';
import type { UsageBatch, UsageWriter } from '../../../interfaces/tokens/usage.ts';
import type { GapTimes, NewNetwork, SeenCount, TokenUses } from '../../../records.ts';
import { gapColumns } from '../../../tables/usage.ts';

/**
 * Adds a batch to the stored counts, in the caller's transaction:
 *
 * 1. Store the number of the batch. If it is stored already, an earlier try was committed and only its confirmation was lost.
 * 2. Lock the tokens in the order of their IDs. Two nodes that write the same tokens then queue instead of deadlocking, and
 *    no token is deleted before its counts are written.
 * 3. Add the counts. Statements take and return all rows as one JSON text, because binding or returning thousands of values
 *    one by one is slow, and would stall verification.
 * 4. Delete the least recent values of tokens that got new ones and now have too many.
 */
export async function addUsage(knex: Knex, engine: Engine, batch: UsageBatch): Promise<NewNetwork[]> {
  if (!(await claimBatch(knex, engine, batch.writer))) return [];
  const known = await lockTokens(knex, engine, batch.tokens);
  const tokens = batch.tokens.filter(({ tokenId }) => known.has(tokenId));
  if (tokens.length === 0) return [];
  await knex.raw(totalsSql(engine), [JSON.stringify(tokens.map(totalOf))]);
  const hours = tokens.flatMap(({ tokenId, hours }) =>
    hours.map(({ hour, outcome, uses }) => [tokenId, hour, outcome, uses]),
  );
  await knex.raw(hoursSql(engine), [JSON.stringify(hours)]);
  const fresh = await addSeen(knex, engine, tokens);
  await deleteLeastRecent(knex, engine, fresh);
  return fresh
    .filter(({ kind }) => kind === 'network')
    .map(({ tokenId, value: network, firstAt: at, uses }) => ({ tokenId, network, at, uses }));
}

/** Stores the number of a batch. Returns false if this batch or a later one of the writer is stored already. */
export async function claimBatch(knex: Knex, engine: Engine, { id, batch, at }: UsageWriter): Promise<boolean> {
  const sql = `INSERT INTO usage_writers (id, batch, written_at) VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = excluded.written_at
    WHERE usage_writers.batch < excluded.batch RETURNING id`;
  return engine.rows(await knex.raw(sql, [id, batch, at])).length > 0;
}

/** Locks tokens in the order of their IDs. Returns the IDs of those that exist. */
export async function lockTokens(
  knex: Knex,
  engine: Engine,
  tokens: ReadonlyArray<Pick<TokenUses, 'tokenId'>>,
): Promise<Set<unknown>> {
  const ids = engine.bindList(tokens.map(({ tokenId }) => tokenId));
  const lock = engine.locksRows ? 'ORDER BY id FOR NO KEY UPDATE' : '';
  const select = { columns: ['id'], from: `FROM tokens WHERE ${engine.among('id')} ${lock}` };
  const found = await engine.select(select, [ids], knex as Knex.Transaction);
  return new Set(found.map(([id]) => id));
}

const gapNames = Object.keys(gapColumns) as Array<keyof GapTimes>;

function totalOf({ tokenId, firstAt, hours, gaps }: TokenUses) {
  const uses = hours.reduce((sum, { outcome, uses }) => (outcome === 'allowed' ? sum + uses : sum), 0);
  return [tokenId, uses, firstAt, ...gapNames.map((name) => gaps?.[name] ?? null)];
}

/** SQLite needs a WHERE clause to tell ON CONFLICT from the ON of a join. */
const fromRows = (engine: Engine) => `FROM ${engine.jsonElements} AS used WHERE true`;
const number = (position: number) => `CAST(used.value ->> ${position} AS bigint)`;

function totalsSql(engine: Engine): string {
  const gaps = gapNames.map((name) => gapColumns[name].name);
  return `INSERT INTO usage_totals (token_id, uses, first_at, ${gaps.join(', ')})
    SELECT used.value ->> 0, ${number(1)}, ${number(2)}, ${gaps.map((_, index) => number(3 + index)).join(', ')} ${fromRows(engine)}
    ON CONFLICT (token_id) DO UPDATE SET uses = usage_totals.uses + excluded.uses,
      ${[kept('first_at', '<='), ...gaps.map((gap) => kept(gap, '>='))].join(', ')}`;
}

/** Keeps the earlier or later one of two times that may be null. */
function kept(column: string, comparison: '<=' | '>='): string {
  return `${column} = CASE WHEN usage_totals.${column} ${comparison} excluded.${column} THEN usage_totals.${column}
    ELSE COALESCE(excluded.${column}, usage_totals.${column}) END`;
}

function hoursSql(engine: Engine): string {
  return `INSERT INTO usage_hours (token_id, hour, outcome, uses)
    SELECT used.value ->> 0, ${number(1)}, used.value ->> 2, ${number(3)} ${fromRows(engine)}
    ON CONFLICT (token_id, hour, outcome) DO UPDATE SET uses = usage_hours.uses + excluded.uses`;
}

function seenSql(engine: Engine): string {
  return `INSERT INTO usage_seen (token_id, kind, value, uses, first_at, last_at)
    SELECT used.value ->> 0, used.value ->> 1, used.value ->> 2, ${number(3)}, ${number(4)}, ${number(5)} ${fromRows(engine)}
    ON CONFLICT (token_id, kind, value) DO UPDATE SET uses = usage_seen.uses + excluded.uses,
      first_at = CASE WHEN excluded.first_at < usage_seen.first_at THEN excluded.first_at ELSE usage_seen.first_at END,
      last_at = CASE WHEN excluded.last_at > usage_seen.last_at THEN excluded.last_at ELSE usage_seen.last_at END`;
}

/** Selects the positions of the values that are not stored. */
function freshOf(engine: Engine): Select {
  return {
    columns: ['used.value ->> 6'],
    from: `FROM ${engine.jsonElements} AS used WHERE NOT EXISTS (SELECT 1 FROM usage_seen s
      WHERE s.token_id = used.value ->> 0 AND s.kind = used.value ->> 1 AND s.value = used.value ->> 2)`,
  };
}

type Seen = SeenCount & { tokenId: string };

/** Adds the values, and returns those that were not stored before. */
async function addSeen(knex: Knex, engine: Engine, tokens: readonly TokenUses[]): Promise<Seen[]> {
  const all = tokens.flatMap(({ tokenId, seen }) => seen.map((value) => ({ tokenId, ...value })));
  if (all.length === 0) return [];
  const rows = JSON.stringify(
    all.map((row, position) => [row.tokenId, row.kind, row.value, row.uses, row.firstAt, row.lastAt, position]),
  );
  const fresh = await engine.select(freshOf(engine), [rows], knex as Knex.Transaction);
  await knex.raw(seenSql(engine), [rows]);
  return fresh.flatMap(([position]) => all[Number(position)] ?? []);
}

/** Reads the values of tokens that got new ones, and deletes the least recent beyond the limit. */
async function deleteLeastRecent(knex: Knex, engine: Engine, fresh: readonly Seen[]): Promise<void> {
  const lists = [...new Map(fresh.map(({ tokenId, kind }) => [`${tokenId} ${kind}`, [tokenId, kind]])).values()];
  if (lists.length === 0) return;
  const isListed = 's.token_id = list.value ->> 0 AND s.kind = list.value ->> 1';
  const values = `SELECT count(*) FROM usage_seen s WHERE ${isListed}`;
  const found = await knex.raw(
    `SELECT list.value ->> 0 AS token_id, list.value ->> 1 AS kind FROM ${engine.jsonElements} AS list WHERE (${values}) > ?`,
    [JSON.stringify(lists), limits.maxSeenValues],
  );
  const full = engine.rows(found);
  if (full.length === 0) return;
  // CROSS JOIN fixes the join order for SQLite's planner, which might scan the table otherwise.
  const ranked = `SELECT s.token_id, s.kind, s.value,
    row_number() OVER (PARTITION BY s.token_id, s.kind ORDER BY s.last_at DESC, s.value) AS place
    FROM ${engine.jsonElements} AS list CROSS JOIN usage_seen s WHERE ${isListed}`;
  await knex.raw(
    `DELETE FROM usage_seen WHERE (token_id, kind, value) IN (
      SELECT token_id, kind, value FROM (${ranked}) AS ranked WHERE place > ?)`,
    [JSON.stringify(full.map(({ token_id: tokenId, kind }) => [tokenId, kind])), limits.maxSeenValues],
  );
}
