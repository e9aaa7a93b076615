import { OutcomeUnknown } from './errors.ts';
import type { AuditStore } from './interfaces/audit.ts';
import type { AuditRecord } from './records.ts';
import type { Store } from './store.ts';

export interface EventObserver {
  /** Called for each audit event once it is committed. */
  committed(event: AuditRecord): void;
  /** Called for each audit event of a commit whose outcome is unknown. */
  uncertain?(event: AuditRecord): void;
}

/** Wraps a store so that an observer learns of each audit event after its commit, and never of one that was rolled back. */
export function observeEvents(store: Store, { committed, uncertain = () => {} }: EventObserver): Store {
  return {
    ...store,
    audit: observeInserts(store.audit, committed, uncertain),
    async transaction(work) {
      const inserted: AuditRecord[] = [];
      try {
        const result = await store.transaction((store) => {
          const inner: Store = {
            ...store,
            audit: observeInserts(store.audit, (event) => inserted.push(event)),
            transaction: (work) => work(inner),
          };
          return work(inner);
        });
        for (const event of inserted) committed(event);
        return result;
      } catch (error) {
        if (error instanceof OutcomeUnknown) for (const event of inserted) uncertain(event);
        throw error;
      }
    },
  };
}

/** Outside a transaction, a statement may have been committed although it failed. */
function observeInserts(
  audit: AuditStore,
  inserted: (event: AuditRecord) => void,
  failed: (event: AuditRecord) => void = () => {},
): AuditStore {
  return {
    ...audit,
    async insert(event) {
      try {
        await audit.insert(event);
      } catch (error) {
        failed(event);
        throw error;
      }
      inserted(event);
    },
  };
}
