import type {
  DeviceCodeRecord,
  PasskeyRecord,
  SessionBounds,
  SessionRecord,
  Ticket,
  TicketKind,
  TotpRecord,
  UserRecord,
} from '../records.ts';

export interface SessionStore {
  insert(session: SessionRecord): Promise<void>;
  /** Returns the session and its user, even if the session has expired. */
  findByHash(hash: string): Promise<{ session: SessionRecord; user: UserRecord } | null>;
  /**
   * Locks the session row and returns it, or null if the session no longer exists. The lock orders this transaction
   * against one that ends the session.
   */
  lock(id: string): Promise<SessionRecord | null>;
  /** Returns a member's active sessions, last seen first. */
  listOf(userId: string, bounds: SessionBounds, limit: number): Promise<SessionRecord[]>;
  /** Moves the time of last activity forward, never back. */
  touch(id: string, at: number): Promise<void>;
  /** Records when the member confirmed who they are in this session. Returns false if the session no longer exists. */
  confirm(id: string, at: number): Promise<boolean>;
  /** Stores an encrypted ID token with a session, unless the session has ended. */
  setIdToken(id: string, sealed: string): Promise<void>;
  /** Returns the encrypted ID token of a session, or null. */
  findIdToken(id: string): Promise<string | null>;
  /** Returns false if this member has no such session. */
  delete(id: string, userId: string): Promise<boolean>;
  /** Returns the IDs of the deleted sessions. */
  deleteAllOf(userId: string, exceptId?: string): Promise<string[]>;
  /** Returns the members with sessions that began in session `sid` of the identity provider `issuer`, ordered by ID. */
  userIdsOfSid(issuer: string, sid: string): Promise<string[]>;
  /** Deletes the sessions that began in session `sid` of the identity provider `issuer`. Returns the deleted ones. */
  deleteAllOfSid(issuer: string, sid: string): Promise<Array<{ id: string; userId: string }>>;
  /** Deletes the member's single sign-on sessions whose session at the identity provider is not known. Returns the deleted ones. */
  deleteWithoutSid(userId: string): Promise<Array<{ id: string; userId: string }>>;
  /** Deletes at most `limit` sessions that have ended. Returns the number of rows deleted. */
  purge(bounds: SessionBounds, limit: number): Promise<number>;
}

export interface TicketStore {
  /** Returns false if a ticket with this hash exists. */
  insert(ticket: Ticket): Promise<boolean>;
  /** Inserts a ticket in place of one with the same hash. */
  replace(ticket: Ticket): Promise<void>;
  /** Returns null if the ticket does not exist or has expired. */
  find(hash: string, kind: TicketKind, now: number): Promise<Ticket | null>;
  /** Deletes and returns a ticket. Only one of several concurrent callers gets it. Returns null as `find` does. */
  consume(hash: string, kind: TicketKind, now: number): Promise<Ticket | null>;
  deleteAllOf(userId: string, kind?: TicketKind): Promise<void>;
  /** Gives all of a member's tickets of these kinds another kind and this data. They expire when they would have. */
  changeAllOf(userId: string, kinds: readonly TicketKind[], change: Pick<Ticket, 'kind' | 'data'>): Promise<void>;
  /** Deletes all tickets of this kind, whoever they belong to. */
  deleteAllOfKind(kind: TicketKind): Promise<void>;
  /** Deletes at most `limit` expired tickets. Returns the number of rows deleted. */
  purge(now: number, limit: number): Promise<number>;
}

/** Device codes. A code is pending, then bound to the browser session that enters it, then approved or denied. */
export interface DeviceCodeStore {
  /** Returns false if the user code is taken. */
  insert(device: DeviceCodeRecord): Promise<boolean>;
  findByUserCode(userCode: string): Promise<DeviceCodeRecord | null>;
  findByHash(hash: string): Promise<DeviceCodeRecord | null>;
  /** Locks the row until the transaction ends, and returns it. */
  lock(hash: string): Promise<DeviceCodeRecord | null>;
  /** Binds a pending code to a browser session. Returns false if it is bound to another session, not pending or expired. */
  bindToSession(hash: string, sessionId: string, now: number): Promise<boolean>;
  /** Approves or denies a pending code. Returns false unless it is bound to this session, and neither decided nor expired. */
  decide(
    hash: string,
    sessionId: string,
    decision: { status: 'approved' | 'denied'; userId: string; sso: boolean; ssoSid: string | null },
    now: number,
  ): Promise<boolean>;
  /** Returns false if the code does not exist. */
  delete(hash: string): Promise<boolean>;
  /** Deletes the codes that this member approved or denied. */
  deleteAllOf(userId: string): Promise<void>;
  /** Deletes the codes that were approved in this browser session. */
  deleteApprovedIn(sessionId: string): Promise<void>;
  /** Binds the pending codes of one browser session to the session that replaces it. */
  moveToSession(sessionId: string, nextId: string): Promise<void>;
  /** Deletes at most `limit` codes that expired before `before`. Returns the number of rows deleted. */
  purge(before: number, limit: number): Promise<number>;
}

export interface TotpStore {
  find(userId: string): Promise<TotpRecord | null>;
  /** Turns the codes of authenticator apps on. Returns false if they are on already. Locks the member. */
  enable(userId: string, secret: string, step: number, at: number): Promise<boolean>;
  /** Marks a time step as used. Returns false if this step or a later one was used before. */
  consumeTimeStep(userId: string, step: number): Promise<boolean>;
  /** Turns the codes of authenticator apps off. Deletes the recovery codes, unless the member has a passkey. Returns false if it was off. */
  remove(userId: string): Promise<boolean>;
  replaceRecoveryCodes(userId: string, hashes: readonly string[]): Promise<void>;
  /** Deletes a recovery code. Returns false if it does not exist or was used before. */
  consumeRecoveryCode(userId: string, hash: string): Promise<boolean>;
  countRecoveryCodes(userId: string): Promise<number>;
}

/** Passkeys of members. Each method that adds or removes one also updates `passkeyCount` of the member. */
export interface PasskeyStore {
  /** Returns a member's passkeys, oldest first. */
  listOf(userId: string): Promise<PasskeyRecord[]>;
  findByCredentialId(credentialId: string): Promise<PasskeyRecord | null>;
  /** Returns false if a passkey with this credential ID exists. */
  insert(passkey: PasskeyRecord): Promise<boolean>;
  /**
   * Records a sign-in. Returns false unless the passkey exists and `counter` is greater than the one stored, or both are 0: an
   * authenticator that was copied repeats a number.
   */
  recordUse(id: string, use: { counter: number; backedUp: boolean; at: number }): Promise<boolean>;
  /** Renames one passkey of a member, whose row is locked. Returns the passkey as it was before, or null if there is none. */
  rename(id: string, userId: string, name: string): Promise<PasskeyRecord | null>;
  /** Deletes one passkey of a member and returns it. Deletes the recovery codes with the last second factor. Returns null if there is none. */
  delete(id: string, userId: string): Promise<PasskeyRecord | null>;
  /** Deletes all passkeys of a member and returns them. Deletes the recovery codes, unless the member has TOTP. */
  deleteAllOf(userId: string): Promise<PasskeyRecord[]>;
}
