import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AppRecord } from '../../records.ts';
import { appColumns } from '../../tables/apps.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';

export type AppRow = RowOf<typeof appColumns>;

/** Returns the row of an app. Its hosts are rows of their own. */
export function appRow({ hosts: _, groups, ...app }: AppRecord): AppRow {
  return toRow(appColumns, { ...app, groups: groupsText(groups) });
}

/** Returns the text that stores groups: a JSON array, or null for none. */
export function groupsText(groups: readonly string[]): string | null {
  return groups.length === 0 ? null : JSON.stringify(groups);
}

/** Adds the hosts to the rows of apps, and returns the records in the order of the rows. */
export async function toApps(knex: Knex, engine: Engine, rows: readonly AppRow[]): Promise<AppRecord[]> {
  if (rows.length === 0) return [];
  const ids = engine.bindList(rows.map(({ id }) => id)) as Knex.RawBinding;
  const hostRows: Array<{ host: string; app_id: string }> = await knex('app_hosts')
    .whereRaw(engine.among('app_id'), [ids])
    .select('host', 'app_id');
  return rows.map((row) => {
    const { groups, ...app } = toRecord(appColumns, row);
    const hosts = hostRows.filter(({ app_id: appId }) => appId === app.id).map(({ host }) => host);
    return { ...app, hosts: hosts.sort(), groups: groups === null ? [] : (JSON.parse(groups) as string[]) };
  });
}
