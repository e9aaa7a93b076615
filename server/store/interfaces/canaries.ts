/** Canaries are tokens whose value never works. Presenting one is counted until people are told. */
export interface CanaryStore {
  /**
   * Adds presentations of a canary. If people were last told at or before `toldBefore`, or never, and the canary is not paused, returns
   * the number of presentations since then and records that people were told at `at`. Otherwise returns null. A time after `at` was stored
   * while a clock was wrong, and counts as never. Returns null, too, if there is nothing to tell or no such canary. Call it in a
   * transaction.
   */
  claimUses(id: string, uses: number, times: { at: number; toldBefore: number }): Promise<number | null>;
  /** Returns the IDs of at most `limit` canaries that were presented since people were last told, at or before `toldBefore`. */
  due(times: { at: number; toldBefore: number }, limit: number): Promise<string[]>;
}
