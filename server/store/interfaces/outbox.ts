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
 * 1. pending: due at some time, without a lease;
 * 2. leased: a worker is sending it. When the lease expires, the message is due again;
 * 3. sent: stays until it is purged;
 * 4. dead: given up after repeated failures. It stays until it is revived, which makes it pending.
 */
export interface OutboxStore {
  /** Queues a message, due immediately. */
  enqueue(mail: Omit<MailRecord, 'attempts'>): Promise<void>;
  /** Leases at most `limit` due messages until `now + leaseMs`, oldest first, and increments their `attempts`. */
  claim(claim: MailClaim): Promise<MailRecord[]>;

  // The next three end a lease, and do nothing if `leaseId` no longer holds it.
  markSent(id: string, leaseId: string, at: number): Promise<void>;
  /** Makes a message due again at `at`. */
  retryLater(id: string, leaseId: string, at: number, error: string): Promise<void>;
  /** Makes a message a dead letter. Returns false if `leaseId` no longer holds the lease. */
  giveUp(id: string, leaseId: string, at: number, error: string): Promise<boolean>;

  /** Returns the dead letters that were given up last. */
  deadLetters(limit: number): Promise<DeadLetter[]>;
  /** Makes all dead letters, or those to one address, due `now` with no attempts counted. Returns their number. */
  revive(now: number, to?: string): Promise<number>;
  /** Makes pending messages that are due later due `now`. */
  bringForward(now: number): Promise<void>;
  /** Makes all leased messages due. Only for the start of a daemon that is the only one on its database. */
  releaseAllLeases(): Promise<void>;
  backlog(): Promise<OutboxBacklog>;
  /** Deletes at most `limit` messages sent before `before`, but no dead letters. Returns the number of rows deleted. */
  purgeSent(before: number, limit: number): Promise<number>;
}
