import type { AuditAction } from '../../shared/audit-actions.ts';
import { observeEvents } from './observe-events.ts';
import type { Store } from './store.ts';

/** Wraps a store so that `count` is called for each audit event, after the event is committed. */
export function countEvents(store: Store, count: (action: AuditAction) => void): Store {
  return observeEvents(store, { committed: ({ action }) => count(action) });
}
