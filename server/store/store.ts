import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { TokenStatus } from '../../shared/schemas/tokens.ts';
import type { Limiter, LimiterOptions } from './limiter.ts';
import type {
  Actor,
  AuditRecord,
  ClientRecord,
  DeadLetter,
  DeviceCodeRecord,
  HashMatch,
  Identity,
  LastUse,
  MailClaim,
  MailRecord,
  NewToken,
  OutboxBacklog,
  Page,
  SessionRecord,
  StatusContext,
  Ticket,
  TicketKind,
  TokenRecord,
  TotpRecord,
  UserRecord,
  UserSummary,
} from './records.ts';

export interface UserStore {
  /** False if the folded e-mail or the identity is taken. */
  insert(user: UserRecord, identity?: Identity): Promise<boolean>;
  findById(id: string): Promise<UserRecord | null>;
  findByEmail(emailFolded: string): Promise<UserRecord | null>;
  findByIdentity(identity: Identity): Promise<UserRecord | null>;
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
  setEmail(id: string, email: string): Promise<boolean | 'email-taken'>;
  /** False unless the member is enabled, has neither password nor identity, and nobody else has this identity. */
  bindIdentity(id: string, identity: Identity): Promise<boolean>;
  /** Moves the last single sign-on forward, never back. */
  recordSsoSignIn(id: string, at: number): Promise<void>;
  /** Takes the rows of all enabled superusers and of `targetId`, as the two setters do. False unless `id` is one of the former. */
  lockSuperusers(id: string, targetId?: string): Promise<boolean>;
  /** Takes the owner's row, so that a permission removed meanwhile comes before or after. False unless they may create tokens. */
  lockForNewToken(id: string): Promise<boolean>;
  /** The same for a new session. False unless the user is enabled and what was looked at, if told, is still so. */
  lockForNewSession(
    id: string,
    seen?: Partial<Pick<UserRecord, 'passwordHash' | 'totpEnabledAt' | 'sso'>>,
  ): Promise<boolean>;
}

export interface TokenQuery extends Page, StatusContext {
  ownerId?: string;
  /** A part of the name, folded. */
  nameContains?: string;
  status?: TokenStatus;
}

export interface TokenStore {
  /** Holds both rules in one statement: the owner's names are unique, and the owner has fewer than `limit` tokens. */
  insert(token: NewToken, limit: number): Promise<'inserted' | 'name-taken' | 'token-limit'>;
  findById(id: string): Promise<TokenRecord | null>;
  list(query: TokenQuery): Promise<TokenRecord[]>;
  /** How many tokens of one owner work now. */
  countActiveOf(ownerId: string, statusContext: StatusContext): Promise<number>;
  /** One statement for any number of hashes. What belongs to each, in the order of the hashes; null: to nobody. */
  findByHashes(hashes: readonly string[]): Promise<Array<HashMatch | null>>;
  /** Destroys the row, leaves a tombstone. Null if it is already gone. */
  destroy(id: string, at: number, actor: Actor): Promise<TokenRecord | null>;
  /** Destroys every token of one owner; answers those it destroyed. */
  destroyAllOf(ownerId: string, at: number, actor: Actor): Promise<TokenRecord[]>;
  /** Moves last uses forward, never back, unless what is there lies well after `now`; ids that are gone are passed over. One transaction for all. */
  recordUses(uses: ReadonlyArray<LastUse & { tokenId: string }>, now?: number): Promise<void>;
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
  /** Takes its row for the rest of the transaction, so that it ends before this or after. False if it has. */
  lock(id: string): Promise<boolean>;
  /** A member's sessions that have not ended (as `purge` judges it), last seen first. */
  listOf(userId: string, query: { now: number; idleBefore: number; limit: number }): Promise<SessionRecord[]>;
  touch(id: string, at: number): Promise<void>;
  /** False unless that member has this session. */
  delete(id: string, userId: string): Promise<boolean>;
  /** Answers the ids of those it deleted. */
  deleteAllOf(userId: string, exceptId?: string): Promise<string[]>;
  /** Ends what the identity provider's session `sid` began; answers the sessions it deleted. */
  deleteAllOfSid(issuer: string, sid: string): Promise<Array<{ id: string; userId: string }>>;
  /** Deletes at most `limit` sessions that ended: last seen before `idleBefore`, or past their absolute end at `now`. */
  purge(now: number, idleBefore: number, limit: number): Promise<number>;
}

export interface TicketStore {
  /** False if there is one with this hash. */
  insert(ticket: Ticket): Promise<boolean>;
  /** Null if it is gone or past its end. */
  find(hash: string, kind: TicketKind, now: number): Promise<Ticket | null>;
  /** The same, and nobody finds or takes it again. */
  consume(hash: string, kind: TicketKind, now: number): Promise<Ticket | null>;
  deleteAllOf(userId: string, kind?: TicketKind): Promise<void>;
  /** Deletes at most `limit` tickets past their end. */
  purge(now: number, limit: number): Promise<number>;
}

export interface ClientStore {
  /** False if the folded name is taken. */
  insert(client: ClientRecord): Promise<boolean>;
  list(page: Page): Promise<ClientRecord[]>;
  findById(id: string): Promise<ClientRecord | null>;
  /** One statement for any number of them. Whom each names, in their order; null: nobody. */
  findByClientIds(clientIds: readonly string[]): Promise<Array<ClientRecord | null>>;
  setSecretHash(id: string, hash: string): Promise<boolean>;
  delete(id: string): Promise<boolean>;
}

