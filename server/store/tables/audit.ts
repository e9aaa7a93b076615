import type { AuditAction } from '../../../shared/audit-actions.ts';
import { integer, nullable, text } from './column.ts';

/** Who made a change. */
export const actorColumns = {
  kind: text<'actor_kind', 'user' | 'service-account' | 'client' | 'system' | 'anonymous'>('actor_kind'),
  id: nullable(text('actor_id')),
  email: nullable(text('actor_email')),
};

/** The column of `audit` for `Actor.token`. */
export const actorTokenColumn = nullable(text('actor_token'));

/** What was changed. */
export const auditTargetColumns = {
  kind: text<
    'target_kind',
    | 'user'
    | 'service-account'
    | 'token'
    | 'session'
    | 'client'
    | 'app'
    | 'trust'
    | 'webhook'
    | 'mail'
    | 'issuer'
    | 'database'
  >('target_kind'),
  id: nullable(text('target_id')),
  name: nullable(text('target_name')),
};

export const auditColumns = {
  id: text('id'),
  at: integer('at'),
  action: text<'action', AuditAction>('action'),
  /** The member whose account or token was changed. Null if the event concerns no member. */
  ownerId: nullable(text('owner_id')),
  ip: nullable(text('ip')),
  userAgent: nullable(text('user_agent')),
  /** A JSON array of `FieldChange`; null for actions that change no fields. */
  changes: nullable(text('changes')),
};
