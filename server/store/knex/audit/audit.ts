import type { Knex } from 'knex';
import type { Engine } from '../../engine/engine.ts';
import type { AuditStore } from '../../interfaces/audit.ts';
import type { ListedAuditRecord } from '../../records.ts';
import { actorColumns, actorTokenColumn, auditColumns, auditTargetColumns } from '../../tables/audit.ts';
import { type RowOf, toRecord, toRow } from '../../tables/column.ts';
import { queueDeliveries } from '../webhooks/deliveries.ts';
import { addressesBeginningWith, cutAddresses } from './addresses.ts';
import { selectNewestIds } from './audit-list.ts';
import { lastInOrder, selectInOrder } from './in-order.ts';
import { idsNamed } from './names.ts';
import { findNarrowIds, isNarrow } from './narrow-list.ts';
import { assignPositions, waiting } from './positions.ts';
import { purgeAudit } from './retention.ts';
import { lastTransfers } from './transfers.ts';

const allActorColumns = { ...actorColumns, token: actorTokenColumn };

type AuditRow = RowOf<typeof auditColumns> & RowOf<typeof allActorColumns> & RowOf<typeof auditTargetColumns>;

export function createAuditStore(knex: Knex, engine: Engine): AuditStore {
  const events = () => knex<AuditRow>('audit');
  const tokenOwnerEmail = knex.raw(
    "(SELECT users.email FROM users WHERE users.id = audit.owner_id AND audit.target_kind = 'token') AS token_owner_email",
  );
  const actorName = knex.raw(
    "(SELECT users.name FROM users WHERE users.id = audit.actor_id AND audit.actor_kind = 'user') AS actor_name",
  );
  const selectListed = () => events().select('audit.*', tokenOwnerEmail, actorName);

  return {
    async insert(event) {
      await events().insert({
        ...toRow(auditColumns, { ...event, changes: event.changes ? JSON.stringify(event.changes) : null }),
        ...toRow(allActorColumns, { ...event.actor, token: event.actor.token ?? null }),
        ...toRow(auditTargetColumns, event.target),
        ...waiting,
      });
      await queueDeliveries(knex, event);
    },
    async findByIds(ids) {
      if (ids.length === 0) return [];
      const among = engine.bindList(ids) as Knex.RawBinding;
      const found = await selectListed().whereRaw(engine.among('id'), [among]);
      return found.map(toEvent);
    },
    async list(query) {
      const found = selectListed().orderBy('id', 'desc').limit(query.limit);
      if (!isNarrow(query)) return (await found.whereIn('id', selectNewestIds(knex, engine, query))).map(toEvent);
      const among = engine.bindList(await findNarrowIds(knex, engine, query)) as Knex.RawBinding;
      return (await found.whereRaw(engine.among('id'), [among])).map(toEvent);
    },
    idsNamed: (...query) => idsNamed(knex, ...query),
    lastTransfers: (tokenIds) => lastTransfers(knex, engine, tokenIds),
    addressesBeginningWith: (starts, limit) => addressesBeginningWith(knex, engine, starts, limit),
    assignPositions: (limit) => assignPositions(knex, engine, limit),
    async listInOrder(query) {
      const ids = await selectInOrder(knex, query);
      if (ids === null) return null;
      if (ids.length === 0) return [];
      const among = engine.bindList(ids) as Knex.RawBinding;
      const found = await selectListed().whereRaw(engine.among('id'), [among]);
      const places = new Map(ids.map((id, place) => [id, place]));
      const placeOf = ({ id }: ListedAuditRecord) => places.get(id) ?? 0;
      return found.map(toEvent).sort((one, other) => placeOf(one) - placeOf(other));
    },
    lastInOrder: (participant) => lastInOrder(knex, participant),
    purge: (query) => purgeAudit(knex, engine, query),
    cutAddresses: (query) => cutAddresses(knex, engine, query),
  };
}

function toEvent(row: object & { token_owner_email?: string | null; actor_name?: string | null }): ListedAuditRecord {
  const { changes, ...event } = toRecord(auditColumns, row);
  const { token, ...actor } = toRecord(allActorColumns, row);
  return {
    ...event,
    ...(changes !== null && { changes: JSON.parse(changes) }),
    actor: { ...actor, ...(token !== null && { token }) },
    target: toRecord(auditTargetColumns, row),
    tokenOwnerEmail: row.token_owner_email ?? null,
    // Members without a name have an empty one.
    actorName: row.actor_name || null,
  };
}
