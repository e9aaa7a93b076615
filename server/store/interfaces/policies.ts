import type { PolicyStart } from '../records.ts';

export interface PolicyStore {
  /**
   * Records that a daemon begins to serve the database with this value of a policy at `now`; null means without the policy.
   * A shorter value is stricter. Forgets stricter values, which no longer apply; their start counts for this value too, because it
   * has been in force since then. Returns the values that are recorded now.
   */
  start(policy: PolicyStart['policy'], valueMs: number | null, now: number): Promise<PolicyStart[]>;
}
