import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { TokenStatus } from '../../shared/schemas/tokens.ts';

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
  /** True once the member is bound to an identity provider. */
  sso: boolean;
  createdAt: number;
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
}

/** What a look-up by hash finds: a living token with its owner, or what is left of a revoked one. */
export type HashMatch =
  | ({ kind: 'token'; hash: string; ownerName: string; ownerSuperuser: boolean } & TokenRecord)
  | {
      kind: 'tombstone';
      hash: string;
      prefix: string;
      name: string;
      ownerId: string;
      ownerEmail: string;
      revokedAt: number;
    };

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
  target: { kind: 'user' | 'token' | 'session'; id: string | null; name: string | null };
  /** The user whose things were touched: a token's owner, the member changed. Null if no user is concerned. */
  ownerId: string | null;
  ip: string | null;
  userAgent: string | null;
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

/** Newest first: `before` is the id of the last item already seen. */
export interface Page {
  limit: number;
  before: string | null;
}

export interface UserStore {
  /** False if the folded e-mail is taken. */
  insert(user: UserRecord): Promise<boolean>;
  findById(id: string): Promise<UserRecord | null>;
  findByEmail(emailFolded: string): Promise<UserRecord | null>;
  summary(id: string): Promise<UserSummary | null>;
  /** `contains` is a part of the name or the e-mail, folded. */
  list(query: Page & { emailFolded?: string; contains?: string }): Promise<UserSummary[]>;
  /** E-mails of enabled superusers, those who have been there longest first. */
  superuserEmails(limit: number): Promise<string[]>;
  isEmpty(): Promise<boolean>;
  /** Each setter answers whether a row changed: false if it was already so, or the row does not exist. */
  setName(id: string, name: string): Promise<boolean>;
  setCanManageTokens(id: string, value: boolean): Promise<boolean>;
  /** `'last-superuser'` if this would leave no enabled superuser: the statement's own WHERE holds that rule. */
  setDisabled(id: string, value: boolean): Promise<boolean | 'last-superuser'>;
  setSuperuser(id: string, value: boolean): Promise<boolean | 'last-superuser'>;
  setPasswordHash(id: string, hash: string): Promise<boolean>;
  /**
   * Takes the owner's row for the rest of the transaction, so that a permission removed at the same time comes before
   * or after this, never between. False unless the user may create tokens now (enabled, with the permission).
   */
  lockForNewToken(id: string): Promise<boolean>;
  /** The same for a new session. False unless the user is enabled and this is still their password's hash. */
  lockForNewSession(id: string, passwordHash: string | null): Promise<boolean>;
}

export interface TokenQuery extends Page {
  ownerId?: string;
  /** A part of the name, folded. */
  nameContains?: string;
  status?: TokenStatus;
  /** Decides what is expired. */
  now: number;
}

export interface TokenStore {
  /** Holds both rules in one statement: the owner's names are unique, and the owner has fewer than `limit` tokens. */
  insert(token: NewToken, limit: number): Promise<'inserted' | 'name-taken' | 'token-limit'>;
  findById(id: string): Promise<TokenRecord | null>;
  list(query: TokenQuery): Promise<TokenRecord[]>;
  /** How many tokens of one owner work now. */
  countActiveOf(ownerId: string, now: number): Promise<number>;
  /** One statement for any number of hashes; unknown ones are absent from the answer. */
  findByHashes(hashes: string[]): Promise<HashMatch[]>;
  /** Destroys the row, leaves a tombstone. Null if it is already gone. */
  destroy(id: string, at: number, actor: Actor): Promise<TokenRecord | null>;
  /** Destroys every token of one owner; answers those it destroyed. */
  destroyAllOf(ownerId: string, at: number, actor: Actor): Promise<TokenRecord[]>;
  /** Moves last uses forward, never back; ids that are gone are passed over. One transaction for all. */
  recordUses(uses: ReadonlyArray<LastUse & { tokenId: string }>): Promise<void>;
  /** Deletes at most `limit` tombstones older than `before`; answers how many. */
  purgeTombstones(before: number, limit: number): Promise<number>;
}

export interface IdempotencyStore {
  /** Claims the key in this transaction. `'claimed'`, or the row that has it (rows created before `freshSince` do not count). */
  claim(
    row: { userId: string; key: string; bodyHash: string; tokenId: string; createdAt: number },
    freshSince: number,
  ): Promise<'claimed' | { bodyHash: string; tokenId: string }>;
  purge(before: number, limit: number): Promise<number>;
}

export interface SessionStore {
  insert(session: SessionRecord): Promise<void>;
  /** With the user it belongs to. Does not judge age. */
  findByHash(hash: string): Promise<{ session: SessionRecord; user: UserRecord } | null>;
  /** A member's sessions that have not ended (as `purge` judges it), last seen first. */
  listOf(userId: string, query: { now: number; idleBefore: number; limit: number }): Promise<SessionRecord[]>;
  touch(id: string, at: number): Promise<void>;
  /** False unless that member has this session. */
  delete(id: string, userId: string): Promise<boolean>;
  /** Answers the ids of those it deleted. */
  deleteAllOf(userId: string, exceptId?: string): Promise<string[]>;
  /** Deletes at most `limit` sessions that ended: last seen before `idleBefore`, or past their absolute end at `now`. */
  purge(now: number, idleBefore: number, limit: number): Promise<number>;
}

export interface AuditStore {
  insert(event: AuditRecord): Promise<void>;
  /** `participant` matches actor, owner or target by id; `actorEmail` matches who is no member. `since` is inclusive, `until` is not. */
  list(
    query: Page & {
      participant?: string;
      actorEmail?: string;
      action?: AuditAction;
      since?: number;
      until?: number;
    },
  ): Promise<AuditRecord[]>;
}

export interface OutboxStore {
  enqueue(mail: Omit<MailRecord, 'attempts'>): Promise<void>;
  /** Leases at most `limit` due messages until `now + leaseMs`, counts the attempt, oldest first. */
  claim(claim: { now: number; leaseMs: number; leaseId: string; limit: number }): Promise<MailRecord[]>;
  /** Each of these does nothing if the lease is no longer `leaseId`'s. What was given up stays, with its error. */
  markSent(id: string, leaseId: string, at: number): Promise<void>;
  retryLater(id: string, leaseId: string, at: number, error: string): Promise<void>;
  giveUp(id: string, leaseId: string, at: number, error: string): Promise<void>;
  /** Frees every lease: for a daemon that knows it is the only one, at its start. */
  releaseAll(): Promise<void>;
  /** Deletes at most `limit` messages sent before `before`. Dead letters (given up) are not among them. */
  purgeSent(before: number, limit: number): Promise<number>;
}

/** All that is kept. Methods reject with `StoreUnavailable` when the database cannot answer, and never show bound values. */
export interface Store {
  readonly users: UserStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly sessions: SessionStore;
  readonly audit: AuditStore;
  readonly outbox: OutboxStore;
  /** Commits what `work` did, or nothing if it throws. Shadow the outer name: the outer store must not be used inside. */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Rejects unless the database answers. */
  ping(): Promise<void>;
  /** Applies what is missing under a lock; answers the names applied. Rejects if the schema is newer than this program. */
  migrate(): Promise<string[]>;
  schemaIsCurrent(): Promise<boolean>;
  close(): Promise<void>;
}

/** The database cannot answer now (locked, full, gone). The cause is for the log. */
export class StoreUnavailable extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreUnavailable';
  }
}
