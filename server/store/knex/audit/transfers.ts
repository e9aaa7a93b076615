import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';

/** Returns when each of these tokens was last transferred. See `AuditStore.lastTransfers`. */
export async function lastTransfers(
  knex: Knex,
  engine: Engine,
  tokenIds: readonly string[],
): Promise<Map<string, number>> {
  const rows: Array<{ id: string; at: number | string }> = await knex('audit')
    .whereRaw(engine.among('target_id'), [engine.bindList(tokenIds) as Knex.RawBinding])
    // An expression keeps SQLite from reading all transfers. The events of a token are fewer.
    .whereRaw("action || '' = 'token.transferred'")
    .groupBy('target_id')
    .select({ id: 'target_id', at: knex.raw('max(at)') });
  return new Map(rows.map(({ id, at }) => [id, Number(at)]));
}
