import type { Engine, Row } from '../../../engine/engine.ts';
import { eraseServiceAccount } from '../../../knex/accounts/erase-service-account.ts';
import { addressesOf, repeatErasure } from '../../../knex/accounts/erase-user.ts';
import { replaceAddresses } from '../../../knex/erasure/replace-addresses.ts';

/** The members of a database that was replaced, by ID. */
type MemberRows = ReadonlyMap<string, Row>;

/**
 * Deletes the members and service accounts of the backup that were deleted since, and returns their email addresses. Deletes them even if no
 * superuser remains: `tokensd recover` makes one.
 */
export async function carryDeletions(engine: Engine, members: MemberRows): Promise<string[]> {
  const { knex } = engine;
  const deleted: string[] = [];
  const rows: Row[] = await knex('users').whereNull('deleted_at').select('id', 'email', 'email_folded', 'kind');
  for (const row of rows) {
    const at = members.get(String(row.id))?.deleted_at ?? null;
    if (at === null) continue;
    if (row.kind === 'service-account') {
      await knex.transaction((trx) => eraseServiceAccount(trx, String(row.id), Number(at)));
    } else await carryErasure(engine, row, Number(at));
    deleted.push(String(row.email));
  }
  return deleted;
}

/** Erases a member, whether the other database deleted or erased them: it may have forgotten which. */
async function carryErasure(engine: Engine, row: Row, at: number): Promise<void> {
  const { knex } = engine;
  const id = String(row.id);
  const address = { email: String(row.email), email_folded: String(row.email_folded) };
  const addresses = await addressesOf(knex, id, address);
  await knex.transaction((trx) => repeatErasure(trx, id, at));
  await replaceAddresses(knex, engine, { id, addresses });
}

/**
 * Disables, blocks and demotes members as in the replaced database, even if no superuser remains: `tokensd recover` makes
 * one. Returns the email addresses of those it changed.
 */
export async function carryBlocks({ knex }: Engine, members: MemberRows): Promise<string[]> {
  const blocked: string[] = [];
  const rows: Row[] = await knex('users');
  for (const { id, email, disabled, superuser, auditor, can_manage_tokens: permitted } of rows) {
    const now = members.get(String(id));
    if (now === undefined) continue;
    const changes = {
      // A database of an earlier release lacks the date.
      ...(now.disabled === 1 && !disabled && { disabled: true, disabled_at: now.disabled_at ?? null }),
      ...(!now.can_manage_tokens && permitted === 1 && { can_manage_tokens: false }),
      ...(!now.superuser && superuser === 1 && { superuser: false }),
      ...(!now.auditor && auditor === 1 && { auditor: false }),
    };
    if (Object.keys(changes).length === 0) continue;
    await knex('users')
      .where({ id: String(id) })
      .update(changes);
    blocked.push(String(email));
  }
  return blocked;
}

/**
 * Gives members their current email addresses. The reader of an earlier address, such as one that a member lost, could
 * otherwise have a link mailed there to set the password.
 */
export async function carryAddresses({ knex }: Engine, members: MemberRows): Promise<void> {
  const rows: Row[] = await knex('users').select('id', 'email', 'email_folded');
  const wanted = rows.flatMap(({ id, email }) => {
    const now = members.get(String(id));
    return now === undefined || now.email === email ? [] : [now];
  });
  const moved = withoutTaken(rows, wanted);
  await knex.transaction(async (trx) => {
    // Clear the addresses first: two members may have exchanged theirs.
    for (const { id } of moved) await trx('users').where({ id }).update('email_folded', `moving ${id}`);
    for (const { id, email, email_folded } of moved) await trx('users').where({ id }).update({ email, email_folded });
  });
}

/** Leaves out members whose current address belongs to a member who keeps it, such as one whom no newer database knows. */
function withoutTaken(rows: Row[], wanted: Row[]): Row[] {
  const ids = new Set(wanted.map(({ id }) => id));
  const kept = new Set(rows.filter(({ id }) => !ids.has(id)).map((row) => row.email_folded));
  const free = wanted.filter((row) => !kept.has(row.email_folded));
  return free.length === wanted.length ? free : withoutTaken(rows, free);
}
