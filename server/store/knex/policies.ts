import type { Knex } from 'knex';
import type { PolicyStore } from '../interfaces/policies.ts';
import { type RowOf, toRecord } from '../tables/column.ts';
import { policyStartColumns } from '../tables/tokens.ts';

export function createPolicyStore(knex: Knex): PolicyStore {
  const starts = (trx: Knex) => trx<RowOf<typeof policyStartColumns>>('policy_starts');

  return {
    async start(policy, valueMs, now) {
      return knex.transaction(async (trx) => {
        if (valueMs !== null) {
          await trx.raw(
            `INSERT INTO policy_starts (policy, value_ms, first_served_at)
             SELECT CAST(? AS text), CAST(? AS bigint), COALESCE(MIN(first_served_at), CAST(? AS bigint))
             FROM policy_starts WHERE policy = ? AND value_ms <= ?
             ON CONFLICT DO NOTHING`,
            [policy, valueMs, now, policy, valueMs],
          );
        }
        const stricter = starts(trx).where({ policy });
        await (valueMs === null ? stricter : stricter.where('value_ms', '<', valueMs)).delete();
        const recorded = await starts(trx).where({ policy }).orderBy('value_ms');
        return recorded.map((row) => toRecord(policyStartColumns, row));
      });
    },
  };
}
