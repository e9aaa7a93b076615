import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { TokenStore } from '../../interfaces/tokens.ts';
import type { NewToken, TokenRecord } from '../../records.ts';
import { toRow } from '../../tables/column.ts';
import { newTokenColumns } from '../../tables/tokens.ts';
import { canaryHash, valueHash } from '../leaks/canaries.ts';
import { manyExpired, purgeExpired } from './expired-tokens.ts';
import { recordLastUses } from './last-uses.ts';
import { countMatching } from './lists/token-counts.ts';
import { idsByName, idsByPrefix } from './lists/token-ids.ts';
import { countTokens, findIds, listTokens } from './lists/token-list.ts';
import { whereStatus } from './status-condition.ts';
import { createTokenChangeStore } from './token-changes.ts';
import { ownedTokenColumns, type TokenRow, tokenJoins, toToken } from './token-rows.ts';
import { destroyTokens, endedAmong, purgePreviousValues, purgeTombstones } from './tombstones.ts';
import { createLookups } from './verification/lookups.ts';

export function createTokenStore(knex: Knex, engine: Engine): TokenStore {
  const owned = () =>
    knex.fromRaw(`tokens AS t JOIN users AS u ON u.id = t.owner_id ${tokenJoins}`).select(ownedTokenColumns);

  async function findById(id: string): Promise<TokenRecord | null> {
    const row: TokenRow | undefined = await owned().where('t.id', id).first();
    return row ? toToken(row) : null;
  }

  async function findAllOf(ownerId: string): Promise<TokenRecord[]> {
    const rows: TokenRow[] = await owned().where('t.owner_id', ownerId).orderBy('t.id');
    return rows.map(toToken);
  }

  return {
    async insert(token, limit) {
      const { sql, bindings } = insertSql(token, limit);
      if (engine.rows(await knex.raw(sql, bindings)).length > 0) return 'inserted';
      const sameName = { owner_id: token.ownerId, name_folded: token.nameFolded };
      return (await knex('tokens').where(sameName).first('id')) ? 'name-taken' : 'token-limit';
    },
    findById,
    async findMany(ids) {
      const rows: TokenRow[] = await owned().whereRaw(engine.among('t.id'), [engine.bindList(ids) as Knex.RawBinding]);
      return rows.map(toToken);
    },
    endedAmong: (ids) => endedAmong(knex, engine, ids),
    async hashOf(id) {
      const row = await knex('tokens').where({ id }).first('hash');
      return row === undefined ? null : valueHash(row.hash);
    },
    ...createTokenChangeStore(knex, engine, { findById, findAllOf }),
    idsByPrefix: (prefix) => idsByPrefix(knex, engine, prefix),
    idsByName: (nameFolded, limit) => idsByName(knex, engine, nameFolded, limit),
    list: async (query) => (await listTokens(knex, engine, query)).map(toToken),
    countMatching: (filters, context, sliceSize = 50_000) => countMatching(knex, engine, filters, context, sliceSize),
    countUpTo: (query, max) => countTokens(knex, engine, query, max),
    idsUpTo: (query, max) => findIds(knex, engine, query, max),

    async countActiveOf(ownerId, statusContext) {
      const [row] = await knex('tokens as t')
        .join('users as u', 'u.id', 't.owner_id')
        .where({ 't.owner_id': ownerId, 't.canary': false })
        .where((row) => whereStatus(row, engine, 'active', statusContext))
        .count({ active: '*' });
      return Number(row?.active);
    },
    ...createLookups(knex, engine),
    async destroy(id, at, actor) {
      const where = { condition: 'id = ?', bindings: [id] };
      const [token] = await destroyTokens(knex, engine, where, { revokedAt: at, reason: 'revoked', actor });
      return token ?? null;
    },
    destroyAmong(ownerId, ids, at, actor) {
      const bindings = [ownerId, engine.bindList(ids) as Knex.RawBinding];
      const where = { condition: `owner_id = ? AND ${engine.among('id')}`, bindings };
      return destroyTokens(knex, engine, where, { revokedAt: at, reason: 'revoked', actor });
    },
    destroyAllOf(ownerId, at, actor) {
      const where = { condition: 'owner_id = ?', bindings: [ownerId] };
      return destroyTokens(knex, engine, where, { revokedAt: at, reason: 'revoked', actor });
    },
    async destroyAllOfTrust(trustId, at, actor) {
      // A trust that was given to another service account has tokens of both.
      const owners: string[] = await knex('tokens')
        .where({ trust_id: trustId })
        .distinct()
        .orderBy('owner_id')
        .pluck('owner_id');
      const destroyed: TokenRecord[] = [];
      for (const owner of owners) {
        const where = { condition: 'trust_id = ? AND owner_id = ?', bindings: [trustId, owner] };
        destroyed.push(...(await destroyTokens(knex, engine, where, { revokedAt: at, reason: 'revoked', actor })));
      }
      return destroyed;
    },
    async destroyExpired({ ownerId, nameFolded }, at, actor) {
      const condition = 'owner_id = ? AND name_folded = ? AND expires_at <= ?';
      const where = { condition, bindings: [ownerId, nameFolded, at] };
      await destroyTokens(knex, engine, where, { revokedAt: at, reason: 'expired', actor });
    },
    async destroyManyExpired(ownerId, keep, at, actor) {
      const destruction = { revokedAt: at, reason: 'expired', actor } as const;
      await destroyTokens(knex, engine, manyExpired(ownerId, keep, at), destruction);
    },
    purgeExpired: (expired, at, actor) =>
      purgeExpired(knex, engine, expired, { revokedAt: at, reason: 'expired', actor }),
    async countExpiring(now, until) {
      // One pass, because very many tokens may expire within the longest time.
      const counts = until.map((time, index) =>
        knex.raw(`count(CASE WHEN expires_at <= ? THEN 1 END) AS within${index}`, [time]),
      );
      const expiring = () =>
        knex('tokens')
          .where('expires_at', '>', now)
          .where('expires_at', '<=', Math.max(...until))
          .select(counts);
      const [all] = await expiring();
      // Subtracted, because a condition on all tokens would read their rows and not only the index.
      const [exchanged] = await expiring().whereRaw('trust_id IS NOT NULL');
      const [canaries] = await expiring().whereRaw('canary');
      const counted = (row: Record<string, unknown>, index: number) => Number(row[`within${index}`]);
      return until.map((_time, index) => counted(all, index) - counted(exchanged, index) - counted(canaries, index));
    },
    recordUses: (uses, now) => recordLastUses(knex, engine, uses, now),
    purgePreviousValues: (before, limit) => purgePreviousValues(knex, before, limit),
    purgeTombstones: (before, limit) => purgeTombstones(knex, before, limit),
  };
}

/** The INSERT itself checks the limit and the unique name. A separate check could miss a concurrent INSERT. */
function insertSql(token: NewToken, limit: number) {
  const { hash, canary } = token;
  const row = toRow(newTokenColumns, { ...token, hash: canary ? canaryHash(hash) : hash });
  const [counted, id] =
    token.trustId === null ? ['owner_id = ? AND trust_id IS NULL', token.ownerId] : ['trust_id = ?', token.trustId];
  const columns = Object.keys(row);
  return {
    sql: `INSERT INTO tokens (${columns.join(', ')})
      SELECT ${columns.map(() => '?').join(', ')}
      WHERE (SELECT count(*) FROM tokens WHERE ${counted} AND (expires_at IS NULL OR expires_at > ?)) < ?
      ON CONFLICT (owner_id, name_folded) DO NOTHING RETURNING id`,
    bindings: [...Object.values(row), id, token.createdAt, limit],
  };
}
