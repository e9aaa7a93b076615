import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { AuditStore } from './interfaces/audit.ts';
import type { Store } from './store.ts';

/**
 * Wraps a store so that `count` is called for each audit event, after the event is committed. Events of a transaction
 * that rolls back are not counted.
 */
export function countEvents(store: Store, count: (action: AuditAction) => void): Store {
  return {
    ...store,
    audit: observeInserts(store.audit, count),
    async transaction(work) {
      const uncommitted: AuditAction[] = [];
      const result = await store.transaction((store) => {
        const inner: Store = {
          ...store,
          audit: observeInserts(store.audit, (action) => uncommitted.push(action)),
          transaction: (work) => work(inner),
        };
        return work(inner);
      });
      for (const action of uncommitted) count(action);
      return result;
    },
  };
}

function observeInserts(audit: AuditStore, inserted: (action: AuditAction) => void): AuditStore {
  return {
    ...audit,
    async insert(event) {
      await audit.insert(event);
      inserted(event.action);
    },
  };
}
