import type { Store } from '../store/store.ts';
import type { Job } from './runner.ts';

/**
 * Creates the job that compares our time with the database's. It runs often, because the monotonic clock stands still while
 * a virtual machine is suspended.
 */
export function createMeasureClock(clock: Pick<Store['clock'], 'measure'>): Job {
  return { name: 'measure-clock', everyMs: 1000, run: () => clock.measure() };
}
