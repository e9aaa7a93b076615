import type { LeakRecord, NewLeak } from '../records.ts';

export interface LeakStore {
  /**
   * Stores the report of a value. Returns true if it is the first one, or the first that does something stricter than those before. Otherwise,
   * counts it and returns false. Locks the row until the transaction ends, so that of two reports at the same time one is the first.
   */
  report(leak: NewLeak): Promise<boolean>;
  /**
   * Claims at most `limit` reports that the superusers were not told of, and returns them, oldest first. Returns an empty list if the last
   * claim was less than `intervalMs` ago. Of several nodes, one claims. Call it in the transaction that enqueues the mail.
   */
  claimUntold(now: number, intervalMs: number, limit: number): Promise<LeakRecord[]>;
  /**
   * Deletes at most `limit` reports of tokens that no longer exist, if the last report was before `before`. Returns the number of rows
   * deleted.
   */
  purge(before: number, limit: number): Promise<number>;
}
