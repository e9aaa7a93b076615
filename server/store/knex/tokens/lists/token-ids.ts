import type { Knex } from 'knex';
import type { Engine } from '../../../engine/engine.ts';

/** Where the prefixes of values are, and the column with the ID of their token. */
const places = [
  ['tokens', 'id'],
  ['previous_values', 'token_id'],
  ['tombstones', 'token_id'],
] as const;

/** Returns the IDs of the tokens of which a value has or had this prefix. */
export async function idsByPrefix(knex: Knex, engine: Engine, prefix: string): Promise<string[]> {
  const parts = places.map(([table, id]) =>
    knex.select('id').from(
      knex(table)
        .select({ id })
        .whereRaw(`${engine.bytewise('prefix')} = ?`, prefix)
        .limit(20)
        .as('part'),
    ),
  );
  const [first, ...others] = parts;
  const all = (first as Knex.QueryBuilder).union(others).as('found');
  return knex.select('id').from(all).limit(20).pluck('id');
}

/** Returns the IDs of the newest tokens of all owners with this folded name. */
export function idsByName(knex: Knex, engine: Engine, nameFolded: string, limit: number): Promise<string[]> {
  const named = knex('tokens').whereRaw(`${engine.bytewise('name_folded')} = ?`, nameFolded);
  return named.orderBy('id', 'desc').limit(limit).pluck('id');
}
