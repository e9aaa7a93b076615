import type { Knex } from 'knex';

/**
 * Replaces the hosts of an app whose row this transaction holds. Returns a host that another app has, or null. PostgreSQL waits for a
 * concurrent transaction that inserts the same host, so the order of insertion keeps two of them from waiting for each other.
 */
export async function replaceHosts(knex: Knex, appId: string, hosts: readonly string[]): Promise<string | null> {
  await knex('app_hosts').where({ app_id: appId }).delete();
  if (hosts.length === 0) return null;
  const rows = [...hosts].sort().map((host) => ({ host, app_id: appId }));
  const inserted: Array<{ host: string }> = await knex('app_hosts')
    .insert(rows)
    .onConflict('host')
    .ignore()
    .returning('host');
  const own = new Set(inserted.map(({ host }) => host));
  return hosts.find((host) => !own.has(host)) ?? null;
}
