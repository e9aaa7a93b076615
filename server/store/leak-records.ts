import type { RecordOf } from './tables/column.ts';
import type { leakColumns } from './tables/leaks.ts';

/** A value that was reported as leaked. */
export type LeakRecord = RecordOf<typeof leakColumns>;

/** One report of a value, with its time. */
export type NewLeak = Omit<LeakRecord, 'reports' | 'firstAt' | 'lastAt'> & { at: number };

/** A canary, without its uses. */
export interface Canary {
  id: string;
  prefix: string;
  name: string;
  ownerId: string;
  ownerEmail: string;
}
