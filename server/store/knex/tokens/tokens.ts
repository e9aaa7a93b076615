import type { Knex } from 'knex';
import type { TokenStatus } from '../../../../shared/schemas/tokens.ts';
import type { Engine } from '../../engine/engine.ts';
import type { HashMatch, NewToken, StatusContext } from '../../records.ts';
import type { TokenStore } from '../../store.ts';
import { containing } from '../like.ts';
import { matchColumns, toHashMatch, tombstoneColumns, toTombstoneMatch } from './hash-matches.ts';
import { recordLastUses } from './last-uses.ts';
import { type OwnedTokenRow, ownedTokenColumns, toToken } from './token-rows.ts';
import { destroyTokens, purgeTombstones } from './tombstones.ts';

export function createTokenStore(knex: Knex, engine: Engine): TokenStore {
  const tokenByHash = {
    columns: ['0', ...matchColumns],
    from: 'FROM tokens t JOIN users u ON u.id = t.owner_id WHERE t.hash = ?',
  };
  const tokensByHash = {
    columns: [engine.place, ...matchColumns],
    from: `FROM ${engine.eachOf('t.hash', 'tokens t')} JOIN users u ON u.id = t.owner_id`,
  };
  const tombstonesByHash = {
    columns: [engine.place, ...tombstoneColumns],
    from: `FROM ${engine.eachOf('d.hash', 'tombstones d')} JOIN users u ON u.id = d.owner_id`,
  };
  const owned = () =>
    knex('tokens as t')
      .join('users as u', 'u.id', 't.owner_id')
      .select(knex.raw(ownedTokenColumns.join(', ')));

  return {
    async insert(token, limit) {
      const { sql, bindings } = insertSql(token, limit);
      if (engine.rows(await knex.raw(sql, bindings)).length > 0) return 'inserted';
      const twin = { owner_id: token.ownerId, name_folded: token.nameFolded };
      return (await knex('tokens').where(twin).first('id')) ? 'name-taken' : 'token-limit';
    },
    async findById(id) {
      const row: OwnedTokenRow | undefined = await owned().where('t.id', id).first();
      return row ? toToken(row) : null;
    },
    async list({ limit, before, ownerId, nameContains, status, ...statusContext }) {
      const query = owned().orderBy('t.id', 'desc').limit(limit);
      if (before !== null) query.where('t.id', '<', before);
      if (ownerId !== undefined) query.where('t.owner_id', ownerId);
      if (nameContains !== undefined) query.whereRaw("t.name_folded LIKE ? ESCAPE '!'", containing(nameContains));
      if (status !== undefined) query.where((row) => whereStatus(row, status, statusContext));
      const rows: OwnedTokenRow[] = await query;
      return rows.map(toToken);
    },
    async countActiveOf(ownerId, statusContext) {
      const [row] = await knex('tokens as t')
        .join('users as u', 'u.id', 't.owner_id')
        .where('t.owner_id', ownerId)
        .where((row) => whereStatus(row, 'active', statusContext))
        .count({ active: '*' });
      return Number(row?.active);
    },
    async findByHashes(hashes) {
      const trx = knex.isTransaction ? (knex as Knex.Transaction) : undefined;
      const [only = ''] = hashes;
      const rows = await (hashes.length === 1
        ? engine.select(tokenByHash, [only], trx)
        : engine.select(tokensByHash, [engine.bindList(hashes)], trx));
      const found: Array<HashMatch | null> = Array(hashes.length).fill(null);
      for (const row of rows) found[Number(row[0])] = toHashMatch(row);
      if (rows.length === hashes.length) return found;
      const rest = hashes.flatMap((_hash, place) => (found[place] === null ? [place] : []));
      // In this order: what is revoked in between is found by the second one.
      const gone = engine.bindList(rest.map((place) => hashes[place] ?? ''));
      for (const row of await engine.select(tombstonesByHash, [gone], trx)) {
        found[rest[Number(row[0])] ?? 0] = toTombstoneMatch(row);
      }
      return found;
    },
    async destroy(id, at, actor) {
      const [token] = await destroyTokens(knex, engine, { column: 'id', value: id }, at, actor);
      return token ?? null;
    },
    destroyAllOf: (ownerId, at, actor) =>
      destroyTokens(knex, engine, { column: 'owner_id', value: ownerId }, at, actor),
    recordUses: (uses, now) => recordLastUses(knex, engine, uses, now),
    purgeTombstones: (before, limit) => purgeTombstones(knex, before, limit),
  };
}

/** The count and the unique name are judged by the statement that inserts. */
function insertSql(token: NewToken, limit: number) {
  const row = {
    id: token.id,
    owner_id: token.ownerId,
    hash: token.hash,
    prefix: token.prefix,
    name: token.name,
    name_folded: token.nameFolded,
    description: token.description,
    created_at: token.createdAt,
    expires_at: token.expiresAt,
  };
  const columns = Object.keys(row);
  return {
    sql: `INSERT INTO tokens (${columns.join(', ')})
      SELECT ${columns.map(() => '?').join(', ')} WHERE (SELECT count(*) FROM tokens WHERE owner_id = ?) < ?
      ON CONFLICT (owner_id, name_folded) DO NOTHING RETURNING id`,
    bindings: [...Object.values(row), token.ownerId, limit],
  };
}

/** The same order as the domain's: the owner disabled, the permission missing, the sign-in stale, expired, else active. */
function whereStatus(row: Knex.QueryBuilder, status: TokenStatus, { now, ssoStaleBefore }: StatusContext): void {
  row.where('u.disabled', status === 'disabled');
  if (status === 'disabled') return;
  row.where('u.can_manage_tokens', status !== 'blocked');
  if (status === 'blocked') return;
  if (status === 'sso-stale') {
    row.where('u.sso_signed_in_at', '<', ssoStaleBefore ?? 0);
    return;
  }
  row.where((fresh) => fresh.whereNull('u.sso_signed_in_at').orWhere('u.sso_signed_in_at', '>=', ssoStaleBefore ?? 0));
  if (status === 'expired') row.where('t.expires_at', '<=', now);
  else row.where((living) => living.whereNull('t.expires_at').orWhere('t.expires_at', '>', now));
}
