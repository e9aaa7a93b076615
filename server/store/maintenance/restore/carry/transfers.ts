import type { Knex } from 'knex';
import { limits } from '../../../../../shared/limits.ts';
import type { Engine, Row } from '../../../engine/engine.ts';
import { batchesOf } from '../../table-digest.ts';
import type { History, Witness } from '../history.ts';
import { describeUncertain, pauseUncertain, type UncertainToken } from './token-life.ts';

/**
 * Gives each token of the backup the owner that it had since. Otherwise, a restore would give a token back to a member who left. If the
 * new owner is not in the backup, or if the history is incomplete and another database knows another owner, the token stays where it
 * was and is paused. Returns the paused tokens. Call it after `carryTokenLife`.
 */
export async function carryTransfers(engine: Engine, history: History, now: number): Promise<UncertainToken[]> {
  const { knex } = engine;
  const { line, others, gap } = history;
  const newestFirst = (gap === null ? [...line] : [...line, ...others]).reverse();
  const paused: string[] = [];
  for await (const tokens of batchesOf(knex, { name: 'tokens', key: ['id'] })) {
    for (const [token, known] of await transferredOf(newestFirst, tokens, gap === null)) {
      if (gap === null && (await moveToken(knex, known))) continue;
      await pauseUncertain(knex, String(token.id), now);
      paused.push(String(token.id));
    }
  }
  return Promise.all(paused.map((id) => describeUncertain(knex, id)));
}

/**
 * Returns each token that has another owner in another database, with its row there: in the newest one that has the token or, if the
 * history is incomplete, in any.
 */
async function transferredOf(
  newestFirst: readonly Witness[],
  tokens: readonly Row[],
  complete: boolean,
): Promise<Array<[Row, Row]>> {
  const found = new Map<Row, Row>();
  const left = new Map(tokens.map((token) => [String(token.id), token]));
  for (const { knex } of newestFirst) {
    const rows: Row[] = await knex('tokens')
      .whereIn('id', [...left.keys()])
      .select('id', 'owner_id', 'name', 'name_folded');
    for (const known of rows) {
      const token = left.get(String(known.id));
      const differs = token !== undefined && token.owner_id !== known.owner_id;
      if (differs) found.set(token, known);
      if (differs || complete) left.delete(String(known.id));
    }
  }
  return [...found];
}

/** Appends to a name that may have the maximum length already. */
function withSuffix(name: unknown, suffix: string): string {
  const characters = [...String(name)].slice(0, limits.maxNameCodePoints - suffix.length);
  return `${characters.join('')}${suffix}`;
}

/** Gives a token to its later owner, under a name that is free there. Returns false if the backup does not have the owner. */
async function moveToken(knex: Knex, { id, owner_id, name, name_folded }: Row): Promise<boolean> {
  const owner = await knex('users').where({ id: owner_id }).whereNull('deleted_at').first('id');
  if (owner === undefined) return false;
  for (let number = 1; ; number += 1) {
    const suffix = number === 1 ? '' : `-${number}`;
    const named = { name: withSuffix(name, suffix), name_folded: withSuffix(name_folded, suffix) };
    if ((await knex('tokens').where({ owner_id, name_folded: named.name_folded }).first('id')) !== undefined) continue;
    await knex('tokens')
      .where({ id })
      .update({ owner_id, ...named });
    return true;
  }
}
