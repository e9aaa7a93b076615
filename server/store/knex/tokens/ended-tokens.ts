import type { Knex } from 'knex';
import { limits } from '../../../../shared/limits.ts';
import type { Engine } from '../../engine/engine.ts';
import type { EndedTokenStore } from '../../interfaces/tokens.ts';
import type { EndedToken } from '../../records.ts';
import { actorColumns } from '../../tables/audit.ts';
import { selectList, toRecord } from '../../tables/column.ts';
import { lastUseColumns, ownerColumns, tombstoneColumns } from '../../tables/tokens.ts';
import { deniedRequestColumns } from '../../tables/usage.ts';

/** Selects the tombstone `d` that stands for a token, and its owner `u`. */
const columns = [
  ...selectList(tombstoneColumns, 'd'),
  ...selectList(lastUseColumns, 'd'),
  ...selectList(actorColumns, 'd'),
  ...selectList(ownerColumns, 'u', 'owner_'),
];

/** Selects the tombstones `d`. `toEndedToken` maps the rows. */
export function endedRows(knex: Knex): Knex.QueryBuilder<object, object[]> {
  return knex.fromRaw('tombstones AS d JOIN users AS u ON u.id = d.owner_id').select(columns);
}

export function createEndedTokenStore(knex: Knex, engine: Engine): EndedTokenStore {
  const ended = () => endedRows(knex);

  return {
    async findById(id) {
      const living = knex('tokens').where({ id }).select('id');
      // A node of the release before marked none of its tombstones.
      const rows: object[] = await ended()
        .where('d.token_id', id)
        .whereNotExists(living)
        .orderByRaw("d.is_current DESC, CASE WHEN d.reason = 'rotated' THEN 1 ELSE 0 END, d.hash")
        .limit(1);
      return rows[0] === undefined ? null : toEndedToken(rows[0]);
    },
    async list({ limit, before, ownerId, nameContains, exchanged }) {
      const rows = ended()
        .whereRaw(exchanged ? 'd.is_current AND d.exchanged' : 'd.is_current AND NOT d.exchanged')
        .orderBy('d.token_id', 'desc')
        .limit(limit);
      if (before !== null) rows.where('d.token_id', '<', before);
      if (ownerId !== undefined) rows.where('d.owner_id', ownerId);
      // Tokens that ended before the migration have no folded name.
      if (nameContains !== undefined)
        rows.whereRaw(engine.contains('COALESCE(d.name_folded, lower(d.name))'), nameContains);
      return (await rows).map(toEndedToken);
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
  const isUsed = (row as { last_used_at?: unknown }).last_used_at !== null;
  return {
    ...{ id, ownerId, ownerEmail, ownerKind, prefix, name, endedAt, reason },
    actor: toRecord(actorColumns, row),
    lastUse: isUsed ? toRecord(lastUseColumns, row) : null,
  };
}
