import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { Actor, TokenRecord } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { type RecordOf, toRow } from '../../tables/column.ts';
import { tombstoneColumns } from '../../tables/tokens.ts';
import { ownerSelection, type TokenRow, toToken } from './token-rows.ts';

const maxRowsPerInsert = 100;

type PreviousValueRow = Pick<TokenRow, 'hash' | 'prefix'> & { token_id: string };

/** When, why and by whom tokens are destroyed. */
type Destruction = Pick<RecordOf<typeof tombstoneColumns>, 'revokedAt' | 'reason'> & { actor: Actor };

/**
 * Deletes the tokens of one owner that match `where`, and inserts a tombstone for each of their values, in one transaction. Returns the
 * deleted tokens, newest first.
 */
export function destroyTokens(
  knex: Knex,
  engine: Engine,
  where: { condition: string; bindings: readonly (string | number)[] },
  destruction: Destruction,
): Promise<TokenRecord[]> {
  return knex.transaction(async (trx) => {
    const run = async (sql: string) => engine.rows(await trx.raw(sql, [...where.bindings])) as unknown[];
    // A rotation that waits for these rows then finds no token. One that came first has stored its previous value.
    if (engine.locksRows) await run(`SELECT id FROM tokens WHERE ${where.condition} ORDER BY id FOR UPDATE`);
    const theirs = `token_id IN (SELECT id FROM tokens WHERE ${where.condition})`;
    const values = (await run(`DELETE FROM previous_values WHERE ${theirs} RETURNING *`)) as PreviousValueRow[];
    const rows = (await run(`DELETE FROM tokens WHERE ${where.condition} RETURNING *`)) as TokenRow[];
    const [first] = rows;
    if (!first) return [];
    const tombstones = rows.flatMap((row) => {
      const previous = values.filter((value) => value.token_id === row.id);
      return [row, ...previous].map(({ hash, prefix }) => toTombstone({ ...row, hash, prefix }, destruction));
    });
    await trx.batchInsert('tombstones', tombstones, maxRowsPerInsert);
    const owner: object = await trx('users').where('id', first.owner_id).first(ownerSelection);
    return rows.map((row) => toToken({ ...row, ...owner })).sort((a, b) => (a.id < b.id ? 1 : -1));
  });
}

/** Deletes at most `limit` previous values that ended before `before`. Returns the number of rows deleted. */
export function purgePreviousValues(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('previous_values').select('hash').where('valid_until', '<', before);
  return knex('previous_values').whereIn('hash', old.orderBy('valid_until').limit(limit)).delete();
}

/** Deletes at most `limit` tombstones of tokens destroyed before `before`. Returns the number of rows deleted. */
export function purgeTombstones(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('tombstones').select('hash').where('revoked_at', '<', before).orderBy('revoked_at').limit(limit);
  return knex('tombstones').whereIn('hash', old).delete();
}

function toTombstone(token: TokenRow, { actor, ...ending }: Destruction) {
  const { id: tokenId, hash, owner_id: ownerId, prefix, name } = token;
  return {
    ...toRow(tombstoneColumns, { hash, tokenId, ownerId, prefix, name, ...ending }),
    ...toRow(actorColumns, actor),
  };
}
