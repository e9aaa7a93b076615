import type { Clock } from '../domain/clock.ts';
import type { LastUsed } from '../domain/tokens/last-used.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/** How many uses are normalized in one turn of the event loop. Ten thousand would take about 50 ms. */
const maxPerTurn = 100;

/** Writes the last uses recorded since the previous flush. Also called once at shutdown, before the store closes. */
export async function flushLastUsed(
  lastUsed: LastUsed,
  tokens: Pick<Store['tokens'], 'recordUses'>,
  now?: number,
): Promise<void> {
  for (let left = lastUsed.pending(); left > maxPerTurn; left -= maxPerTurn) {
    lastUsed.normalizeSome(maxPerTurn);
    await new Promise((resolve) => setImmediate(resolve));
  }
  const uses = lastUsed.drain();
  if (uses.length === 0) return;
  try {
    await tokens.recordUses(uses, now);
  } catch (error) {
    lastUsed.restore(uses);
    throw error;
  }
}

export function createFlushLastUsed(
  lastUsed: LastUsed,
  tokens: Pick<Store['tokens'], 'recordUses'>,
  clock: Clock,
): Job {
  return { name: 'flush-last-used', everyMs: 1000, run: () => flushLastUsed(lastUsed, tokens, clock.now()) };
}
