import type { OrganizationDay } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';

const dayMs = 24 * 60 * 60 * 1000;

/**
 * The verifications of all tokens together, by day. Verification only adds one to a number in memory. A flush adds the numbers to those of all nodes.
 */
export interface DayTotals {
  /** Counts a verification of a value that tokensd issued. Anybody can present another value as often as they like, so that it would say nothing about the tokens. */
  count(allowed: boolean): void;
  /**
   * Adds what was counted before the call to the stored totals. If that fails, the next call writes the same numbers first, under
   * the same number of the batch, so that a batch whose commit was not confirmed counts once.
   */
  flush(): Promise<void>;
}

interface DayTotalsDeps {
  store: Pick<Store, 'transaction'>;
  clock: Clock;
  /** Identifies this process. It writes no other batches under this name. */
  writerId: string;
}

export function createDayTotals({ store, clock, writerId }: DayTotalsDeps): DayTotals {
  let counted: OrganizationDay[] = [];
  let unwritten: readonly OrganizationDay[] = [];
  let batch = 0;

  /** The days are one or two, unless a clock was set. */
  function today(): OrganizationDay {
    const day = Math.floor(clock.now() / dayMs);
    const last = counted.at(-1);
    if (last?.day === day) return last;
    const total = counted.find((other) => other.day === day) ?? { day, allowed: 0, denied: 0 };
    counted = [...counted.filter((other) => other !== total), total];
    return total;
  }

  async function write(): Promise<void> {
    if (unwritten.length === 0) return;
    const writer = { id: writerId, batch, at: clock.now() };
    await store.transaction((store) => store.usage.addDays(writer, unwritten));
    unwritten = [];
  }

  return {
    count(allowed) {
      today()[allowed ? 'allowed' : 'denied'] += 1;
    },
    async flush() {
      await write();
      unwritten = counted;
      counted = [];
      batch += 1;
      await write();
    },
  };
}
