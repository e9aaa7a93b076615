import type { Knex } from 'knex';
import { foldName } from '../../../../shared/names.ts';
import type { Identity, UserRecord, UserSummary } from '../../records.ts';
import { identityColumns, userColumns } from '../../tables/accounts.ts';
import { integer, nullable, type RowOf, toRecord, toRow } from '../../tables/column.ts';
import type { totpColumns } from '../../tables/sign-in.ts';

/** A row of `users`. It also holds the identity, the TOTP secret and a folded name to search by. */
export type UserRow = RowOf<typeof userColumns> &
  OrNull<RowOf<typeof identityColumns> & RowOf<typeof totpColumns>> & {
    name_folded: string;
    /** Null unless the member was deleted. No method finds or lists such a row. */
    deleted_at: number | string | null;
  };

type OrNull<T> = { [Column in keyof T]: T[Column] | null };

const summaryColumns = { tokenCount: integer('token_count'), lastUsedAt: nullable(integer('last_used_at')) };

export type SummaryRow = UserRow & RowOf<typeof summaryColumns>;

/** Adds the number of tokens and their newest use to a query of `users`. `counted` returns the tokens that count; all uses do. */
export function withTokenSummary(
  knex: Knex,
  users: Knex.QueryBuilder<UserRow>,
  counted: (tokens: Knex.QueryBuilder) => Knex.QueryBuilder = (tokens) => tokens,
): Knex.QueryBuilder<UserRow, SummaryRow[]> {
  const tokens = () => knex('tokens').where('owner_id', knex.ref('users.id'));
  return users
    .select('users.*')
    .select({ token_count: counted(tokens()).count('*'), last_used_at: tokens().max('last_used_at') });
}

export function toTokenSummary(row: SummaryRow) {
  return toRecord(summaryColumns, row);
}

export function toUser(row: object): UserRecord {
  return toRecord(userColumns, row);
}

/** Returns the row of a new member. */
export function toUserRow(user: UserRecord, identity?: Identity): Partial<UserRow> {
  return {
    ...toRow(userColumns, user),
    ...(identity && toRow(identityColumns, identity)),
    name_folded: foldName(user.name),
  };
}

export function toSummary(row: SummaryRow): UserSummary {
  const { passwordHash, emailFolded: _, ...user } = toUser(row);
  const facts = { hasPassword: passwordHash !== null, hasIdentity: row.oidc_issuer !== null };
  return { ...user, ...facts, ...toTokenSummary(row) };
}
