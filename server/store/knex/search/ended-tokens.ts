import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { FoundEndedToken, SearchText } from '../../records.ts';
import { endedRows, toEndedToken } from '../tokens/ended-tokens.ts';
import { amongTexts, maxSearched, prefixStart, whereBegins } from './beginning.ts';

/** The tombstones that stand for tokens. Written as in the two indexes of such tombstones. */
export const isEnded = 'is_current AND NOT exchanged';
const isEndedExchanged = 'is_current AND exchanged';

/** See `SearchStore.endedTokens`. */
export async function findEndedTokens(
  knex: Knex,
  engine: Engine,
  search: SearchText,
  limit: number,
  owners?: readonly string[],
): Promise<FoundEndedToken[]> {
  const ids = new Set<string>();
  const add = async (found: Knex.QueryBuilder) => {
    for (const id of await found.limit(limit).pluck('token_id')) if (ids.size < limit) ids.add(id);
  };
  if (prefixStart.test(search.text)) {
    if (owners === undefined) {
      await add(withPrefix(knex, engine, search));
    } else {
      for (const condition of [isEnded, isEndedExchanged])
        await add(ownWithPrefix(knex, engine, search, owners, condition));
    }
  }
  if (ids.size < limit) await add(named(knex, engine, search, owners));
  return readEnded(knex, engine, search, [...ids]);
}

/** Selects the tombstones of values with this prefix, those of earlier values as well. */
function withPrefix(knex: Knex, engine: Engine, { text }: SearchText): Knex.QueryBuilder {
  const found = knex('tombstones');
  whereBegins(found, engine, 'prefix', text);
  return found;
}

/** Reads the tokens of these owners only, so that the time says nothing about others. */
function ownWithPrefix(
  knex: Knex,
  engine: Engine,
  { text }: SearchText,
  owners: readonly string[],
  condition: string,
): Knex.QueryBuilder {
  const own = ownedBy(knex, engine, owners, condition).select('token_id').as('own');
  const values = knex('tombstones AS v').whereRaw('v.token_id = own.token_id').select('v.token_id');
  whereBegins(values, engine, 'v.prefix', text);
  return knex.from(own).whereExists(values);
}

function named(knex: Knex, engine: Engine, { folded }: SearchText, owners?: readonly string[]): Knex.QueryBuilder {
  const newest =
    owners === undefined
      ? knex('tombstones').whereRaw(isEnded).orderBy('token_id', 'desc').limit(maxSearched)
      : ownedBy(knex, engine, owners, isEnded);
  const ended = newest.select('token_id', 'name', 'name_folded').as('ended');
  // Tokens that ended before the migration have no folded name.
  return knex.from(ended).whereRaw(engine.contains('COALESCE(name_folded, lower(name))'), folded);
}

function ownedBy(knex: Knex, engine: Engine, owners: readonly string[], condition: string): Knex.QueryBuilder {
  return knex('tombstones')
    .whereRaw(condition)
    .whereRaw(...amongTexts(engine, 'owner_id', owners))
    .limit(maxSearched);
}

async function readEnded(
  knex: Knex,
  engine: Engine,
  { text }: SearchText,
  ids: readonly string[],
): Promise<FoundEndedToken[]> {
  if (ids.length === 0) return [];
  const rows = await endedRows(knex)
    .whereRaw('d.is_current')
    .whereRaw(...amongTexts(engine, 'd.token_id', ids));
  const values: Array<{ token_id: string; prefix: string }> = prefixStart.test(text)
    ? await knex('tombstones')
        .whereRaw(...amongTexts(engine, 'token_id', ids))
        .select('token_id', 'prefix')
    : [];
  return rows.map((row) => {
    const token = toEndedToken(row);
    const earlier = values.find(({ token_id: id, prefix }) => id === token.id && prefix.startsWith(text));
    return { token, earlierPrefix: token.prefix.startsWith(text) ? null : (earlier?.prefix ?? null) };
  });
}
