import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import type { Witness } from '../history.ts';
import type { Members } from '../known-members.ts';

const columns = ['sso_groups', 'manual_groups'] as const;

/**
 * Gives members the groups that they had since. If the history is incomplete, keeps only those groups of the backup that every
 * database which knows the member lists, because a group only gives access. Returns the email addresses of the members who are
 * in fewer groups than in the backup.
 */
export async function carryGroups(
  { knex }: Engine,
  members: Members,
  witnesses: readonly Witness[],
  complete: boolean,
): Promise<string[]> {
  const fewer: string[] = [];
  const rows: Row[] = await knex('users').whereNull('deleted_at');
  await knex.transaction(async (trx) => {
    for (const row of rows) {
      const id = String(row.id);
      const known = complete ? [members.get(id)?.row] : witnesses.map(({ users }) => users.get(id));
      if (await updateGroups(trx, row, known, complete)) fewer.push(String(row.email));
    }
  });
  return fewer;
}

/** Returns whether the member lost a group. */
async function updateGroups(
  trx: Knex,
  row: Row,
  known: ReadonlyArray<Row | undefined>,
  complete: boolean,
): Promise<boolean> {
  let lost = false;
  for (const column of columns) {
    // A database of an earlier release lacks the columns.
    const texts = known.flatMap((other) => (other?.[column] === undefined ? [] : [textOf(other[column])]));
    const before = textOf(row[column]);
    const after = complete ? (texts.length === 0 ? before : (texts[0] ?? null)) : texts.reduce(inBoth, before);
    if (after === before) continue;
    await trx('users').where({ id: row.id }).update(column, after);
    const left = namesIn(after);
    if (namesIn(before).some((name) => !left.includes(name))) lost = true;
  }
  return lost;
}

function textOf(value: unknown): string | null {
  return value === null || value === undefined ? null : String(value);
}

function inBoth(one: string | null, other: string | null): string | null {
  if (one === other) return one;
  const names = namesIn(other);
  const both = namesIn(one).filter((name) => names.includes(name));
  return both.length === 0 ? null : JSON.stringify(both);
}

function namesIn(text: string | null): unknown[] {
  return text === null ? [] : (JSON.parse(text) as unknown[]);
}
