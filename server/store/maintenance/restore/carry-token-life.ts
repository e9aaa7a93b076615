import type { Knex } from 'knex';
import type { Engine, Row } from '../../engine/engine.ts';
import { batchesOf } from '../table-digest.ts';
import type { History, Witness } from './history.ts';

/** A token whose state after the backup is not certain. The restore pauses it. */
export interface UncertainToken {
  prefix: string;
  name: string;
  owner: string;
}

/** What changes about a token during its life, besides its name and its description. */
const lifeColumns = [
  ...['hash', 'prefix', 'previous_hash', 'rotated_at', 'expires_at', 'lifetime_ms', 'self_rotate', 'seen_at'],
  ...['paused_at', 'paused_until', 'paused_reason', 'paused_by_kind', 'paused_by_id', 'paused_by_email'],
  ...['paused_by_superuser', 'resumed_at', 'previous_used_at'],
  ...['last_used_at', 'last_used_method', 'last_used_path', 'last_used_ip', 'last_used_user_agent'],
] as const;

/**
 * Gives each token of the backup the state that it had since: its values, those that ended by a rotation, its pause and its
 * expiry. The newest database that has the token knows it exactly, if the history is complete. Otherwise, a token that any database
 * knows in a later state takes that state and is paused, because a still later one may be lost. Returns these tokens.
 */
export async function carryTokenLife(engine: Engine, history: History, now: number): Promise<UncertainToken[]> {
  const { knex } = engine;
  const { line, others, gap } = history;
  const newestFirst = (gap === null ? [...line] : [...line, ...others]).reverse();
  const changed: string[] = [];
  for await (const tokens of batchesOf(knex, { name: 'tokens', key: ['id'] })) {
    changed.push(...(await takeOverBatch(engine, newestFirst, tokens, gap === null)));
  }
  await carryPolicyStarts(knex, line);
  const uncertain = gap === null ? [] : changed;
  for (const id of uncertain) await pauseUncertain(knex, id, now);
  return Promise.all(uncertain.map((id) => describe(knex, id)));
}

/** Takes over the state of these tokens, each from the first witness that knows it. Returns the IDs of those that were found. */
async function takeOverBatch(
  { knex }: Engine,
  witnesses: readonly Witness[],
  tokens: readonly Row[],
  complete: boolean,
): Promise<Set<string>> {
  const taken = new Set<string>();
  for (const witness of witnesses) {
    const left = tokens.filter(({ id }) => !taken.has(String(id)));
    const known = await knownTokens(witness, left);
    for (const row of complete ? known : known.filter((row) => isLater(row, left))) {
      await takeOver(knex, witness.knex, row);
      taken.add(String(row.id));
    }
  }
  return taken;
}

/** Returns the tokens with these IDs that a database has. One of an earlier release lacks some columns. */
function knownTokens({ knex }: Witness, tokens: readonly Row[]): Promise<Row[]> {
  const ids = tokens.map(({ id }) => String(id));
  return Promise.resolve(knex('tokens').whereIn('id', ids));
}

/** Reports whether a row of a token shows a later change, or an earlier end, than its row in the backup. */
function isLater(known: Row, tokens: readonly Row[]): boolean {
  const token = tokens.find(({ id }) => id === known.id) ?? {};
  const time = (row: Row, column: string) => Number(row[column] ?? 0);
  const changed = ['rotated_at', 'paused_at', 'resumed_at'].some((column) => time(known, column) > time(token, column));
  const end = (row: Row) => (row.expires_at === null ? Number.POSITIVE_INFINITY : Number(row.expires_at));
  return changed || end(known) < end(token);
}

/** Copies the state of a token, and its previous values, from another database. */
async function takeOver(knex: Knex, from: Knex, known: Row): Promise<void> {
  const columns = lifeColumns.filter((column) => known[column] !== undefined);
  const values: Row[] = (await from.schema.hasTable('previous_values'))
    ? await from('previous_values').where({ token_id: known.id })
    : [];
  await knex.transaction(async (trx) => {
    await trx('tokens')
      .where({ id: known.id })
      .update(Object.fromEntries(columns.map((column) => [column, known[column]])));
    await trx('previous_values').where({ token_id: known.id }).delete();
    for (const value of values) await trx('previous_values').insert(value);
  });
}

async function pauseUncertain(knex: Knex, id: string, now: number): Promise<void> {
  await knex('tokens').where({ id }).update({
    paused_at: now,
    paused_until: null,
    paused_reason: 'A backup was restored, and the newest state of this token is not known.',
    paused_by_kind: 'system',
    paused_by_id: null,
    paused_by_email: null,
    paused_by_superuser: true,
  });
}

async function describe(knex: Knex, id: string): Promise<UncertainToken> {
  const row: Row | undefined = await knex('tokens')
    .join('users', 'users.id', 'tokens.owner_id')
    .where('tokens.id', id)
    .first('tokens.prefix', 'tokens.name', 'users.email');
  return { prefix: String(row?.prefix), name: String(row?.name), owner: String(row?.email) };
}

/** Keeps the starts of policies. Otherwise, idle tokens would work again for the first days with the setting. */
async function carryPolicyStarts(knex: Knex, line: readonly Witness[]): Promise<void> {
  const newest = line.at(-1)?.knex;
  if (newest === undefined || !(await newest.schema.hasTable('policy_starts'))) return;
  const starts: Row[] = await newest('policy_starts');
  for (const start of starts) {
    await knex('policy_starts').insert(start).onConflict(['policy', 'value_ms']).merge();
  }
}
