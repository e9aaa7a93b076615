import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { Actor, TokenRecord } from '../../records.ts';
import { type OwnerColumns, type TokenRow, toToken } from './token-rows.ts';

const rowsAtOnce = 100;

/** Deletes the tokens whose `column` is `value` and leaves a tombstone for each, in one transaction; answers them, newest first. */
export function destroyTokens(
  knex: Knex,
  engine: Engine,
  { column, value }: { column: 'id' | 'owner_id'; value: string },
  at: number,
  actor: Actor,
): Promise<TokenRecord[]> {
  return knex.transaction(async (trx) => {
    const answer = await trx.raw(`DELETE FROM tokens WHERE ${column} = ? RETURNING *`, [value]);
    const gone = engine.rows(answer) as unknown as TokenRow[];
    const [first] = gone;
    if (!first) return [];
    await trx.batchInsert(
      'tombstones',
      gone.map((token) => toTombstone(token, at, actor)),
      rowsAtOnce,
    );
    const owner: OwnerColumns = await trx('users').where('id', first.owner_id).first(ownerColumns);
    return gone.map((token) => toToken({ ...token, ...owner })).sort((a, b) => (a.id < b.id ? 1 : -1));
  });
}

/** Deletes at most `limit` tombstones older than `before`; answers how many. */
export function purgeTombstones(knex: Knex, before: number, limit: number): Promise<number> {
  const old = knex('tombstones').select('hash').where('revoked_at', '<', before).orderBy('revoked_at').limit(limit);
  return knex('tombstones').whereIn('hash', old).delete();
}

const ownerColumns = {
  owner_email: 'email',
  owner_name: 'name',
  owner_superuser: 'superuser',
  owner_disabled: 'disabled',
  owner_can_manage_tokens: 'can_manage_tokens',
  owner_sso_signed_in_at: 'sso_signed_in_at',
};

function toTombstone(token: TokenRow, at: number, actor: Actor) {
  return {
    hash: token.hash,
    token_id: token.id,
    owner_id: token.owner_id,
    prefix: token.prefix,
    name: token.name,
    revoked_at: at,
    actor_kind: actor.kind,
    actor_id: actor.id,
    actor_email: actor.email,
  };
}
