import type { Knex } from 'knex';
import type { Row } from '../../engine/engine.ts';
import type { Witness } from './history.ts';

/** A member as the newest database that knows them has it. */
export interface KnownMember {
  row: Row;
  /** Null if the database is from a release without recovery codes. */
  recoveryCodes: Row[] | null;
  /** Null if the database is from a release without passkeys. */
  passkeys: Row[] | null;
  /** The newest database that knows the member. */
  knex: Knex;
}

/** Members by ID. */
export type Members = ReadonlyMap<string, KnownMember>;

/** Returns the members with these IDs, each as in the newest database of the line that knows them. */
export async function knownMembers(line: readonly Witness[], ids: ReadonlySet<string>): Promise<Members> {
  const members = new Map<string, KnownMember>();
  for (const { knex, users } of line) {
    const [codes, keys] = [await rowsByMember(knex, 'recovery_codes'), await rowsByMember(knex, 'passkeys')];
    for (const [id, row] of users) {
      if (!ids.has(id)) continue;
      members.set(id, {
        row,
        recoveryCodes: codes && (codes.get(id) ?? []),
        passkeys: keys && (keys.get(id) ?? []),
        knex,
      });
    }
  }
  return members;
}

/** Returns the rows of a table by member, or null if the database has no such table. */
async function rowsByMember(knex: Knex, table: string): Promise<Map<string, Row[]> | null> {
  if (!(await knex.schema.hasTable(table))) return null;
  const rows = new Map<string, Row[]>();
  for (const row of await knex(table)) {
    const ofMember = rows.get(row.user_id);
    if (ofMember === undefined) rows.set(row.user_id, [row]);
    else ofMember.push(row);
  }
  return rows;
}

/** Returns the members about whom their database recorded a later event of these kinds than the backup did. */
export async function changedSince(backup: Knex, members: Members, actions: readonly string[]): Promise<Members> {
  const before = await eventTimes(backup, actions);
  const times = new Map<Knex, (id: string) => number>();
  const changed = new Map<string, KnownMember>();
  for (const [id, member] of members) {
    const { knex } = member;
    const since = times.get(knex) ?? (await eventTimes(knex, actions));
    times.set(knex, since);
    if (since(id) > before(id)) changed.set(id, member);
  }
  return changed;
}

/** Returns a function from a member's ID to the time of the last of these events. Some concern every member. */
async function eventTimes(knex: Knex, actions: readonly string[]): Promise<(id: string) => number> {
  const rows: Row[] = await knex('audit')
    .whereIn('action', [...actions])
    .groupBy('owner_id')
    .select('owner_id')
    .max({ at: 'at' });
  const times = new Map(rows.map(({ owner_id: id, at }) => [id, Number(at)]));
  return (id) => Math.max(times.get(id) ?? 0, times.get(null) ?? 0);
}
