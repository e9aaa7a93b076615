import type { clientColumns, identityColumns, userColumns } from './tables/accounts.ts';
import type { RecordOf } from './tables/column.ts';

export type UserRecord = RecordOf<typeof userColumns>;

/** A person's account at the identity provider. Unlike an email address, it never changes (OIDC Core §5.7). */
export type Identity = RecordOf<typeof identityColumns>;

/** A member as lists show it. */
export interface UserSummary extends Omit<UserRecord, 'passwordHash' | 'emailFolded'> {
  hasPassword: boolean;
  /** Whether the member is bound to an identity. One with single sign-on may have been unbound. */
  hasIdentity: boolean;
  tokenCount: number;
  /** The newest use of any of the member's tokens. */
  lastUsedAt: number | null;
}

/** A service account as lists show it. */
export interface ServiceAccountSummary extends UserRecord {
  /** The email addresses of its maintainers, in alphabetical order. */
  maintainers: string[];
  /** Those of its maintainers who are disabled. */
  disabledMaintainers: string[];
  /** Whether no enabled member maintains it. */
  orphaned: boolean;
  tokenCount: number;
  /** The newest use of any of its tokens. */
  lastUsedAt: number | null;
}

/** An OAuth client: an API server that calls introspection. */
export type ClientRecord = RecordOf<typeof clientColumns>;
