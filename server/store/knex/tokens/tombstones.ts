import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { NamedToken } from '../../interfaces/tokens.ts';
import type { Actor, TokenRecord } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { type RecordOf, toRow } from '../../tables/column.ts';
import { lastUseColumns, tombstoneColumns } from '../../tables/tokens.ts';
import { ownerSelection, type TokenRow, toToken } from './token-rows.ts';

const maxRowsPerInsert = 100;

type PreviousValueRow = LastUsed &
  Pick<TokenRow, 'hash' | 'prefix'> & { token_id: string; valid_until: number | string };

/** The columns of the last use. All are null if there was none. */
type LastUsed = Pick<TokenRow, 'last_used_at'>;

/** The time, the reason and the actor of a destruction of tokens. */
export type Destruction = Pick<RecordOf<typeof tombstoneColumns>, 'revokedAt' | 'reason'> & { actor: Actor };

/** Selects tokens `t`. */
export interface TokenCondition {
  condition: string;
  bindings: readonly Knex.RawBinding[];
}

/**
 * Deletes the tokens of one owner that match `where`, and inserts a tombstone for each of their values, in one transaction. Returns the
 * deleted tokens, newest first.
 */
export function destroyTokens(
  knex: Knex,
  engine: Engine,
  where: TokenCondition,
  destruction: Destruction,
): Promise<TokenRecord[]> {
  return knex.transaction(async (trx) => {
    const rows = await bury(trx, engine, where, destruction);
    const [first] = rows;
    if (!first) return [];
    const owner: object = await trx('users').where('id', first.owner_id).first(ownerSelection);
    return rows.map((row) => toToken({ ...row, ...owner })).sort((a, b) => (a.id < b.id ? 1 : -1));
  });
}

/**
 * Does the same for the tokens of any owners among those found. Returns the number of tokens deleted. Locks the owners before their
 * tokens, as a creation does, because each tombstone refers to its owner. Leaves a token that another transaction holds: the deletion of
 * its owner holds the token until the owner's row is free, so that it would deadlock with one that waits for the token.
 */
export async function destroyFound(
  trx: Knex.Transaction,
  engine: Engine,
  found: ReadonlyArray<{ id: string; owner_id: string }>,
  { condition, bindings }: TokenCondition,
  destruction: Destruction,
): Promise<number> {
  if (found.length === 0) return 0;
  const owners = [...new Set(found.map((token) => token.owner_id))];
  if (engine.locksRows) await trx('users').whereIn('id', owners).orderBy('id').forKeyShare().select('id');
  const listOf = (tokens: ReadonlyArray<{ id: string }>) =>
    engine.bindList(tokens.map(({ id }) => id)) as Knex.RawBinding;
  const where = { condition: `${engine.among('t.id')} AND ${condition}`, bindings: [listOf(found), ...bindings] };
  if (!engine.locksRows) return (await bury(trx, engine, where, destruction)).length;
  const free = await lockFree(trx, engine, where);
  if (free.length === 0) return 0;
  const locked = { condition: engine.among('t.id'), bindings: [listOf(free)] };
  return (await bury(trx, engine, locked, destruction)).length;
}

/** Locks the tokens that no other transaction holds, and returns their IDs. */
export async function lockFree(
  trx: Knex.Transaction,
  engine: Engine,
  { condition, bindings }: TokenCondition,
): Promise<Array<{ id: string }>> {
  const sql = `SELECT t.id FROM tokens AS t WHERE ${condition} ORDER BY t.id FOR UPDATE SKIP LOCKED`;
  return engine.rows(await trx.raw(sql, [...bindings])) as Array<{ id: string }>;
}

