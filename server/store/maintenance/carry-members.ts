import type { Engine, Row } from '../engine/engine.ts';
import { repeatErasure } from '../knex/accounts/erase-user.ts';

/** The members of the database that is replaced, by ID. */
type Members = ReadonlyMap<string, Row>;

/**
 * Deletes the members of the backup who were deleted since, and returns their email addresses. Deletes them even if no
 * superuser remains: `tokensd recover` makes one.
 */
export async function carryDeletions({ knex }: Engine, members: Members): Promise<string[]> {
  const deleted: string[] = [];
  const rows: Row[] = await knex('users').whereNull('deleted_at').select('id', 'email');
  for (const { id, email } of rows) {
    const at = members.get(String(id))?.deleted_at ?? null;
    if (at === null) continue;
    await knex.transaction((trx) => repeatErasure(trx, String(id), Number(at)));
    deleted.push(String(email));
  }
  return deleted;
}

/**
 * Gives members their current email addresses. The reader of an earlier address, such as one that a member lost, could
 * otherwise have a link mailed there to set the password.
 */
export async function carryAddresses({ knex }: Engine, members: Members): Promise<void> {
  const rows: Row[] = await knex('users').select('id', 'email', 'email_folded');
  // Only a backup of another organization has members whom the current database does not know.
  const foreign = new Set(rows.filter(({ id }) => !members.has(String(id))).map((row) => row.email_folded));
  const moved = rows.flatMap(({ id, email }) => {
    const now = members.get(String(id));
    return now === undefined || now.email === email || foreign.has(now.email_folded) ? [] : [now];
  });
  await knex.transaction(async (trx) => {
    // First out of each other's way: two members may have exchanged their addresses.
    for (const { id } of moved) await trx('users').where({ id }).update('email_folded', `moving ${id}`);
    for (const { id, email, email_folded } of moved) await trx('users').where({ id }).update({ email, email_folded });
  });
}
