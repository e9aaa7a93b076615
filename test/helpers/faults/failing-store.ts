import { OutcomeUnknown } from '../../../server/store/errors.ts';
import type { Store } from '../../../server/store/store.ts';

/** Returns the store with transactions that fail before or after their commit, in the order of `failures`. */
export function failingStore(store: Store, failures: Array<'before' | 'after' | null>): Store {
  return {
    ...store,
    async transaction(work) {
      const failure = failures.shift();
      if (failure === 'before') throw new OutcomeUnknown('It was not committed.');
      const result = await store.transaction(work);
      if (failure === 'after') throw new OutcomeUnknown('It was committed.');
      return result;
    },
  };
}
