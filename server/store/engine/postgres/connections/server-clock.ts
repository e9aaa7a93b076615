/**
 * The time at the database server. All daemons on one database follow it, because their own clocks may differ. Between two
 * measurements it is extrapolated by the monotonic clock, so that nobody can set it.
 */
export interface ServerClock {
  /** Returns milliseconds since the epoch, or null before the first measurement. */
  now(): number | null;
  /** Records the server's time in a response to a question that was sent at `sentAt`, in monotonic milliseconds. */
  record(serverMs: number, sentAt: number): void;
}

/** Selects the server's time, in milliseconds since the epoch. */
export const serverTime = 'CAST(extract(epoch FROM clock_timestamp()) * 1000 AS float8)';

export function createServerClock(monotonic: () => number = () => performance.now()): ServerClock {
  /** The server's time minus monotonic time. */
  let lead: number | null = null;
  return {
    now: () => (lead === null ? null : Math.round(monotonic() + lead)),
    record(serverMs, sentAt) {
      const receivedAt = monotonic();
      const measured = serverMs - (sentAt + receivedAt) / 2;
      const uncertainty = (receivedAt - sentAt) / 2;
      // A slow response says little. The time that we have is kept if the response does not contradict it.
      if (lead === null || Math.abs(measured - lead) > uncertainty) lead = measured;
    },
  };
}
