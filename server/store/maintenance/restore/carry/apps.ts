import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import type { History, Witness } from '../history.ts';

interface KnownApp {
  row: Row;
  hosts: string[];
}

/** Apps by ID. */
type Apps = ReadonlyMap<string, KnownApp>;

/**
 * Replaces the apps of the backup with those of the newest database. An app that was deleted since must not let tokens in again, and one that was added
 * since keeps others out. If the history is incomplete, a deletion that any database shows is final, and every other app gets
 * the state that was changed last. Comes before the rules of tokens, which refer to apps.
 */
export async function carryApps({ knex }: Engine, history: History): Promise<void> {
  const witnesses = await withApps(history.gap === null ? history.line : [...history.others, ...history.line]);
  const newest = witnesses.at(-1);
  if (newest === undefined) return;
  const backup = await appsIn(knex);
  if (history.gap !== null) await replaceApps(knex, backup, await latestApps(knex, backup, witnesses));
  // A backup without events is older than every app.
  else if (history.line.some(({ continues }) => continues)) await replaceApps(knex, backup, await appsIn(newest.knex));
}

/** Leaves out databases of a release before apps. */
async function withApps(witnesses: readonly Witness[]): Promise<Witness[]> {
  const known = await Promise.all(witnesses.map(({ knex }) => knex.schema.hasTable('apps')));
  return witnesses.filter((_, index) => known[index]);
}

async function appsIn(knex: Knex): Promise<Apps> {
  const hosts: Row[] = await knex('app_hosts');
  const rows: Row[] = await knex('apps');
  const hostsOf = (id: unknown) => hosts.filter((host) => host.app_id === id).map(({ host }) => String(host));
  return new Map(rows.map((row) => [String(row.id), { row, hosts: hostsOf(row.id) }]));
}

async function latestApps(backup: Knex, before: Apps, witnesses: readonly Witness[]): Promise<Apps> {
  const latest = new Map(before);
  const deleted = new Set<string>();
  const known = await Promise.all(witnesses.map(async (witness) => ({ ...witness, apps: await appsIn(witness.knex) })));
  for (const { apps } of known) {
    for (const [id, app] of apps) if (changedAt(app) > changedAt(latest.get(id))) latest.set(id, app);
  }
  for (const { knex, apps, continues } of [{ knex: backup, apps: before, continues: false }, ...known]) {
    const named = new Set<string>(await knex('audit').where({ target_kind: 'app' }).distinct().pluck('target_id'));
    for (const id of latest.keys()) {
      const wasThere = named.has(id) || (continues && before.has(id));
      if (wasThere && !apps.has(id)) deleted.add(id);
    }
  }
  return withoutConflicts(
    [...latest].filter(([id]) => !deleted.has(id)),
    before,
  );
}

function changedAt(app: KnownApp | undefined): number {
  return Number(app?.row.changed_at ?? -1);
}

/**
 * A name and a host belong to one app: to one of the backup if there is one, because the other database may be another organization's.
 * Otherwise to the one that was changed last.
 */
function withoutConflicts(apps: Array<[string, KnownApp]>, backup: Apps): Apps {
  const names = new Set<unknown>();
  const taken = new Set<string>();
  const kept = new Map<string, KnownApp>();
  const rank = ([id, app]: [string, KnownApp]) => [Number(backup.has(id)), changedAt(app)] as const;
  const preferred = apps.toSorted((one, other) => {
    const [[ours, at], [theirs, theirTime]] = [rank(one), rank(other)];
    return theirs - ours || theirTime - at;
  });
  for (const [id, app] of preferred) {
    if (names.has(app.row.name)) continue;
    const hosts = app.hosts.filter((host) => !taken.has(host));
    names.add(app.row.name);
    for (const host of hosts) taken.add(host);
    kept.set(id, { ...app, hosts });
  }
  return kept;
}

/** Tokens that are restricted to an app which is not among `apps` keep that rule, which then denies every request. */
async function replaceApps(knex: Knex, before: Apps, apps: Apps): Promise<void> {
  const gone = [...before.keys()].filter((id) => !apps.has(id));
  await knex.transaction(async (trx) => {
    await trx('app_hosts').delete();
    for (const id of gone) {
      await trx('token_apps').where({ app_id: id }).delete();
      await trx('apps').where({ id }).delete();
    }
    // Clear the names first: a name may belong to another app now.
    for (const id of before.keys()) await trx('apps').where({ id }).update('name', `moving ${id}`);
    for (const [id, { row }] of apps) {
      if (before.has(id)) await trx('apps').where({ id }).update(row);
      else await trx('apps').insert(row);
    }
    for (const [id, { hosts }] of apps) for (const host of hosts) await trx('app_hosts').insert({ host, app_id: id });
  });
}
