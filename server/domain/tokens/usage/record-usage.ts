import type { TokenUses } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import type { Networks } from './new-network.ts';
import type { CountedToken } from './token-counts.ts';
import type { UseCounter } from './use-counter.ts';

/** Tokens in one transaction. On SQLite, other changes wait for it: up to some 50 ms. */
const maxTokensPerBatch = 250;

/** Writes the counted uses into the database. */
export interface RecordUsage {
  /**
   * Writes all uses that were counted before the call, in batches. If a batch fails, it is kept, and the next call writes it
   * first under the same number. So a batch whose commit was confirmed only to the database counts once.
   * @throws the first error, after all batches, if mails about new networks could not be written
   */
  flush(): Promise<void>;
}

interface RecordUsageDeps {
  store: Store;
  clock: Clock;
  /** Identifies this process. */
  writerId: string;
  counter: Pick<UseCounter, 'take' | 'pending'>;
  networks: Networks;
}

export function createRecordUsage({ store, clock, writerId, counter, networks }: RecordUsageDeps): RecordUsage {
  let batch = 0;
  let unwritten: readonly CountedToken[] = [];

  async function write(tokens: readonly CountedToken[]): Promise<readonly unknown[]> {
    const writer = { id: writerId, batch, at: clock.now() };
    const { noticed, errors } = await store.transaction(async (store) => {
      const fresh = await store.usage.add({ writer, tokens: tokens satisfies readonly TokenUses[] });
      return networks.notice(store, fresh, tokens);
    });
    if (noticed) networks.wake();
    return errors;
  }

  async function writeNext(limit: number, errors: unknown[]): Promise<number> {
    if (unwritten.length === 0) {
      unwritten = counter.take(Math.min(limit, maxTokensPerBatch));
      batch += 1;
    }
    const { length } = unwritten;
    if (length > 0) errors.push(...(await write(unwritten)));
    unwritten = [];
    return length;
  }

  return {
    async flush() {
      const errors: unknown[] = [];
      let left = counter.pending() + unwritten.length;
      while (left > 0) left -= await writeNext(left, errors);
      if (errors.length > 0) throw errors[0];
    },
  };
}
