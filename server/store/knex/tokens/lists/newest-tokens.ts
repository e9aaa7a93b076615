import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';
import type { TokenQuery } from '../../../interfaces/tokens.ts';
import { whereExchanged } from './token-filter.ts';

/** How many of the newest tokens whose time is over are tried before all of them. */
const maxCandidates = 300;
/** How many tokens that match are read to find out how new those of the page are at least. */
export const maxSample = 3_000;

/** Selects the newest tokens whose time is over, by an index alone. Of most of them, `expired` is the status. */
export function selectNewestExpired(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  const over = () => {
    const tokens = knex('tokens AS t').select('t.id').where('t.expires_at', '<=', query.now);
    whereExchanged(tokens, query);
    return query.before === null ? tokens : tokens.where('t.id', '<', query.before);
  };
  // Whichever end of the index has the newer tokens.
  const oldest = (['asc', 'desc'] as const).map((end) =>
    oldestOfNewest(knex, engine, over().orderBy('t.expires_at', end).limit(maxSample), maxCandidates),
  );
  // Without the SELECT, the databases would compare the two bounds again for each token.
  const newest = over().whereRaw(`${idByNoIndex(engine)} >= (SELECT ${engine.greatest(['?', '?'])})`, oldest);
  return newest.orderByRaw(byNoIndex(engine)).limit(maxCandidates);
}

/**
 * Returns the ID of the oldest of the `count` newest tokens in a sample of those that match. The `count` newest of all are at least as new,
 * so a list need not sort older ones.
 */
export function oldestOfNewest(knex: Knex, engine: Engine, sample: Knex.QueryBuilder, count: number): Knex.Raw {
  const newest = knex.from(sample.as('sample')).select('sample.id').limit(count);
  newest.orderByRaw(`${idByNoIndex(engine, 'sample')} DESC`);
  return knex.raw('?', [knex.from(newest.as('newest')).min('id')]);
}

/** Returns an order by ID that leads to no index. The index on IDs would yield all tokens in their order, until the page is full. */
export function byNoIndex(engine: Engine): string {
  return `${idByNoIndex(engine)} DESC`;
}

function idByNoIndex({ locksRows }: Engine, table = 't'): string {
  // PostgreSQL compares fastest byte by byte, which is also the order of UUIDs. SQLite uses no index for a column with a sign.
  return locksRows ? `${table}.id COLLATE "C"` : `+${table}.id`;
}
