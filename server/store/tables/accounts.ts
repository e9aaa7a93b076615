import { boolean, integer, nullable, text } from './column.ts';

/** Owners of tokens: members, and service accounts, which nobody signs in to. */
export const userColumns = {
  id: text('id'),
  kind: text<'kind', 'member' | 'service-account'>('kind'),
  /** `service-account:NAME` for a service account. */
  email: text('email'),
  /** The email address, folded by `foldName`. Unique. */
  emailFolded: text('email_folded'),
  name: text('name'),
  superuser: boolean('superuser'),
  /** Whether the member reads what superusers read about members, tokens, apps, service accounts and events. */
  auditor: boolean('auditor'),
  disabled: boolean('disabled'),
  canManageTokens: boolean('can_manage_tokens'),
  /** Argon2id in PHC form. Null if the member has no password. */
  passwordHash: nullable(text('password_hash')),
  /**
   * True if the operator set the password on the server, with `tokensd recover` for example. Such a password is accepted
   * whatever TOKENSD_PASSWORD_SIGN_IN says, and the member's next single sign-on removes it.
   */
  passwordUntilSso: boolean('password_until_sso'),
  /** True once the member is bound to an identity at the identity provider. */
  sso: boolean('sso'),
  /** The last sign-in through the identity provider. Null if there was none. */
  ssoSignedInAt: nullable(integer('sso_signed_in_at')),
  /** When two-factor sign-in was turned on. Null while it is off. */
  totpEnabledAt: nullable(integer('totp_enabled_at')),
  /** How many passkeys the member has. The store counts them whenever one is added or removed. */
  passkeyCount: integer('passkeys'),
  /** Groups from the identity provider, a JSON array. Null if there are none. */
  ssoGroups: nullable(text('sso_groups')),
  /** Groups from superusers, a JSON array. Null if there are none. */
  manualGroups: nullable(text('manual_groups')),
  /** Only service accounts have one. */
  description: nullable(text('description')),
  createdAt: integer('created_at'),
  /** When the member was invited last. Null if nobody invited them, or if that was not recorded. */
  invitedAt: nullable(integer('invited_at')),
  /** When the member could sign in for the first time. Null until then, and if that was not recorded. */
  joinedAt: nullable(integer('joined_at')),
  /** When the account was disabled. Counts only while it is disabled: the release before enables accounts and leaves this. */
  disabledAt: nullable(integer('disabled_at')),
};

/** A person's account at the identity provider. Unlike an email address, it never changes (OIDC Core §5.7). */
export const identityColumns = { issuer: text('oidc_issuer'), subject: text('oidc_subject') };

/** An OAuth client: an API server that calls introspection. */
export const clientColumns = {
  id: text('id'),
  clientId: text('client_id'),
  name: text('name'),
  /** The name, folded by `foldName`. Unique. */
  nameFolded: text('name_folded'),
  /** SHA-256 of the secret, base64url. */
  secretHash: text('secret_hash'),
  canRevoke: boolean('can_revoke'),
  /** Whether the client may report leaked values. */
  canReport: boolean('can_report'),
  createdAt: integer('created_at'),
};
