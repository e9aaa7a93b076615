import type { Knex } from 'knex';
import { pseudonymOf } from '../../../pseudonym.ts';
import { isServiceAccount } from './service-account-rows.ts';
import type { UserRow } from './user-rows.ts';

/** Rows that belong to one service account only. */
const ownRows = [
  ['maintainers', 'service_account_id'],
  ['trusts', 'service_account_id'],
  ['daily_mails', 'user_id'],
  ['mail_windows', 'user_id'],
  ['collected_events', 'user_id'],
] as const;

/**
 * Deletes a service account in a transaction, with its trusts and its maintainers. Its row stays, because tombstones show whose tokens
 * they were, and its name becomes free. Returns false if there is no such service account.
 */
export async function eraseServiceAccount(knex: Knex, id: string, at: number): Promise<boolean> {
  const erased = { email_folded: pseudonymOf(id), disabled: true, description: null, manual_groups: null };
  const account = knex<UserRow>('users').where(isServiceAccount).where({ id });
  if ((await account.update({ ...erased, deleted_at: at })) === 0) return false;
  for (const [table, column] of ownRows) await knex(table).where(column, id).delete();
  return true;
}
