import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { Actor, TokenRecord } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { toRow } from '../../tables/column.ts';
import { tombstoneColumns } from '../../tables/tokens.ts';
import { ownerSelection, type TokenRow, toToken } from './token-rows.ts';

const maxRowsPerInsert = 100;

/**
 * Deletes the tokens whose `column` is `value`, and inserts a tombstone for each, in one transaction. Returns the deleted
 * tokens, newest first.
 */
export function destroyTokens(
  knex: Knex,
  engine: Engine,
  { column, value }: { column: 'id' | 'owner_id'; value: string },
  revokedAt: number,
  actor: Actor,
): Promise<TokenRecord[]> {
  return knex.transaction(async (trx) => {
    const result = await trx.raw(`DELETE FROM tokens WHERE ${column} = ? RETURNING *`, [value]);
    const rows = engine.rows(result) as unknown as TokenRow[];
    const [first] = rows;
    if (!first) return [];
    const tombstones = rows.map((row) => toTombstone(row, revokedAt, actor));
    await trx.batchInsert('tombstones', tombstones, maxRowsPerInsert);
    const owner: object = await trx('users').where('id', first.owner_id).first(ownerSelection);
    return rows.map((row) => toToken({ ...row, ...owner })).sort((a, b) => (a.id < b.id ? 1 : -1));
  });
}

/** Deletes at most `limit` tombstones of tokens revoked before `before`. Returns the number of rows deleted. */
export function purgeTombstones(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('tombstones').select('hash').where('revoked_at', '<', before).orderBy('revoked_at').limit(limit);
  return knex('tombstones').whereIn('hash', old).delete();
}

function toTombstone(token: TokenRow, revokedAt: number, actor: Actor) {
  const { id: tokenId, hash, owner_id: ownerId, prefix, name } = token;
  return {
    ...toRow(tombstoneColumns, { hash, tokenId, ownerId, prefix, name, revokedAt }),
    ...toRow(actorColumns, actor),
  };
}
