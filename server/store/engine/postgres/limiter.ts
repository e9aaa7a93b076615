import type pg from 'pg';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Limiter, LimiterOptions } from '../../limiter.ts';
import { wrapLimiter } from '../limiter.ts';
import { withoutNul } from './client.ts';
import type { PlainPool } from './pool.ts';

/** Creates a limiter on the table `counts`, which all daemons share. `translate` converts a driver's errors. */
export function createPostgresLimiter(
  pool: PlainPool,
  { name, limit, windowSeconds }: LimiterOptions,
  translate: (error: unknown) => Error,
): Limiter {
  // The library names its statements, which prepares them. Behind a pooler in transaction mode, a name may not exist.
  const unnamed = ({ text, values = [] }: pg.QueryConfig) => ({ text, values: values.map(withoutNul) });
  return wrapLimiter(
    new RateLimiterPostgres({
      keyPrefix: name,
      points: limit,
      duration: windowSeconds,
      storeClient: {
        query: (config: pg.QueryConfig) =>
          pool.query(unnamed(config)).catch((error: unknown) => Promise.reject(translate(error))),
      },
      storeType: 'client',
      tableName: 'counts',
      tableCreated: true,
      clearExpiredByTimeout: false,
    }),
  );
}
