import type { PolicyStart } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/** How long every token stays active after a daemon first served the database with a limit, or with a shorter one. */
export const idleGraceMs = 14 * 24 * 60 * 60 * 1000;

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

/**
 * Creates the function that returns how long a token may be inactive, in milliseconds, at a time. Returns null if there is
 * no limit, or if the only one is not in force yet. A limit comes into force `idleGraceMs` after its start; until then, the longer one
 * before it stays in force.
 */
export function createMaxIdle(starts: readonly PolicyStart[]): (now: number) => number | null {
  const shortestFirst = [...starts].sort((one, other) => one.valueMs - other.valueMs);
  return (now) => {
    for (const { valueMs, firstServedAt } of shortestFirst) if (firstServedAt + idleGraceMs <= now) return valueMs;
    return null;
  };
}
