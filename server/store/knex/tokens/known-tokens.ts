import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TokenQuery } from '../../interfaces/tokens.ts';
import { whereMatches } from './lists/token-filter.ts';

/**
 * Selects the IDs of one page of the tokens that `TokenQuery.knownTo` describes and that match the rest of the query. Starts at the member's own audit events, and takes those
 * of the newest value of each token: the event of a creation or rotation has the time of the token. An expression in place of the action
 * keeps the databases from reading the events of all members, and one in place of the ID keeps them from reading all tokens in order.
 */
export function selectKnownIds(knex: Knex, engine: Engine, query: TokenQuery): Knex.QueryBuilder {
  const { knownTo = '', now, limit } = query;
  const known = knex
    .fromRaw('audit AS e CROSS JOIN tokens AS t CROSS JOIN users AS u')
    .where('e.actor_id', knownTo)
    .whereRaw("e.action || '' IN ('token.created', 'token.rotated')")
    .whereRaw('t.id = e.target_id AND u.id = t.owner_id')
    .whereRaw("e.action || '' = CASE WHEN t.rotated_at IS NULL THEN 'token.created' ELSE 'token.rotated' END")
    .whereRaw('e.at = COALESCE(t.rotated_at, t.created_at)')
    .whereRaw("u.kind = 'service-account' AND t.trust_id IS NULL AND NOT t.canary")
    .where((token) => token.whereNull('t.expires_at').orWhere('t.expires_at', '>', now));
  whereMatches(known, engine, query);
  return known.distinct('t.id').orderBy('t.id', 'desc').limit(limit);
}
