import type { Knex } from 'knex';
import type { UserRow } from './user-rows.ts';

/** Written as in the index `users_superuser_index`. SQLite does not recognize it by the value of a parameter. */
export function isEnabledSuperuser(user: Knex.QueryBuilder): void {
  user.whereRaw('superuser').where({ disabled: false });
}

/**
 * Locks all enabled superusers and the members and service accounts `others`, ordered by ID. Every transaction locks them in this order
 * and in one statement, so that no two deadlock.
 */
export function lockSuperusers(
  knex: Knex,
  others: readonly string[],
): Promise<Array<Pick<UserRow, 'id' | 'superuser' | 'disabled'>>> {
  // The databases would read all members, because they use no index for one alternative and another for the other.
  const named = knex('users').select('id').whereIn('id', others);
  const ids = knex('users').select('id').where(isEnabledSuperuser).union(named);
  return knex<UserRow>('users')
    .whereIn('id', ids)
    .where((user) => user.where(isEnabledSuperuser).orWhereIn('id', others))
    .orderBy('id')
    .forNoKeyUpdate()
    .select('id', 'superuser', 'disabled');
}

/**
 * Updates the rows of `members`, which are those of the member `id`, unless no enabled superuser would remain:
 *
 * 1. Lock all enabled superusers. Otherwise two superusers could demote each other concurrently, and none would remain.
 * 2. Update the member if they are not an enabled superuser, or if another enabled superuser exists.
 * 3. If the row is still among `members`, they are the last enabled superuser.
 */
export async function updateUnlessLast(
  knex: Knex,
  id: string,
  members: Knex.QueryBuilder,
  change: Partial<UserRow>,
): Promise<boolean | 'last-superuser'> {
  const others = knex('users as other').whereRaw('other.superuser').where('other.disabled', false);
  await lockSuperusers(knex, [id]);
  const changed: number = await members
    .clone()
    .where((row) =>
      row.where('superuser', false).orWhere('disabled', true).orWhereExists(others.whereNot('other.id', id)),
    )
    .update(change);
  if (changed > 0) return true;
  return (await members.clone().first('id')) ? 'last-superuser' : false;
}
