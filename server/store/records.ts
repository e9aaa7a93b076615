import type { AuditAction } from '../../shared/schemas/audit.ts';

// Every time in a record is milliseconds since the epoch.

export interface UserRecord {
  id: string;
  email: string;
  emailFolded: string;
  name: string;
  superuser: boolean;
  disabled: boolean;
  canManageTokens: boolean;
  /** Argon2id in PHC form; null: this member has no password here. */
  passwordHash: string | null;
  /** True once the member is bound to a person at the identity provider. */
  sso: boolean;
  /** The last sign-in through the identity provider; null: never. */
  ssoSignedInAt: number | null;
  /** Since when signing in with the password takes a second step; null: it does not. */
  totpEnabledAt: number | null;
  createdAt: number;
}

/** A person as an identity provider knows them (OIDC Core §5.7): the pair never changes, unlike an e-mail address. */
export interface Identity {
  issuer: string;
  subject: string;
}

/** A member as lists show it. */
export interface UserSummary extends Omit<UserRecord, 'passwordHash' | 'emailFolded'> {
  tokenCount: number;
  lastUsedAt: number | null;
}

export interface LastUse {
  at: number;
  method: string | null;
  path: string | null;
  ip: string | null;
  userAgent: string | null;
}

export interface NewToken {
  id: string;
  ownerId: string;
  /** SHA-256 of the whole value, base64url. */
  hash: string;
  prefix: string;
  name: string;
  nameFolded: string;
  description: string | null;
  createdAt: number;
  expiresAt: number | null;
}

/** A stored token joined to its owner. */
export interface TokenRecord extends Omit<NewToken, 'hash' | 'nameFolded'> {
  lastUse: LastUse | null;
  ownerEmail: string;
  ownerDisabled: boolean;
  ownerCanManageTokens: boolean;
  /** Null: the owner does not sign in through an identity provider. */
  ownerSsoSignedInAt: number | null;
}

/** What decides a token's status beside its row. */
export interface StatusContext {
  now: number;
  /** Tokens of members whose last single sign-on was before this are stale; absent: there is no such rule. */
  ssoStaleBefore?: number;
}

/** What a look-up by hash finds: a living token with its owner, or what is left of a revoked one. */
export type HashMatch =
  | ({ kind: 'token'; ownerName: string; ownerSuperuser: boolean } & Omit<TokenRecord, 'description' | 'lastUse'>)
  | { kind: 'tombstone'; prefix: string; name: string; ownerId: string; ownerEmail: string; revokedAt: number };

export interface SessionRecord {
  id: string;
  userId: string;
  /** SHA-256 of the secret, base64url. */
  hash: string;
  createdAt: number;
  lastSeenAt: number;
  expiresAt: number;
  ip: string | null;
  userAgent: string | null;
  /** Begun through the identity provider, or approved from such a session. */
  sso: boolean;
  /** The identity provider's own session (OIDC Back-Channel Logout §2.1); null: it named none. */
  ssoSid: string | null;
}

/** A one-time link, code or step in between, known by the hash of its secret. */
export interface Ticket {
  hash: string;
  kind: TicketKind;
  userId: string | null;
  /** JSON, as the kind has it. */
  data: string;
  createdAt: number;
  expiresAt: number;
}

export type TicketKind = 'password-reset' | 'second-step' | 'authorization-code' | 'logout-token';

/** A service that may ask about tokens. */
export interface ClientRecord {
  id: string;
  clientId: string;
  name: string;
  nameFolded: string;
  /** SHA-256 of the secret, base64url. */
  secretHash: string;
  canRevoke: boolean;
  createdAt: number;
}

/** A sign-in that waits for approval in a browser (RFC 8628). */
export interface DeviceCodeRecord {
  /** SHA-256 of the device code, base64url. */
  hash: string;
  /** Eight letters, without the dash. */
  userCode: string;
  clientId: string;
  /** Of the device. */
  ip: string | null;
  userAgent: string | null;
  createdAt: number;
  expiresAt: number;
  /** How long the device waits between two polls. */
  intervalMs: number;
  lastPolledAt: number | null;
  status: 'pending' | 'approved' | 'denied';
  /** Id of the browser session that typed the user code first. */
  openedBy: string | null;
  /** Who approved it, and how they were signed in. */
  userId: string | null;
  sso: boolean;
  ssoSid: string | null;
}

/** A member's second step as it is stored. */
export interface TotpRecord {
  /** Base32. */
  secret: string;
  /** Null: set up, but no code was typed yet. */
  enabledAt: number | null;
  /** The newest time step whose code was taken: none is taken twice (RFC 6238 §5.2). */
  lastStep: number | null;
}

export interface Actor {
  kind: 'user' | 'client' | 'system' | 'anonymous';
  id: string | null;
  email: string | null;
}

export interface AuditRecord {
  id: string;
  at: number;
  actor: Actor;
  action: AuditAction;
  target: { kind: 'user' | 'token' | 'session' | 'client' | 'mail'; id: string | null; name: string | null };
  /** The user whose things were touched: a token's owner, the member changed. Null if no user is concerned. */
  ownerId: string | null;
  ip: string | null;
  userAgent: string | null;
}

/** What is left to send, and what was given up. `oldestAt`: when the oldest of what waits was put there. */
export interface OutboxBacklog {
  pending: number;
  dead: number;
  oldestAt: number | null;
}

export interface MailRecord {
  id: string;
  to: string;
  subject: string;
  text: string;
  html: string;
  /** RFC 5322 Message-ID with angle brackets, fixed at enqueue so that a resend is the same message. */
  messageId: string;
  createdAt: number;
  /** How many sendings were begun. */
  attempts: number;
}

/** What a worker wants to send next: none of `excludeIds`. */
export interface MailClaim {
  now: number;
  leaseMs: number;
  leaseId: string;
  limit: number;
  excludeIds?: readonly string[];
}

/** A mail that was given up. */
export interface DeadLetter extends Pick<MailRecord, 'id' | 'to' | 'subject' | 'createdAt' | 'attempts'> {
  gaveUpAt: number;
  error: string;
}

/** Newest first: `before` is the id of the last item already seen. */
export interface Page {
  limit: number;
  before: string | null;
}
