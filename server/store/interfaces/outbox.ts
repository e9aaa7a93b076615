import type { DeadLetter, MailRecord, OutboxBacklog } from '../records.ts';

export interface MailClaim {
  now: number;
  leaseMs: number;
  /** Identifies the worker that holds the lease. */
  leaseId: string;
  limit: number;
  excludeIds?: readonly string[];
}

/**
 * Queued mail. A message is in one of these states:
 *
 * 1. Pending: it is due now or at a later time, and no worker holds a lease on it.
 * 2. Leased: a worker is sending it. When the lease expires, the message is due again.
 * 3. Sent: it stays until it is purged.
 * 4. Dead: it was given up after repeated failures. It stays until `revive` makes it pending again.
 */
export interface OutboxStore {
  /** Queues a message, due immediately. */
  enqueue(mail: Omit<MailRecord, 'attempts'>): Promise<void>;
  /** Leases at most `limit` due messages until `now + leaseMs`, oldest first, and increments their `attempts`. */
  claim(claim: MailClaim): Promise<MailRecord[]>;

  // The next three methods end the lease `leaseId`. They do nothing if the message is no longer under this lease.
  markSent(id: string, leaseId: string, at: number): Promise<void>;
  /** Makes a message due again at `at`. */
  retryLater(id: string, leaseId: string, at: number, error: string): Promise<void>;
  /** Makes a message a dead letter. Returns false if the message is no longer under this lease. */
  giveUp(id: string, leaseId: string, at: number, error: string): Promise<boolean>;

  /** Returns at most `limit` dead letters, the most recently given up first. */
  deadLetters(limit: number): Promise<DeadLetter[]>;
  /** Makes all dead letters, or those to one address, due at `now` and resets their attempts. Returns their number. */
  revive(now: number, to?: string): Promise<number>;
  /** Makes all pending messages due at `now`, unless they are due already. */
  bringForward(now: number): Promise<void>;
  /** Makes all leased messages due. Call this only if no other daemon uses the database, because its leases end too. */
  releaseAllLeases(): Promise<void>;
  backlog(): Promise<OutboxBacklog>;
  /** Deletes at most `limit` messages sent before `before`, but no dead letters. Returns the number of rows deleted. */
  purgeSent(before: number, limit: number): Promise<number>;
}
