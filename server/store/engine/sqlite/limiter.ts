import { RateLimiterMemory } from 'rate-limiter-flexible';
import type { Limiter, LimiterOptions } from '../../limiter.ts';
import { wrapLimiter } from '../limiter.ts';

/** Maximum number of keys that `consume` counts in one limiter. The least recently consumed key is dropped first. */
const maxKeys = 100_000;

/** Creates a limiter in memory. That is sufficient on SQLite, because only one daemon can use the database. */
export function createMemoryLimiter({ name, limit, windowSeconds }: LimiterOptions): Limiter {
  return wrapLimiter(new BoundedLimiter({ keyPrefix: name, points: limit, duration: windowSeconds }));
}

/** Limits the number of keys that `consume` counts. Requests from very many networks would otherwise exhaust memory. */
class BoundedLimiter extends RateLimiterMemory {
  /** Keys in the order in which they were last consumed, oldest first. */
  readonly #recent = new Set<string>();

  override async consume(key: string, ...more: [number?, object?]) {
    this.#recent.delete(key);
    this.#recent.add(key);
    const [oldest] = this.#recent;
    if (this.#recent.size > maxKeys && oldest !== undefined) {
      this.#recent.delete(oldest);
      await super.delete(oldest);
    }
    return super.consume(key, ...more);
  }
}
