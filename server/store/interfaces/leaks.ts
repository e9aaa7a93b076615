import type { Canary, LeakRecord, NewLeak } from '../records.ts';

/** The places of one report, as digests, and whether what an earlier report did to the token was undone since. */
export interface FoundPlaces {
  places: readonly string[];
  isUndone: boolean;
}

export interface StoredReport {
  /** Whether the report is the first one, is stricter than those before, or repeats an action that was undone. */
  isActing: boolean;
  /** The places that this report added. */
  newPlaces: readonly string[];
}

export interface LeakStore {
  /**
   * Stores the report of a value, and remembers up to `limits.maxLeakPlaces` places where it was found. Locks the row until the transaction
   * ends, so that of two reports at the same time one is the first.
   */
  report(leak: NewLeak, found: FoundPlaces): Promise<StoredReport>;
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

/** Canaries are tokens whose value never works. Presentations are counted until people are told. */
export interface CanaryStore {
  /** Returns the canaries whose values have these hashes, by hash. No verification waits for this. */
  findByHashes(hashes: readonly string[]): Promise<ReadonlyMap<string, Canary>>;
  /** Adds presentations, by the ID of the canary. Call it in the transaction that records the last uses. */
  addUses(uses: ReadonlyMap<string, number>): Promise<void>;
  /**
   * If people were last told of a canary at or before `toldBefore`, or never, and the canary is not paused, returns
   * the number of presentations since then and records that people were told at `at`. Otherwise returns null. A time after `at` was stored
   * while a clock was wrong, and counts as never. Returns null, too, if there is nothing to tell or no such canary. Call it in a
   * transaction.
   */
  claimUses(id: string, times: { at: number; toldBefore: number }): Promise<number | null>;
  /** Returns the IDs of at most `limit` canaries that were presented since people were last told, at or before `toldBefore`. */
  due(times: { at: number; toldBefore: number }, limit: number): Promise<string[]>;
}
