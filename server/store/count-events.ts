import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { AuditStore } from './interfaces/audit.ts';
import type { Store } from './store.ts';

/** The same store; `counted` hears of each audit event once it is committed. */
export function countEvents(store: Store, counted: (action: AuditAction) => void): Store {
  return {
    ...store,
    audit: listening(store.audit, counted),
    async transaction(work) {
      const heard: AuditAction[] = [];
      const result = await store.transaction((store) => {
        const inner: Store = {
          ...store,
          audit: listening(store.audit, (action) => heard.push(action)),
          transaction: (work) => work(inner),
        };
        return work(inner);
      });
      for (const action of heard) counted(action);
      return result;
    },
  };
}

function listening(audit: AuditStore, heard: (action: AuditAction) => void): AuditStore {
  return {
    ...audit,
    async insert(event) {
      await audit.insert(event);
      heard(event.action);
    },
  };
}
