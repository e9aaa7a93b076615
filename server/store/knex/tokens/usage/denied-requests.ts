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
 * tokens queue instead of deadlocking, and no token is deleted before its requests are written.
 */
export async function addDenied(
  knex: Knex,
  engine: Engine,
  requests: readonly NewDeniedRequest[],
  now: number,
): Promise<void> {
  const existing = await lockTokens(knex, engine, requests);
  const added = requests.filter(({ tokenId }) => existing.has(tokenId));
  if (added.length === 0) return;
  await knex.raw(insertSql(engine), [JSON.stringify(added.map(toValues))]);
  await deleteOldest(knex, engine, [...new Set(added.map(({ tokenId }) => tokenId))], now);
}

/** Returns the ID of the token, and the values in the order of `deniedRequestColumns`. */
function toValues({ tokenId, ...request }: NewDeniedRequest): unknown[] {
  const values = fields.map((field) => request[field]);
  return [tokenId, ...values.map((value) => (typeof value === 'string' ? storable(value) : value))];
}

/** Takes rows as `toValues` returns them. SQLite needs the WHERE clause to tell ON CONFLICT from the ON of a join. */
function insertSql(engine: Engine): string {
  const names = columns.map(({ name }) => name).join(', ');
  const values = columns.map(({ sqlType }, index) => `CAST(used.value ->> ${index + 1} AS ${sqlType})`).join(', ');
  return `INSERT INTO denied_requests (token_id, ${names})
    SELECT used.value ->> 0, ${values} FROM ${engine.jsonElements} AS used WHERE true
    ON CONFLICT DO NOTHING`;
}

async function deleteOldest(knex: Knex, engine: Engine, tokenIds: readonly string[], now: number): Promise<void> {
  const place = 'row_number() OVER (PARTITION BY token_id ORDER BY at DESC, id DESC)';
  await knex.raw(
    `DELETE FROM denied_requests WHERE (token_id, at, id) IN (
      SELECT token_id, at, id FROM (
        SELECT token_id, at, id, ${place} AS place FROM denied_requests
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
