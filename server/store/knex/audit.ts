import type { Knex } from 'knex';
import type { AuditStore } from '../interfaces/audit.ts';
import type { ListedAuditRecord } from '../records.ts';
import { actorColumns, auditColumns, auditTargetColumns } from '../tables/audit.ts';
import { type RowOf, toRecord, toRow } from '../tables/column.ts';

type AuditRow = RowOf<typeof auditColumns> & RowOf<typeof actorColumns> & RowOf<typeof auditTargetColumns>;

export function createAuditStore(knex: Knex): AuditStore {
  const events = () => knex<AuditRow>('audit');
  const tokenOwnerEmail = knex.raw(
    "(SELECT users.email FROM users WHERE users.id = audit.owner_id AND audit.target_kind = 'token') AS token_owner_email",
  );

  return {
    async insert(event) {
      await events().insert({
        ...toRow(auditColumns, event),
        ...toRow(actorColumns, event.actor),
        ...toRow(auditTargetColumns, event.target),
      });
    },
    async list({ limit, before, participant, actorEmail, action, since, until }) {
      const query = events().select('audit.*', tokenOwnerEmail).orderBy('id', 'desc').limit(limit);
      if (before !== null) query.where('id', '<', before);
      if (actorEmail !== undefined) query.where('actor_email', actorEmail);
      if (action !== undefined) query.where('action', action);
      if (since !== undefined) query.where('at', '>=', since);
      if (until !== undefined) query.where('at', '<', until);
      if (participant !== undefined) {
        query.where((event) =>
          event.where('actor_id', participant).orWhere('owner_id', participant).orWhere('target_id', participant),
        );
      }
      return (await query).map(toEvent);
    },
  };
}

function toEvent(row: object & { token_owner_email?: string | null }): ListedAuditRecord {
  return {
    ...toRecord(auditColumns, row),
    actor: toRecord(actorColumns, row),
    target: toRecord(auditTargetColumns, row),
    tokenOwnerEmail: row.token_owner_email ?? null,
  };
}
