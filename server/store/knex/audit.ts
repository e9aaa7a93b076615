import type { Knex } from 'knex';
import type { AuditRecord } from '../records.ts';
import type { AuditStore } from '../store.ts';

interface AuditRow {
  id: string;
  at: number | string;
  actor_kind: AuditRecord['actor']['kind'];
  actor_id: string | null;
  actor_email: string | null;
  action: AuditRecord['action'];
  target_kind: AuditRecord['target']['kind'];
  target_id: string | null;
  target_name: string | null;
  owner_id: string | null;
  ip: string | null;
  user_agent: string | null;
}

export function createAuditStore(knex: Knex): AuditStore {
  const events = () => knex<AuditRow>('audit');

  return {
    async insert(event) {
      await events().insert({
        id: event.id,
        at: event.at,
        actor_kind: event.actor.kind,
        actor_id: event.actor.id,
        actor_email: event.actor.email,
        action: event.action,
        target_kind: event.target.kind,
        target_id: event.target.id,
        target_name: event.target.name,
        owner_id: event.ownerId,
        ip: event.ip,
        user_agent: event.userAgent,
      });
    },
    async list({ limit, before, participant, actorEmail, action, since, until }) {
      const query = events().orderBy('id', 'desc').limit(limit);
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

function toEvent(row: AuditRow): AuditRecord {
  return {
    id: row.id,
    at: Number(row.at),
    actor: { kind: row.actor_kind, id: row.actor_id, email: row.actor_email },
    action: row.action,
    target: { kind: row.target_kind, id: row.target_id, name: row.target_name },
    ownerId: row.owner_id,
    ip: row.ip,
    userAgent: row.user_agent,
  };
}
