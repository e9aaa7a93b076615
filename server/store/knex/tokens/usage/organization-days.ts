import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { UsageWriter } from '../../../interfaces/tokens/usage.ts';
import type { OrganizationDay } from '../../../records.ts';
import { type RowOf, toRecord, toRow } from '../../../tables/column.ts';
import { organizationDayColumns } from '../../../tables/usage.ts';
import { claimBatch } from './add-usage.ts';

const totals = (knex: Knex) => knex<RowOf<typeof organizationDayColumns>>('organization_days');

/** See `UsageStore.addDays`. */
export async function addDays(
  knex: Knex,
  engine: Engine,
  writer: UsageWriter,
  days: readonly OrganizationDay[],
): Promise<void> {
  if (days.length === 0 || !(await claimBatch(knex, engine, writer))) return;
  // Two nodes lock the rows of several days in the same order, so that they cannot deadlock.
  const rows = days.toSorted((a, b) => a.day - b.day).map((day) => toRow(organizationDayColumns, day));
  await totals(knex)
    .insert(rows)
    .onConflict('day')
    .merge({
      allowed: knex.raw('organization_days.allowed + excluded.allowed'),
      denied: knex.raw('organization_days.denied + excluded.denied'),
    });
}

/** See `UsageStore.daysSince`. */
export async function daysSince(knex: Knex, day: number): Promise<OrganizationDay[]> {
  const rows = await totals(knex).where('day', '>=', day).orderBy('day');
  return rows.map((row) => toRecord(organizationDayColumns, row));
}

/** See `UsageStore.firstDay`. */
export async function firstDay(knex: Knex): Promise<number | null> {
  const row = await totals(knex).orderBy('day').first('day');
  return row === undefined ? null : Number(row.day);
}

/** See `UsageStore.purgeDays`. */
export function purgeDays(knex: Knex, day: number, limit: number): Promise<number> {
  const old = totals(knex).where('day', '<', day).orderBy('day').limit(limit).select('day');
  return totals(knex).whereIn('day', old).delete();
}
