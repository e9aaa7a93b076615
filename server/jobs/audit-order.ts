import { assignPositions } from '../domain/audit-log.ts';
import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/** Creates the job that gives positions to new audit events, so that few wait when somebody reads the log in order. */
export function createAuditOrder(store: Store): Job {
  return { name: 'audit-order', everyMs: 60_000, run: (signal) => assignPositions(store, undefined, signal) };
}