export interface DeviceCodeStore {
  /** False if the user code is taken. */
  insert(device: DeviceCodeRecord): Promise<boolean>;
  findByUserCode(userCode: string): Promise<DeviceCodeRecord | null>;
  findByHash(hash: string): Promise<DeviceCodeRecord | null>;
  /** Takes the row for the rest of the transaction. */
  lock(hash: string): Promise<DeviceCodeRecord | null>;
  /** Binds it to the browser session that typed its code. False if another one has it, or it is decided or past its end. */
  bindToSession(hash: string, sessionId: string, now: number): Promise<boolean>;
  /** False unless that session opened it and it is still to be decided. */
  decide(
    hash: string,
    sessionId: string,
    decision: { status: 'approved' | 'denied'; userId: string; sso: boolean; ssoSid: string | null },
    now: number,
  ): Promise<boolean>;
  recordPoll(hash: string, at: number, intervalMs: number): Promise<void>;
  delete(hash: string): Promise<boolean>;
  /** Those that this member approved. */
  deleteAllOf(userId: string): Promise<void>;
  /** Those that were approved in this session. */
  deleteApprovedIn(sessionId: string): Promise<void>;
  /** Deletes at most `limit` codes that ended before `before`. */
  purge(before: number, limit: number): Promise<number>;
}

export interface TotpStore {
  find(userId: string): Promise<TotpRecord | null>;
  /** Stores a secret that is not in use yet. False if one is in use. */
  prepare(userId: string, secret: string): Promise<boolean>;
  /** Puts the prepared secret into use. False unless it is this one and none is in use. */
  enable(userId: string, secret: string, step: number, at: number): Promise<boolean>;
  /** Takes the code of that time step. False if it, or a later one, was taken before. */
  consumeTimeStep(userId: string, step: number): Promise<boolean>;
  /** Takes the second step away, recovery codes included. False if there was none in use. */
  remove(userId: string): Promise<boolean>;
  replaceRecoveryCodes(userId: string, hashes: readonly string[]): Promise<void>;
  /** False if there is no such code any more. */
  consumeRecoveryCode(userId: string, hash: string): Promise<boolean>;
  countRecoveryCodes(userId: string): Promise<number>;
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
  /** Leases at most `limit` due messages until `now + leaseMs`, counts the attempt, oldest first; none of `excludeIds`. */
  claim(claim: MailClaim): Promise<MailRecord[]>;
  /** Each of these does nothing if the lease is no longer `leaseId`'s. */
  markSent(id: string, leaseId: string, at: number): Promise<void>;
  retryLater(id: string, leaseId: string, at: number, error: string): Promise<void>;
  /** False if it did nothing. What was given up stays, with its error, until it is revived. */
  giveUp(id: string, leaseId: string, at: number, error: string): Promise<boolean>;
  /** What was given up, newest first. */
  deadLetters(limit: number): Promise<DeadLetter[]>;
  /** Makes what was given up due `now`, as if it had never been tried: all of it, or what goes `to` one address. Answers how many. */
  revive(now: number, to?: string): Promise<number>;
  /** Makes due `now` what waits to be tried again and nobody has leased. */
  bringForward(now: number): Promise<void>;
  /** Frees every lease: for a daemon that knows it is the only one, at its start. */
  releaseAllLeases(): Promise<void>;
  backlog(): Promise<OutboxBacklog>;
  /** Deletes at most `limit` messages sent before `before`. Dead letters (given up) are not among them. */
  purgeSent(before: number, limit: number): Promise<number>;
}

/** All that is kept. Methods reject with `StoreUnavailable` when the database cannot answer, and never show bound values. */
export interface Store {
  readonly users: UserStore;
  readonly tokens: TokenStore;
  readonly idempotency: IdempotencyStore;
  readonly sessions: SessionStore;
  readonly tickets: TicketStore;
  readonly clients: ClientStore;
  readonly deviceCodes: DeviceCodeStore;
  readonly totp: TotpStore;
  readonly audit: AuditStore;
  readonly outbox: OutboxStore;
  /** How many look-ups it carries out side by side; more would only wait for each other. */
  readonly maxParallelLookups: number;
  /** Counts that every daemon on this database shares; they are in memory where a database has one daemon only. */
  limiter(options: LimiterOptions): Limiter;
  /** Deletes at most `limit` counts that no longer matter. */
  purgeCounts(now: number, limit: number): Promise<number>;
  /**
   * Commits what `work` did, or nothing if it throws. Shadow the outer name: the outer store must not be used inside.
   * Rejects with `OutcomeUnknown` if the database broke off at the commit.
   */
  transaction<T>(work: (store: Store) => Promise<T>): Promise<T>;
  /** Rejects unless the database answers. */
  ping(): Promise<void>;
  /** Applies what is missing under a lock; answers the names applied. Rejects if the schema is too new for this program. */
  migrate(): Promise<string[]>;
  /** True if this program can work with the schema: nothing is missing, and nothing newer forbids it. */
  schemaIsCurrent(): Promise<boolean>;
  close(): Promise<void>;
}
