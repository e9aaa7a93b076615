import type { AuditAction } from '../../../shared/schemas/audit.ts';
import type { AuditRecord, ListedAuditRecord, Page } from '../records.ts';

export interface AuditQuery extends Page {
  /** Matches events in which the member with this ID is the actor, owner or target. */
  participant?: string;
  /** Email address of the actor, which need not belong to a member. */
  actorEmail?: string;
  action?: AuditAction;
  /** Inclusive. */
  since?: number;
  /** Exclusive. */
  until?: number;
}

export interface AuditStore {
  /** Inserts an event, and queues it for the webhooks that its action matches. */
  insert(event: AuditRecord): Promise<void>;
  /** Returns those of these events that exist, in any order. */
  findByIds(ids: readonly string[]): Promise<ListedAuditRecord[]>;
  list(query: AuditQuery): Promise<ListedAuditRecord[]>;
}
