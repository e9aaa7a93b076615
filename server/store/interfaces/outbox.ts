import type {
  DeadLetter,
  MailLink,
  MailLinkKind,
  MailRecord,
  OutboxBacklog,
  QueuedMail,
  WaitingMail,
} from '../records.ts';

export interface MailClaim {
  now: number;
  leaseMs: number;
  /** Identifies the worker that holds the lease. */
  leaseId: string;
  limit: number;
  /** Messages to this recipient and to those that sort before it are left out. */
  afterRecipient?: string;
  excludeIds?: readonly string[];
}

/**
 * Queued mail. A message is in one of these states:
 *
 * 1. Pending: it is due now or at a later time, and no worker holds a lease on it.
 * 2. Leased: a worker is sending it. When the lease expires, the message is due again.
 * 3. Sent: it stays until it is purged.
 * 4. Dead: it was given up after repeated failures. It stays until `revive` makes it pending again.
 *
 * A message with a link, or to a deleted member, can also be withdrawn, which deletes it unless it was sent.
 */
export interface OutboxStore {
  /** Queues a message, due immediately. `deletedUserId` is set if it tells a member that they were deleted. */
  enqueue(mail: Omit<MailRecord, 'attempts'> & { link?: MailLink; deletedUserId?: string }): Promise<void>;
  /**
   * Leases at most `limit` due messages until `now + leaseMs`, ordered by recipient and then the first due first. Increments
   * their `attempts`.
   */
  claim(claim: MailClaim): Promise<QueuedMail[]>;
  /** Returns whether the message is still under this lease. */
  hasLease(id: string, leaseId: string): Promise<boolean>;

  // The next four methods end the lease `leaseId`. They do nothing if the message is no longer under this lease.
  markSent(id: string, leaseId: string, at: number): Promise<void>;
  /** Makes a message due again at `at`. */
  retryLater(id: string, leaseId: string, at: number, error: string): Promise<void>;
  /** Makes a message a dead letter. Returns false if the message is no longer under this lease. */
  giveUp(id: string, leaseId: string, at: number, error: string): Promise<boolean>;
  /** Deletes a message that may no longer be sent or kept. Returns false if it is no longer under this lease. */
  withdraw(id: string, leaseId: string): Promise<boolean>;

  /** Deletes the member's messages with a link that have not been sent: those of one kind, or all. */
  withdrawLinks(userId: string, kind?: MailLinkKind): Promise<void>;

  /** Returns at most `limit` messages that are pending or leased, the next to be tried first. */
  waiting(limit: number): Promise<WaitingMail[]>;
  /** Returns at most `limit` dead letters, the most recently given up first. */
  deadLetters(limit: number): Promise<DeadLetter[]>;
  /** Makes all dead letters, or those to one address, due at `now` and resets their attempts. Returns their number. */
  revive(now: number, to?: string): Promise<number>;
  /**
   * Makes all pending messages, or those to one address, due at `now`, unless they are due already. Returns their number.
   */
  bringForward(now: number, to?: string): Promise<number>;
  /** Makes all leased messages due. Call this only if no other daemon uses the database, because its leases end too. */
  releaseAllLeases(): Promise<void>;
  backlog(): Promise<OutboxBacklog>;
  /** Returns when a message was last sent, although it may be purged by now. Null if none was ever sent. */
  lastSentAt(): Promise<number | null>;
  /** Deletes at most `limit` messages sent before `before`, but no dead letters. Returns the number of rows deleted. */
  purgeSent(before: number, limit: number): Promise<number>;
}
