import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { DayUses, UsageStore } from '../../../interfaces/tokens/usage.ts';
import { selectList, toRecord } from '../../../tables/column.ts';
import { gapColumns, usageSeenColumns } from '../../../tables/usage.ts';
import { addUsage } from './add-usage.ts';
import { addDenied, deniedOf } from './denied-requests.ts';
import { addDays, daysSince, firstDay, purgeDays } from './organization-days.ts';

const hoursPerDay = 24;
const dayMs = 24 * 60 * 60 * 1000;
const noGaps = { noAppAt: null, noPathAt: null, oddPathAt: null, noNetworkAt: null, noMethodAt: null };

export function createUsageStore(knex: Knex, engine: Engine): UsageStore {
  return {
    add: (batch) => addUsage(knex, engine, batch),
    async claimNetworkNotice({ tokenId, at, uses }, { minAgeMs, minUses }) {
      const day = Math.floor(at / dayMs);
      const claimed = await knex('usage_totals')
        .where('token_id', tokenId)
        // A day in the future was stored while the clock was wrong.
        .where((row) => row.whereNull('network_noticed_on').orWhereNotBetween('network_noticed_on', [day, day + 1]))
        .where('first_at', '<=', at - minAgeMs)
        .where('uses', '>=', minUses + uses)
        .whereExists(knex('tokens').where({ id: tokenId, quiet_networks: false }).select('id'))
        .update('network_noticed_on', day);
      return claimed > 0;
    },
    async of(tokenId, sinceDay) {
      const days = await selectDays(knex, sinceDay).where('token_id', tokenId);
      const seen = await knex('usage_seen')
        .where('token_id', tokenId)
        .where('last_at', '>=', sinceDay * dayMs)
        .orderBy([{ column: 'uses', order: 'desc' }, { column: 'last_at', order: 'desc' }, 'value']);
      return {
        days: days.map(toDayUses),
        seen: seen.map((row) => {
          const { tokenId: _, ...value } = toRecord(usageSeenColumns, row);
          return value;
        }),
      };
    },
    async ofOwner(ownerId, sinceDay) {
      const tokens = knex('tokens').where('owner_id', ownerId).select('id');
      return (await selectDays(knex, sinceDay).whereIn('token_id', tokens)).map(toDayUses);
    },
    addDays: (writer, days) => addDays(knex, engine, writer, days),
    daysSince: (day) => daysSince(knex, day),
    firstDay: () => firstDay(knex),
    purgeDays: (day, limit) => purgeDays(knex, day, limit),
    async gapsOf(tokenId) {
      const [row] = await knex('usage_totals')
        .where('token_id', tokenId)
        .select(selectList(gapColumns, 'usage_totals'));
      return row === undefined ? noGaps : toRecord(gapColumns, row);
    },
    addDenied: (requests, now) => addDenied(knex, engine, requests, now),
    deniedOf: (tokenId) => deniedOf(knex, tokenId),
    purgeHours(hour, limit) {
      const old = knex('usage_hours').where('hour', '<', hour).orderBy('hour').limit(limit);
      const key = ['token_id', 'hour', 'outcome'];
      return knex('usage_hours').whereIn(key, old.select(key)).delete();
    },
    purgeWriters(at, limit) {
      const old = knex('usage_writers').where('written_at', '<', at).orderBy('written_at').limit(limit).select('id');
      return knex('usage_writers').whereIn('id', old).delete();
    },
  };
}

/** Selects the sums of uses by day and outcome. */
function selectDays(knex: Knex, sinceDay: number) {
  const day = `hour / ${hoursPerDay}`;
  return knex('usage_hours')
    .where('hour', '>=', sinceDay * hoursPerDay)
    .groupByRaw(`${day}, outcome`)
    .select<Array<Record<string, unknown>>>(knex.raw(`${day} AS day`), 'outcome', knex.raw('sum(uses) AS uses'));
}

function toDayUses({ day, outcome, uses }: Record<string, unknown>): DayUses {
  return { day: Number(day), outcome: String(outcome), uses: Number(uses) };
}
