import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { SearchStore } from '../../interfaces/search.ts';
import { findApps, findMembers, findServiceAccounts } from './accounts.ts';
import { maxSearched } from './beginning.ts';
import { findEndedTokens, isEnded } from './ended-tokens.ts';
import { findTokens, findTokensOf } from './tokens.ts';

export function createSearchStore(knex: Knex, engine: Engine): SearchStore {
  return {
    tokens: (search, limit) => findTokens(knex, engine, search, limit),
    tokensOf: (search, owners, limit) => findTokensOf(knex, engine, search, owners, limit),
    endedTokens: (search, limit, owners) => findEndedTokens(knex, engine, search, limit, owners),
    members: (folded, limit) => findMembers(knex, engine, folded, limit),
    serviceAccounts: (search, limit, ids) => findServiceAccounts(knex, engine, search, limit, ids),
    apps: (folded, limit) => findApps(knex, engine, folded, limit),
    async isTooLarge() {
      for (const table of ['tokens', 'users']) {
        const rest = knex(table).select('id').orderBy('id', 'desc').limit(1).offset(maxSearched);
        if ((await rest).length > 0) return true;
      }
      const ended = knex('tombstones').whereRaw(isEnded).orderBy('token_id', 'desc');
      return (await ended.select('token_id').limit(1).offset(maxSearched)).length > 0;
    },
  };
}