async function bury(
  trx: Knex.Transaction,
  engine: Engine,
  { condition, bindings }: TokenCondition,
  destruction: Destruction,
): Promise<TokenRow[]> {
  const run = async (sql: string) => engine.rows(await trx.raw(sql, [...bindings])) as unknown[];
  const matching = `SELECT t.id FROM tokens AS t WHERE ${condition}`;
  // A rotation that waits for these rows then finds no token. One that came first has stored its previous value.
  if (engine.locksRows) await run(`${matching} ORDER BY t.id FOR UPDATE`);
  const theirs = `token_id IN (${matching})`;
  const values = (await run(`DELETE FROM previous_values WHERE ${theirs} RETURNING *`)) as PreviousValueRow[];
  const rows = (await run(`DELETE FROM tokens AS t WHERE ${condition} RETURNING *`)) as TokenRow[];
  const tombstones = rows.flatMap((row) => {
    const previous = values.filter((value) => value.token_id === row.id);
    return [
      toTombstone(row, destruction, newestUse([row, ...previous])),
      ...previous.map((value) => toTombstone({ ...row, ...value }, previousEnding(value, destruction), null)),
    ];
  });
  await trx.batchInsert('tombstones', tombstones, maxRowsPerInsert);
  return rows;
}

/** Returns how a previous value ends with its token. One that had ended before stays `rotated`, unless the token was revoked. */
function previousEnding({ valid_until: validUntil }: PreviousValueRow, destruction: Destruction): Destruction {
  const hadEnded = Number(validUntil) <= destruction.revokedAt;
  return hadEnded && destruction.reason !== 'revoked' ? { ...destruction, reason: 'rotated' } : destruction;
}

/**
 * Deletes at most `limit` previous values that ended before `before`. Returns the number of rows deleted. Leaves values that another
 * transaction holds to the next run, because that transaction may wait for a value that this one has locked.
 */
export function purgePreviousValues(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('previous_values').select('hash').limit(limit).forUpdate().skipLocked();
  // The time is negative if the value was ended early.
  old.whereBetween('valid_until', [0, before - 1]).orWhereBetween('valid_until', [1 - before, -1]);
  return knex('previous_values').with('old', old).whereIn('hash', knex('old').select('hash')).delete();
}

/** Deletes at most `limit` tombstones of tokens destroyed before `before`. Returns the number of rows deleted. */
export function purgeTombstones(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('tombstones').select('hash').where('revoked_at', '<', before).orderBy('revoked_at').limit(limit);
  return knex('tombstones').whereIn('hash', old).delete();
}

/** See `TokenStore.endedAmong`. */
export async function endedAmong(knex: Knex, engine: Engine, ids: readonly string[]): Promise<NamedToken[]> {
  // A tombstone of each value remains.
  const rows = await knex('tombstones AS b')
    .join('users AS u', 'u.id', 'b.owner_id')
    .whereRaw(engine.among('b.token_id'), [engine.bindList(ids) as Knex.RawBinding])
    .distinct({ id: 'b.token_id', name: 'b.name', ownerId: 'b.owner_id', ownerEmail: 'u.email', ownerKind: 'u.kind' });
  return [...new Map(rows.map((row: NamedToken) => [row.id, row])).values()];
}

/** Returns the values with the newest use. */
function newestUse(values: readonly LastUsed[]): LastUsed {
  return values.reduce((newest, value) =>
    Number(value.last_used_at ?? 0) > Number(newest.last_used_at ?? 0) ? value : newest,
  );
}

/** `use` has the last use of a token for the tombstone that stands for it. It is null for the others. */
function toTombstone(
  token: Pick<TokenRow, 'id' | 'hash' | 'owner_id' | 'prefix' | 'name' | 'name_folded' | 'trust_id'>,
  { actor, ...ending }: Destruction,
  use: LastUsed | null,
) {
  const { id: tokenId, hash, owner_id: ownerId, prefix, name, name_folded: nameFolded } = token;
  const kept = { isCurrent: use !== null, exchanged: token.trust_id !== null, nameFolded };
  const stored = use as Record<string, unknown> | null;
  return {
    ...toRow(tombstoneColumns, { hash, tokenId, ownerId, prefix, name, ...ending, ...kept }),
    ...toRow(actorColumns, actor),
    ...Object.fromEntries(Object.values(lastUseColumns).map(({ name }) => [name, stored?.[name] ?? null])),
  };
}
