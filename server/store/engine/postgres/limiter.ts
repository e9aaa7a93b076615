import type pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Limiter, LimiterOptions } from '../../limiter.ts';
import type { Row } from '../engine.ts';
import { wrapLimiter } from '../limiter.ts';
import { withoutNul } from './client.ts';
import type { ServerClock } from './connections/server-clock.ts';
import type { PlainPool } from './pool.ts';

/**
 * Deletes the keys that begin with $1. $2 is the first text after all of them, so that the index leads to them. Without the index,
 * a storm of failures would make this exceed its time limit.
 */
export const deleteByPrefix =
  'DELETE FROM counts WHERE key COLLATE "C" >= $1::text AND key COLLATE "C" < $2::text AND left(key, length($1::text)) = $1::text';

interface CountRow extends Row {
  expire?: string | number | null;
}

/**
 * Creates a limiter on the table `counts`, which all daemons share. Its windows follow the server's clock, which `now`
 * returns. `translate` converts a driver's errors.
 */
export function createPostgresLimiter(
  pool: PlainPool,
  { name, limit, windowSeconds }: LimiterOptions,
  { now, translate }: { now: ServerClock['now']; translate: (error: unknown) => Error },
): Limiter {
  // The library names its statements, which prepares them. Behind a pooler in transaction mode, a name may not exist.
  const unnamed = ({ text, values = [] }: pg.QueryConfig) => ({ text, values: values.map(withoutNul) });
  const resetShared = async (prefix: string) => {
    const first = `${name}:${prefix}`;
    const values = [first, successorOf(first)];
    await pool.query({ text: deleteByPrefix, values }).catch((error: unknown) => {
      throw translate(error);
    });
  };
  return wrapLimiter(
    new RateLimiterPostgres({
      keyPrefix: name,
      points: limit,
      duration: windowSeconds,
      storeClient: {
        async query(config: pg.QueryConfig) {
          const ahead = aheadOf(config, now());
          try {
            return behind(await pool.query<CountRow>(unnamed(ahead.config)), ahead.ms);
          } catch (error) {
            throw translate(error);
          }
        },
      },
      storeType: 'client',
      tableName: 'counts',
      tableCreated: true,
      clearExpiredByTimeout: false,
      // Denied once, a key is denied from memory until its count expires. A flood of requests then causes no writes.
      inMemoryBlockOnConsumed: limit + 1,
    }),
    resetShared,
  );
}

/** Every later value is a time in milliseconds, since 2001. Counts and points are far below. */
const firstTime = 1e12;

/**
 * Converts the times in a statement of the library, which come from this machine's clock, to the server's. The last value is
 * our present time. Returns by how much the server's clock is ahead.
 */
function aheadOf(config: pg.QueryConfig, serverNow: number | null): { config: pg.QueryConfig; ms: number } {
  const values: unknown[] = config.values ?? [];
  const ours = values.at(-1);
  const ms = serverNow !== null && isTime(ours) ? serverNow - ours : 0;
  return { config: { ...config, values: values.map((value) => (isTime(value) ? value + ms : value)) }, ms };
}

/** Converts the times in a result back to this machine's clock. */
function behind(result: pg.QueryResult<CountRow>, ms: number): pg.QueryResult<CountRow> {
  const rows = result.rows.map((row) => (row.expire == null ? row : { ...row, expire: Number(row.expire) - ms }));
  return { ...result, rows };
}

/** Returns the first text after all that begin with `prefix`, which must end with an ASCII character. */
function successorOf(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value > firstTime;
}
