import type { Knex } from 'knex';
import type { Engine } from '../engine/engine.ts';
import type { AuditStore } from '../interfaces/audit.ts';
import type { ListedAuditRecord } from '../records.ts';
import { actorColumns, actorTokenColumn, auditColumns, auditTargetColumns } from '../tables/audit.ts';
import { type RowOf, toRecord, toRow } from '../tables/column.ts';
import { selectNewestIds } from './audit-list.ts';
import { queueDeliveries } from './webhooks/deliveries.ts';

const allActorColumns = { ...actorColumns, token: actorTokenColumn };

type AuditRow = RowOf<typeof auditColumns> & RowOf<typeof allActorColumns> & RowOf<typeof auditTargetColumns>;

export function createAuditStore(knex: Knex, engine: Engine): AuditStore {
  const events = () => knex<AuditRow>('audit');
  const tokenOwnerEmail = knex.raw(
    "(SELECT users.email FROM users WHERE users.id = audit.owner_id AND audit.target_kind = 'token') AS token_owner_email",
  );

  return {
    async insert(event) {
      await events().insert({
        ...toRow(auditColumns, { ...event, changes: event.changes ? JSON.stringify(event.changes) : null }),
        ...toRow(allActorColumns, { ...event.actor, token: event.actor.token ?? null }),
        ...toRow(auditTargetColumns, event.target),
      });
      await queueDeliveries(knex, event);
    },
    async findByIds(ids) {
      if (ids.length === 0) return [];
      const among = engine.bindList(ids) as Knex.RawBinding;
      const found = await events().select('audit.*', tokenOwnerEmail).whereRaw(engine.among('id'), [among]);
      return found.map(toEvent);
    },
    async list(query) {
      const found = await events()
        .select('audit.*', tokenOwnerEmail)
        .whereIn('id', selectNewestIds(knex, engine, query))
        .orderBy('id', 'desc')
        .limit(query.limit);
      return found.map(toEvent);
    },
  };
}

function toEvent(row: object & { token_owner_email?: string | null }): ListedAuditRecord {
  const { changes, ...event } = toRecord(auditColumns, row);
  const { token, ...actor } = toRecord(allActorColumns, row);
  return {
    ...event,
    ...(changes !== null && { changes: JSON.parse(changes) }),
    actor: { ...actor, ...(token !== null && { token }) },
    target: toRecord(auditTargetColumns, row),
    tokenOwnerEmail: row.token_owner_email ?? null,
  };
}
