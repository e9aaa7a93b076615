import { limits } from '../../../../shared/limits.ts';
import type { Clock } from '../../clock.ts';

/** The time by which each poll that comes too soon extends the polling interval (RFC 8628 §3.5). */
const slowDownMs = 5_000;

/** Maximum number of devices to remember. The one that polled longest ago is forgotten first. */
const defaultMaxDevices = 10_000;

/**
 * Enforces the polling interval of pending devices (RFC 8628 §3.5). It is kept in memory, so that polling writes nothing: one
 * valid code would otherwise be enough to keep the database busy. Each daemon has its own, so several of them together let a
 * device poll more often.
 */
export interface PollPacing {
  /** Records a poll of a pending device. Returns true if it came too soon, which makes the device's interval longer. */
  isTooSoon(hash: string): boolean;
  /** Forgets a device that is no longer pending. */
  forget(hash: string): void;
}

export function createPollPacing(clock: Clock, maxDevices = defaultMaxDevices): PollPacing {
  /** In the order of the last poll, oldest first. */
  const devices = new Map<string, { polledAt: number; intervalMs: number }>();
  return {
    isTooSoon(hash) {
      const now = clock.now();
      const { polledAt, intervalMs } = devices.get(hash) ?? { polledAt: null, intervalMs: limits.devicePollIntervalMs };
      // If the clock was set back, the elapsed time is negative and does not show that the poll came too soon.
      const elapsedMs = polledAt === null ? null : now - polledAt;
      const tooSoon = elapsedMs !== null && elapsedMs >= 0 && elapsedMs < intervalMs;
      devices.delete(hash);
      devices.set(hash, { polledAt: now, intervalMs: intervalMs + (tooSoon ? slowDownMs : 0) });
      const [oldest] = devices.keys();
      if (devices.size > maxDevices && oldest !== undefined) devices.delete(oldest);
      return tooSoon;
    },
    forget: (hash) => {
      devices.delete(hash);
    },
  };
}
