import type { Knex } from 'knex';
import { limits } from '../../../../../shared/limits.ts';
import type { Engine } from '../../../engine/engine.ts';
import type { DeniedRequest, NewDeniedRequest } from '../../../records.ts';
import { selectList, toRecord } from '../../../tables/column.ts';
import { deniedRequestColumns } from '../../../tables/usage.ts';
import { storable } from '../last-uses.ts';
import { lockTokens } from './add-usage.ts';

/** Maximum difference between the clocks of several nodes. */
const maxSkewMs = 60_000;

const columns = Object.values(deniedRequestColumns);
const fields = Object.keys(deniedRequestColumns) as Array<keyof DeniedRequest>;

/**
 * Stores denied requests in the caller's transaction. Locks the tokens in the order of their IDs, so that two nodes that write the same
 * tokens queue instead of deadlocking, and no token is deleted before its requests are written. Those of ended tokens go to another table.
 */
export async function addDenied(
  knex: Knex,
  engine: Engine,
  requests: readonly NewDeniedRequest[],
  now: number,
): Promise<void> {
  const existing = await lockTokens(knex, engine, requests);
  await addTo(
    'denied_requests',
    knex,
    engine,
    requests.filter(({ tokenId }) => existing.has(tokenId)),
    now,
  );
  const others = requests.filter(({ tokenId }) => !existing.has(tokenId));
  const ended = await lockEnded(knex, engine, others);
  await addTo(
    'ended_denied_requests',
    knex,
    engine,
    others.filter(({ tokenId }) => ended.has(tokenId)),
    now,
  );
}

type Table = 'denied_requests' | 'ended_denied_requests';

async function addTo(
  table: Table,
  knex: Knex,
  engine: Engine,
  added: readonly NewDeniedRequest[],
  now: number,
): Promise<void> {
  if (added.length === 0) return;
  await knex.raw(insertSql(engine, table), [JSON.stringify(added.map(toValues))]);
  await deleteOldest(knex, engine, { table, tokenIds: [...new Set(added.map(({ tokenId }) => tokenId))], now });
}

/**
 * Locks the tombstones that stand for ended tokens, so that none is deleted before its requests are written. Returns the IDs of these tokens.
 * Leaves out a tombstone that another transaction deletes, and those of deleted members, of whom nothing new is kept.
 */
async function lockEnded(
  knex: Knex,
  engine: Engine,
  requests: readonly Pick<NewDeniedRequest, 'tokenId'>[],
): Promise<Set<unknown>> {
  if (requests.length === 0) return new Set();
  const ids = engine.bindList(requests.map(({ tokenId }) => tokenId)) as Knex.RawBinding;
  const lock = engine.locksRows ? 'ORDER BY d.hash FOR KEY SHARE OF d SKIP LOCKED' : '';
  const rows = await knex.raw(
    `SELECT d.token_id FROM tombstones AS d JOIN users AS u ON u.id = d.owner_id
      WHERE ${engine.among('d.token_id')} AND d.is_current AND (u.deleted_at IS NULL OR u.kind <> 'member') ${lock}`,
    [ids],
  );
  return new Set(engine.rows(rows).map(({ token_id: id }) => id));
}

/** Returns the ID of the token, and the values in the order of `deniedRequestColumns`. */
function toValues({ tokenId, ...request }: NewDeniedRequest): unknown[] {
  const values = fields.map((field) => request[field]);
  return [tokenId, ...values.map((value) => (typeof value === 'string' ? storable(value) : value))];
}

/** Takes rows as `toValues` returns them. SQLite needs the WHERE clause to tell ON CONFLICT from the ON of a join. */
function insertSql(engine: Engine, table: Table): string {
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ sqlType }, index) => `CAST(used.value ->> ${index + 1} AS ${sqlType})`).join(', ');
  // One tombstone stands for each token. A request from before its end that was kept in memory until now is dropped.
  const at = `CAST(used.value ->> ${1 + columns.indexOf(deniedRequestColumns.at)} AS bigint)`;
  const [more, moreValues, join] =
    table === 'denied_requests'
      ? ['', '', 'WHERE true']
      : [
          'hash, owner_id, ',
          'd.hash, d.owner_id, ',
          `JOIN tombstones AS d ON d.token_id = used.value ->> 0 WHERE d.is_current AND ${at} >= d.revoked_at`,
        ];
  return `INSERT INTO ${table} (token_id, ${more}${names})
    SELECT used.value ->> 0, ${moreValues}${values} FROM ${engine.jsonElements} AS used ${join}
    ON CONFLICT DO NOTHING`;
}

async function deleteOldest(
  knex: Knex,
  engine: Engine,
  { table, tokenIds, now }: { table: Table; tokenIds: readonly string[]; now: number },
): Promise<void> {
  const place = 'row_number() OVER (PARTITION BY token_id ORDER BY at DESC, id DESC)';
  await knex.raw(
    `DELETE FROM ${table} WHERE (token_id, at, id) IN (
      SELECT token_id, at, id FROM (
        SELECT token_id, at, id, ${place} AS place FROM ${table}
        WHERE ${engine.among('token_id')} AND at <= CAST(? AS bigint)) AS ranked WHERE place > ?)
      OR (${engine.among('token_id')} AND at > CAST(? AS bigint))`,
    [
      engine.bindList(tokenIds) as Knex.RawBinding,
      now + maxSkewMs,
      limits.maxDeniedRequests,
      engine.bindList(tokenIds) as Knex.RawBinding,
      now + maxSkewMs,
    ],
  );
}

export async function deniedOf(knex: Knex, tokenId: string): Promise<DeniedRequest[]> {
  const rows: object[] = await knex('denied_requests')
    .where('token_id', tokenId)
    .orderBy([
      { column: 'at', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limits.maxDeniedRequests)
    .select(selectList(deniedRequestColumns, 'denied_requests'));
  return rows.map((row) => toRecord(deniedRequestColumns, row));
}
