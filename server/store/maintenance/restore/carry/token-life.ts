import type { Knex } from 'knex';
import type { Engine, Row } from '../../../engine/engine.ts';
import { batchesOf } from '../../table-digest.ts';
import type { History, Witness } from '../history.ts';
import { carryTokenRules } from './token-rules.ts';

/** A token whose state after the backup is not certain. The restore pauses it. */
export interface UncertainToken {
  prefix: string;
  name: string;
  owner: string;
}

/** The fields of a token that change during its life, except its name, its description and its rules. */
const lifeColumns = [
  ...[
    'hash',
    'prefix',
    'previous_hash',
    'rotated_at',
    'expires_at',
    'lifetime_ms',
    'expiry_cut',
    'self_rotate',
    'seen_at',
    'quiet_networks',
    'former_owner_knows',
    'canary_told_at',
    'canary_untold',
  ],
  ...['paused_at', 'paused_until', 'paused_reason', 'paused_by_kind', 'paused_by_id', 'paused_by_email'],
  ...['paused_by_superuser', 'resumed_at', 'previous_used_at'],
  ...['last_used_at', 'last_used_method', 'last_used_path', 'last_used_ip', 'last_used_user_agent'],
] as const;

/**
 * Gives each token of the backup the state that it had since: its values, those that ended by a rotation, its pause, its expiry
 * and its rules. The newest database that has the token knows it exactly, if the history is complete. Otherwise, a token that any database
 * knows in a later state takes that state and is paused, because a still later one may be lost. A token is paused too if it cannot be
 * said which state is later. Returns the paused tokens.
 */
export async function carryTokenLife(engine: Engine, history: History, now: number): Promise<UncertainToken[]> {
  const { knex } = engine;
  const { line, others, gap } = history;
  const newestFirst = (gap === null ? [...line] : [...line, ...others]).reverse();
  const changed: string[] = [];
  for await (const tokens of batchesOf(knex, { name: 'tokens', key: ['id'] })) {
    const taken = await takeOverBatch(engine, newestFirst, tokens, gap === null);
    const ruled = await carryTokenRules(knex, newestFirst, tokens, gap === null);
    changed.push(...new Set([...taken, ...ruled]));
  }
  await carryPolicyStarts(knex, line);
  const uncertain = gap === null ? [] : changed;
  for (const id of uncertain) await pauseUncertain(knex, id, now);
  return Promise.all(uncertain.map((id) => describeUncertain(knex, id)));
}

/** Takes over the state of these tokens, each from the first witness that knows it. Returns the IDs of those whose state is another one. */
async function takeOverBatch(
  { knex }: Engine,
  witnesses: readonly Witness[],
  tokens: readonly Row[],
  complete: boolean,
): Promise<Set<string>> {
  const taken = new Set<string>();
  const uncertain = new Set<string>();
  for (const witness of witnesses) {
    const left = tokens.filter(({ id }) => !taken.has(String(id)));
    const known = await knownTokens(witness, left);
    const orderOf = complete ? () => 'later' : await comparison(knex, witness.knex, left);
    for (const row of known) {
      const order = orderOf(row);
      if (order === 'unknown') uncertain.add(String(row.id));
      if (order !== 'later') continue;
      await takeOver(knex, witness.knex, row);
      taken.add(String(row.id));
    }
  }
  return new Set([...taken, ...uncertain]);
}

/** Returns the tokens with these IDs that a database has. One of an earlier release lacks some columns. */
function knownTokens({ knex }: Witness, tokens: readonly Row[]): Promise<Row[]> {
  const ids = tokens.map(({ id }) => String(id));
  return Promise.resolve(knex('tokens').whereIn('id', ids));
}

/**
 * Returns the function that compares what another database knows about a token with its row in the backup. `later`: it shows a later
 * change, or an earlier end. `unknown`: it shows something that the backup lacks, but not that it happened later. Its values must
 * not replace those of the backup, because a rotation may have ended them.
 */
async function comparison(
  backup: Knex,
  other: Knex,
  tokens: readonly Row[],
): Promise<(known: Row) => 'later' | 'unknown' | 'same'> {
  const ends = await endsOfPrevious(backup, tokens);
  const knownEnds = await endsOfPrevious(other, tokens);
  return (known) => {
    const token = tokens.find(({ id }) => id === known.id) ?? {};
    const since = (column: string) => Number(known[column] ?? 0) - Number(token[column] ?? 0);
    const isPauseLater = since('paused_at') > 0 || since('resumed_at') > 0;
    if (since('rotated_at') > 0) return 'later';
    // A rotation chooses a new expiry, so an earlier one from before proves nothing.
    if (since('rotated_at') < 0) return isPauseLater ? 'unknown' : 'same';
    const previousEndsEarlier = Number(knownEnds.get(known.id)) < Number(ends.get(known.id));
    if (isPauseLater || previousEndsEarlier || expiryOf(known) < expiryOf(token)) return 'later';
    return since('self_rotate') < 0 && known.self_rotate !== undefined ? 'unknown' : 'same';
  };
}

function expiryOf({ expires_at: expiresAt }: Row): number {
  return expiresAt === null ? Number.POSITIVE_INFINITY : Number(expiresAt);
}

/** Returns when the previous value of each token ends that it has in the backup, by the ID of the token. */
async function endsOfPrevious(knex: Knex, tokens: readonly Row[]): Promise<Map<unknown, unknown>> {
  if (!(await knex.schema.hasTable('previous_values'))) return new Map();
  const hashes = tokens.map(({ previous_hash: hash }) => hash).filter((hash) => typeof hash === 'string');
  const values: Row[] = await knex('previous_values').whereIn('hash', hashes);
  return new Map(values.map((value) => [value.token_id, value.valid_until]));
}

/** Tables that belong to a token and change during its life. */
const lifeTables = ['previous_values', 'denied_requests'] as const;

/** Copies the state of a token, its previous values and its denied requests from another database. One of an earlier release lacks a table. */
async function takeOver(knex: Knex, from: Knex, known: Row): Promise<void> {
  const columns = lifeColumns.filter((column) => known[column] !== undefined);
  const rows = new Map<string, Row[]>();
  for (const table of lifeTables) {
    if (await from.schema.hasTable(table)) rows.set(table, await from(table).where({ token_id: known.id }));
  }
  await knex.transaction(async (trx) => {
    await trx('tokens')
      .where({ id: known.id })
      .update(Object.fromEntries(columns.map((column) => [column, known[column]])));
    await trx('previous_values').where({ token_id: known.id }).delete();
    await trx('denied_requests').where({ token_id: known.id }).delete();
    for (const [table, known] of rows) for (const row of known) await trx(table).insert(row);
  });
}

/** Pauses a token until a superuser resumes it. */
export async function pauseUncertain(knex: Knex, id: string, now: number): Promise<void> {
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

/** Returns what the report of a restore says about a token that it paused. */
export async function describeUncertain(knex: Knex, id: string): Promise<UncertainToken> {
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
