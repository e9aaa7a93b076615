import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { ServiceAccountSummary } from '../../records.ts';
import { type SummaryRow, toTokenSummary, toUser, type UserRow, withTokenSummary } from './user-rows.ts';

export type ServiceAccountRow = SummaryRow;

/** Written as in the index `users_service_account_index`. SQLite does not recognize it by the value of a parameter. */
export function isServiceAccount(user: Knex.QueryBuilder): void {
  user.whereRaw("users.kind = 'service-account'").whereNull('users.deleted_at');
}

export function serviceAccountSummaries(knex: Knex) {
  const users = knex<UserRow>('users').where(isServiceAccount);
  // Exchanged tokens do not count, as in lists of tokens. Members have none, so that an index alone counts theirs.
  return withTokenSummary(knex, users, (tokens) => tokens.whereNull('trust_id'));
}

/** Adds the maintainers to the rows of service accounts, and returns the records in the order of the rows. */
export async function toSummaries(
  knex: Knex,
  engine: Engine,
  query: PromiseLike<ServiceAccountRow[]>,
): Promise<ServiceAccountSummary[]> {
  const rows = await query;
  if (rows.length === 0) return [];
  const ids = engine.bindList(rows.map(({ id }) => id)) as Knex.RawBinding;
  const maintainers: Array<{ id: string; email: string; disabled: boolean | number }> = await knex('maintainers as m')
    .join('users as u', 'u.id', 'm.user_id')
    .whereRaw(engine.among('m.service_account_id'), [ids])
    .orderBy('u.email_folded')
    .select({ id: 'm.service_account_id', email: 'u.email', disabled: 'u.disabled' });
  return rows.map((row) => {
    const own = maintainers.filter(({ id }) => id === row.id);
    const disabled = own.filter((one) => Boolean(one.disabled));
    return {
      ...toUser(row),
      maintainers: own.map(({ email }) => email),
      disabledMaintainers: disabled.map(({ email }) => email),
      orphaned: disabled.length === own.length,
      ...toTokenSummary(row),
    };
  });
}
