import type { Knex } from 'knex';
import type { Row } from '../../../engine/engine.ts';
import type { Witness } from '../history.ts';

/**
 * Gives these tokens the rules, and the scopes of a management key, that they had since: those of the newest database that has the token or, if the history is
 * incomplete, those that any database knows to be later. Returns the IDs of tokens whose rules are others now, or of which it
 * cannot be said which rules are later. Call it after `carryApps`.
 */
export async function carryTokenRules(
  knex: Knex,
  newestFirst: readonly Witness[],
  tokens: readonly Row[],
  complete: boolean,
): Promise<Set<string>> {
  const present = new Map(tokens.map((token) => [String(token.id), token]));
  const changed = new Set<string>();
  for (const witness of newestFirst) {
    for (const known of await knownRules(witness, [...present.keys()])) {
      const id = String(known.id);
      const order = compare(known, present.get(id) ?? {}, complete);
      if (order !== 'same') changed.add(id);
      if (order === 'later') present.set(id, await takeOver(knex, witness.knex, known));
      if (complete) present.delete(id);
    }
  }
  return changed;
}

/** Returns the rules of the tokens with these IDs. A database of an earlier release has none. */
async function knownRules({ knex }: Witness, ids: readonly string[]): Promise<Row[]> {
  if (!(await knex.schema.hasTable('token_apps'))) return [];
  const columns = (await knex.schema.hasColumn('tokens', 'manage')) ? ['manage'] : [];
  return knex('tokens')
    .whereIn('id', ids)
    .select('id', 'rules', 'rules_changed_at', ...columns);
}

/** `same`: the rules of the token stay. With the complete history, what another database knows is later. */
function compare(known: Row, token: Row, complete: boolean): 'later' | 'same' | 'unknown' {
  const since = Number(known.rules_changed_at ?? 0) - Number(token.rules_changed_at ?? 0);
  if (since > 0) return 'later';
  const otherScopes = 'manage' in known && known.manage !== token.manage;
  const differs = known.rules !== token.rules || otherScopes || since !== 0;
  if (complete) return differs ? 'later' : 'same';
  return differs && since === 0 ? 'unknown' : 'same';
}

async function takeOver(knex: Knex, from: Knex, known: Row): Promise<Row> {
  const { id, rules, rules_changed_at } = known;
  const scopes = 'manage' in known ? { manage: known.manage } : {};
  const apps: string[] = await from('token_apps').where({ token_id: id }).pluck('app_id');
  const present: string[] = await knex('apps').whereIn('id', apps).pluck('id');
  await knex.transaction(async (trx) => {
    await trx('tokens')
      .where({ id })
      .update({ rules, rules_changed_at, ...scopes });
    await trx('token_apps').where({ token_id: id }).delete();
    for (const app of present) await trx('token_apps').insert({ app_id: app, token_id: id });
  });
  return known;
}
