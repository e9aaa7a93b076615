import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { FoundToken, SearchText } from '../../records.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins, toToken } from '../tokens/token-rows.ts';
import { amongTexts, describes, maxSearched, prefixStart, whereBegins } from './beginning.ts';

/** See `SearchStore.tokens`. */
export async function findTokens(knex: Knex, engine: Engine, search: SearchText, limit: number): Promise<FoundToken[]> {
  const ids = new Set<string>();
  const add = async (found: Knex.QueryBuilder, column = 'id') => {
    for (const id of await found.limit(limit).pluck(column)) ids.add(id);
  };
  if (prefixStart.test(search.text)) {
    await add(beginning(knex, engine, { table: 'tokens', column: 'prefix', start: search.text }));
    await add(beginning(knex, engine, { table: 'previous_values', column: 'prefix', start: search.text }), 'token_id');
  }
  // Exchanged tokens come first if their names do, so many of them are read at most.
  const named = beginning(knex, engine, { table: 'tokens', column: 'name_folded', start: search.folded });
  named.orderByRaw(`${engine.bytewise('name_folded')}, id`).limit(maxSearched);
  await add(knex.from(named.select('id', 'trust_id').as('named')).whereRaw('trust_id IS NULL'));
  if (ids.size < limit) {
    const newest = knex('tokens').orderBy('id', 'desc').limit(maxSearched);
    const among = newest.select('id', 'name_folded', 'description', 'trust_id').as('newest');
    await add(knex.from(among).where((token) => whereSaid(token, engine, search)));
  }
  return readTokens(knex, engine, search, [...ids]);
}

/** See `SearchStore.tokensOf`. Looks at the tokens of these owners only, so that its time says nothing about others. */
export async function findTokensOf(
  knex: Knex,
  engine: Engine,
  search: SearchText,
  { ids: owners, matching }: { ids: readonly string[]; matching: readonly string[] },
  limit: number,
): Promise<FoundToken[]> {
  const own = tokensOf(knex, engine, owners)
    .select(
      ['id', 'owner_id', 'prefix', 'name_folded', 'description', 'trust_id'].map(
        (column) => `${engine.locksRows ? 'own' : 'tokens'}.${column}`,
      ),
    )
    .limit(maxSearched);
  const found = knex.from(own.as('own')).orderBy('id', 'desc').limit(limit);
  found.where((either) => {
    either.where((token) => whereSaid(token, engine, search));
    either.orWhere((token) => token.whereRaw('trust_id IS NULL').whereRaw(...amongTexts(engine, 'owner_id', matching)));
    if (!prefixStart.test(search.text)) return;
    either.orWhere((token) => whereBegins(token, engine, 'prefix', search.text));
    const earlier = knex('previous_values AS v').whereRaw('v.token_id = own.id').select('v.token_id');
    whereBegins(earlier, engine, 'v.prefix', search.text);
    either.orWhereExists(earlier);
  });
  return readTokens(knex, engine, search, await found.pluck('id'));
}

/** Selects the tokens of some owners. OFFSET keeps PostgreSQL from reading the tokens of all owners if these are many. */
function tokensOf(knex: Knex, engine: Engine, owners: readonly string[]): Knex.QueryBuilder {
  if (!engine.locksRows) return knex('tokens').whereRaw(...amongTexts(engine, 'owner_id', owners));
  const theirs = knex('tokens AS t').select('t.*').whereRaw('t.owner_id = owners.id');
  const ids = engine.bindList(owners) as Knex.RawBinding;
  const wanted = knex.select(knex.raw('unnest(CAST(? AS text[])) AS id', [ids]));
  return knex
    .from(wanted.as('owners'))
    .crossJoin(knex.raw('LATERAL (SELECT * FROM ? AS theirs OFFSET 0) AS own', [theirs]));
}

function beginning(
  knex: Knex,
  engine: Engine,
  { table, column, start }: { table: string; column: string; start: string },
): Knex.QueryBuilder {
  const found = knex(table);
  whereBegins(found, engine, column, start);
  return found;
}

/** Restricts a query to tokens with the text in their name or description. Nobody looks for the names of exchanged tokens. */
function whereSaid(query: Knex.QueryBuilder, engine: Engine, { text, folded }: SearchText): void {
  query.whereRaw('trust_id IS NULL');
  query.whereRaw(`(${engine.contains('name_folded')} OR ${describes(engine, 'description')})`, [folded, text, folded]);
}

async function readTokens(
  knex: Knex,
  engine: Engine,
  { text }: SearchText,
  ids: readonly string[],
): Promise<FoundToken[]> {
  if (ids.length === 0) return [];
  const rows: TokenRow[] = await knex
    .fromRaw(`tokens AS t JOIN users AS u ON u.id = t.owner_id ${tokenJoins}`)
    .select(ownedTokenColumns)
    .whereRaw(...amongTexts(engine, 't.id', ids));
  const values: Array<{ token_id: string; prefix: string }> = prefixStart.test(text)
    ? await knex('previous_values')
        .whereRaw(...amongTexts(engine, 'token_id', ids))
        .select('token_id', 'prefix')
    : [];
  return rows.map((row) => {
    const token = toToken(row);
    const earlier = values.find(({ token_id: id, prefix }) => id === token.id && prefix.startsWith(text));
    return { token, earlierPrefix: token.prefix.startsWith(text) ? null : (earlier?.prefix ?? null) };
  });
}
