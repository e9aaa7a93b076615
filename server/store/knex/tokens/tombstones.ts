import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { Actor, TokenRecord } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { type RecordOf, toRow } from '../../tables/column.ts';
import { tombstoneColumns } from '../../tables/tokens.ts';
import { ownerSelection, type TokenRow, toToken } from './token-rows.ts';

const maxRowsPerInsert = 100;

/** When, why and by whom tokens are destroyed. */
type Destruction = Pick<RecordOf<typeof tombstoneColumns>, 'revokedAt' | 'reason'> & { actor: Actor };

/**
 * Deletes the tokens of one owner that match `where`, and inserts a tombstone for each, in one transaction. Returns the
 * deleted tokens, newest first.
 */
export function destroyTokens(
  knex: Knex,
  engine: Engine,
  where: { condition: string; bindings: readonly (string | number)[] },
  destruction: Destruction,
): Promise<TokenRecord[]> {
  return knex.transaction(async (trx) => {
    const result = await trx.raw(`DELETE FROM tokens WHERE ${where.condition} RETURNING *`, [...where.bindings]);
    const rows = engine.rows(result) as unknown as TokenRow[];
    const [first] = rows;
    if (!first) return [];
    const tombstones = rows.map((row) => toTombstone(row, destruction));
    await trx.batchInsert('tombstones', tombstones, maxRowsPerInsert);
    const owner: object = await trx('users').where('id', first.owner_id).first(ownerSelection);
    return rows.map((row) => toToken({ ...row, ...owner })).sort((a, b) => (a.id < b.id ? 1 : -1));
  });
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
