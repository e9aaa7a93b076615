import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { Engine } from '../../engine/engine.ts';
import type { EndedTokenQuery, EndedTokenStore } from '../../interfaces/tokens.ts';
import type { EndedToken } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { selectList, toRecord } from '../../tables/column.ts';
import { deletionColumns, lastUseColumns, ownerColumns, tombstoneColumns } from '../../tables/tokens.ts';
import { deniedRequestColumns } from '../../tables/usage.ts';

/** Selects the tombstone `d` that stands for a token, and its owner `u`. */
const columns = [
  ...selectList(tombstoneColumns, 'd'),
  ...selectList(lastUseColumns, 'd'),
  ...selectList(actorColumns, 'd'),
  ...selectList(ownerColumns, 'u', 'owner_'),
  ...selectList(deletionColumns, 'u', 'owner_'),
];

/** The tombstones of lists that leave exchanged tokens out. Written as in their two indexes. */
const isListed = 'd.is_current AND NOT d.exchanged';

/** Selects the tombstones `d`. `toEndedToken` maps the rows. */
export function endedRows(knex: Knex, tombstones = 'tombstones AS d'): Knex.QueryBuilder<object, object[]> {
  return knex.fromRaw(`${tombstones} JOIN users AS u ON u.id = d.owner_id`).select(columns);
}

/** See `EndedTokenStore.list`. */
async function listEnded(knex: Knex, engine: Engine, query: EndedTokenQuery): Promise<object[]> {
  const { limit, before, ownerId, nameContains, exchanged, isLong = false } = query;
  const rows = endedRows(knex, tombstonesInOrder(engine, query)).limit(limit);
  if (ownerId !== undefined) rows.where('d.owner_id', ownerId);
  // Tokens that ended before the migration have no folded name.
  if (nameContains !== undefined)
    rows.whereRaw(engine.contains('COALESCE(d.name_folded, lower(d.name))'), nameContains);
  if (exchanged) {
    if (before !== null) rows.where('d.token_id', '<', before);
    return rows.whereRaw('d.is_current AND d.exchanged').orderBy('d.token_id', 'desc');
  }
  const last = before === null ? null : await endOf(knex, before);
  // Its tombstone is gone. Those of all tokens that ended before it are gone, too.
  if (last === undefined) return [];
  // An expression, because the index of the times would otherwise yield the tokens of all owners.
  const end = isLong ? 'd.revoked_at' : 'd.revoked_at + 0';
  if (last !== null) rows.whereRaw(`${end} <= ? AND (d.revoked_at, d.token_id) < (?, ?)`, [last, last, before]);
  return rows.whereRaw(isListed).orderByRaw(`${end} DESC, d.token_id DESC`);
}

/** SQLite, which has no statistics, would sort all tombstones instead of reading the index of the times. */
function tombstonesInOrder({ locksRows }: Engine, { isLong, exchanged }: EndedTokenQuery): string {
  const readsTimes = isLong && !exchanged && !locksRows;
  return readsTimes ? 'tombstones AS d INDEXED BY tombstones_revoked_at_index' : 'tombstones AS d';
}

/** Returns when a token ended. */
async function endOf(knex: Knex, tokenId: string): Promise<number | undefined> {
  const row = await knex('tombstones').where('token_id', tokenId).whereRaw('is_current').first('revoked_at');
  return row === undefined ? undefined : Number(row.revoked_at);
}

export function createEndedTokenStore(knex: Knex, engine: Engine): EndedTokenStore {
  const ended = () => endedRows(knex);

  return {
    async findById(id) {
      const living = knex('tokens').where({ id }).select('id');
      // The release before marks none of its tombstones, so the list leaves these tokens out.
      const rows: object[] = await ended()
        .where('d.token_id', id)
        .whereNotExists(living)
        .orderByRaw("d.is_current DESC, CASE WHEN d.reason = 'rotated' THEN 1 ELSE 0 END, d.hash")
        .limit(1);
      return rows[0] === undefined ? null : toEndedToken(rows[0]);
    },
    list: async (query) => (await listEnded(knex, engine, query)).map(toEndedToken),
    async countUpTo(ownerId, max) {
      const found = knex('tombstones AS d').whereRaw(isListed).select(knex.raw('1')).limit(max);
      if (ownerId !== undefined) found.where('d.owner_id', ownerId);
      const [row] = await knex.from(found.as('found')).count({ count: '*' });
      return Number(row?.count ?? 0);
    },
    async deniedOf(id) {
      const rows: object[] = await knex('ended_denied_requests')
        .where('token_id', id)
        .orderBy([
          { column: 'at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(limits.maxDeniedRequests)
        .select(selectList(deniedRequestColumns, 'ended_denied_requests'));
      return rows.map((row) => toRecord(deniedRequestColumns, row));
    },
  };
}

export function toEndedToken(row: object): EndedToken {
  const { tokenId: id, ownerId, prefix, name, revokedAt: endedAt, reason } = toRecord(tombstoneColumns, row);
  const { ownerEmail, ownerKind } = toRecord(ownerColumns, row, 'owner_');
  const ownerDeleted = toRecord(deletionColumns, row, 'owner_').ownerDeletedAt !== null;
  const isUsed = (row as { last_used_at?: unknown }).last_used_at !== null;
  return {
    ...{ id, ownerId, ownerEmail, ownerKind, ownerDeleted, prefix, name, endedAt, reason },
    actor: toRecord(actorColumns, row),
    lastUse: isUsed ? toRecord(lastUseColumns, row) : null,
  };
}
