import type { PolicyStart } from '../../store/records.ts';
import { createMaxIdle, idleGraceMs } from './idle.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Owners get a notice only if tokens may be inactive for at least this long. Otherwise it would come soon after each use. */
const minNoticedIdleMs = 30 * dayMs;

/** How long an idle token stays stored, so that it can be resumed. */
const idleRetentionMs = 30 * dayMs;

/** When tokens become idle, as jobs need it. A token was active when it was created, used, rotated or resumed. */
export interface IdleTimes {
  /**
   * Returns the times before which tokens were last active that are idle in `noticeMs`, and those that have been idle for long enough to be
   * destroyed. The first one is null if owners get no notice. Returns null if no token becomes idle.
   */
  bounds(now: number, noticeMs: number): { noticeBefore: number | null; destroyBefore: number } | null;
  /** Returns when a token that was last active at a time becomes idle. Null: never. */
  idleAt(activeAt: number): number | null;
}

export function createIdleTimes(starts: readonly PolicyStart[]): IdleTimes {
  const maxIdleAt = createMaxIdle(starts);
  return {
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
