import { limits } from '../../../shared/limits.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

const delays = [5 * second, 5 * minute, 30 * minute, 2 * hour, 5 * hour, 10 * hour];
const maxPauseMs = 5 * minute;
/** With fewer failures than this, it may be that the daemon was off for three days. */
const minFailures = 10;

/**
 * A receiver that never answered has failed for a little less than three days when the first event is given up, because that one was not
 * attempted in the moment that it happened.
 */
const minFailingMs = limits.webhookRetryMs - hour;

/** Returns when to attempt a delivery again that failed at `now`. Returns null if that was the last attempt. */
export function nextAttemptAt(
  { attempts, giveUpAt }: { attempts: number; giveUpAt: number },
  now: number,
): number | null {
  if (now >= giveUpAt) return null;
  const delay = delays[Math.min(attempts, delays.length) - 1] ?? 5 * second;
  return Math.min(now + delay, giveUpAt);
}

/** Returns for how long nothing is sent to a receiver after this many failures, one after the other. */
export function pauseAfter(failures: number): number {
  return Math.min(5 * second * 2 ** Math.min(failures - 1, 10), maxPauseMs);
}

/** Reports whether a receiver has failed for so long that its webhook is disabled. */
export function hasFailedForLong(
  { failures, failingSince }: { failures: number; failingSince: number | null },
  now: number,
): boolean {
  return failures >= minFailures && failingSince !== null && now - failingSince >= minFailingMs;
}
