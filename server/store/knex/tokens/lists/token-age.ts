import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { idPrefixAt } from '../../audit/audit-list.ts';

/**
 * Maximum difference between the creation of a token and the time in its ID, unless the token is in the index `tokens_misdated_index`.
 * Must equal the number in migration `0029-covering-indexes`, because the databases recognize the index by its condition.
 */
const maxSkewMs = 60_000;

/**
 * Returns the time before which every token of a query was created, or null if the query has tokens of any age. Nothing is idle, unused
 * or old that did not exist.
 */
export function createdBefore(query: TokenQuery): number | null {
  const { now, status, idleBefore, unusedForMs, unrotatedForMs } = query;
  const times = [unusedForMs, unrotatedForMs].filter((age) => age !== undefined).map((age) => now - age);
  if (status === 'idle') times.push(idleBefore ?? 0);
  return times.length === 0 ? null : Math.min(...times);
}

/** Restricts a query on a token `t` to those whose IDs are as old as the query wants, and perhaps to some more. Leads to the index on IDs. */
export function whereIdIsOld(
  selected: Knex.QueryBuilder,
  engine: Pick<Engine, 'greatest' | 'hexadecimal'>,
  query: TokenQuery,
): void {
  const before = createdBefore(query);
  if (before === null) return;
  const [earliest, latest] = [`created_at - ${maxSkewMs}`, `created_at + ${maxSkewMs}`].map(engine.hexadecimal);
  const isDated = `substr(id, 1, 8) || substr(id, 10, 4) BETWEEN ${earliest} AND ${latest}`;
  const misdated = `SELECT max(id) FROM tokens WHERE CASE WHEN ${isDated} THEN 0 ELSE 1 END = 1 AND created_at < ?`;
  selected.whereRaw(`t.id <= ${engine.greatest(['?', `COALESCE((${misdated}), '')`])}`, [
    idPrefixAt(before + maxSkewMs),
    before,
  ]);
}
