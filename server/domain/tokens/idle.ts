import type { PolicyStart } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** How long every token stays active after a daemon first served the database with a limit, or with a shorter one. */
export const idleGraceMs = 14 * dayMs;

/** Owners get a notice only if tokens may be inactive for at least this long. Otherwise it would come soon after each use. */
const minNoticedIdleMs = 30 * dayMs;

/** How long an idle token stays stored, so that it can be resumed. */
const idleRetentionMs = 30 * dayMs;

/** When tokens become idle. A token was active when it was created, used, rotated or resumed. Times are in milliseconds. */
export interface IdlePolicy {
  /**
   * Returns how long a token may be inactive at a time. Returns null if there is no limit, or if the only one is not in force yet. A limit
   * comes into force `idleGraceMs` after its start; until then, the longer one before it stays in force.
   */
  maxIdleAt(now: number): number | null;
  /**
   * Returns the times before which tokens were last active that are idle in `noticeMs`, and those that have been idle for long enough to be
   * destroyed. The first one is null if owners get no notice. Returns null if no token becomes idle.
   */
  bounds(now: number, noticeMs: number): { noticeBefore: number | null; destroyBefore: number } | null;
  /** Returns when a token that was last active at a time becomes idle. Null: never. */
  idleAt(activeAt: number): number | null;
}

/**
 * Records that a daemon begins to serve the database with `TOKENSD_MAX_IDLE`, in seconds, or without it. Returns when the database
 * was first served with it and with longer ones before.
 */
export function startIdlePolicy(
  { policies }: Pick<Store, 'policies'>,
  maxIdle: number | null,
  now: number,
): Promise<PolicyStart[]> {
  return policies.start('max-idle', maxIdle === null ? null : maxIdle * 1000, now);
}

/** Creates the policy from the limits with which daemons serve the database, and from the times when they began. */
export function createIdlePolicy(starts: readonly PolicyStart[]): IdlePolicy {
  const shortestFirst = [...starts].sort((one, other) => one.valueMs - other.valueMs);

  function maxIdleAt(now: number): number | null {
    for (const { valueMs, firstServedAt } of shortestFirst) if (firstServedAt + idleGraceMs <= now) return valueMs;
    return null;
  }

  return {
    maxIdleAt,
    bounds(now, noticeMs) {
      if (starts.length === 0) return null;
      const soon = maxIdleAt(now + noticeMs);
      const before = maxIdleAt(now - idleRetentionMs);
      const present = maxIdleAt(now);
      return {
        noticeBefore: soon !== null && soon >= minNoticedIdleMs ? now + noticeMs - soon : null,
        // The token must have been idle then, and must be idle still: a limit may have become longer since.
        destroyBefore:
          before === null || present === null ? 0 : Math.min(now - idleRetentionMs - before, now - present),
      };
    },
    idleAt(activeAt) {
      const times = starts.map(({ valueMs, firstServedAt }) =>
        Math.max(activeAt + valueMs, firstServedAt + idleGraceMs),
      );
      return times.length === 0 ? null : Math.min(...times);
    },
  };
}
