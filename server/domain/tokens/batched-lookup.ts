import { StoreUnavailable } from '../../store/errors.ts';

const largestBatch = 500;

/** From how many questions on a statement beside others is worth its while: it costs as much as several answers. */
const enoughForAnother = 24;

/** What a statement is given at least, though this process was held up so long that the deadline is over. */
const leastMs = 50;

interface Waiting<T> {
  key: string;
  arrived: number;
  resolve(found: T | null): void;
  reject(reason: unknown): void;
}

/**
 * Look-ups that arrive together share one statement: what arrives while it is in flight is the next batch. A lone request
 * goes out at once. Nothing is cached: each answer was read after its question was asked.
 * `readMany` answers in the order of its keys, null for what there is not; it is asked `atOnce` times at once at most.
 * A question that is not answered `deadlineMs` after it arrived rejects with StoreUnavailable.
 */
export function createBatchedLookup<T>(
  readMany: (keys: string[]) => Promise<Array<T | null>>,
  { deadlineMs, atOnce }: { deadlineMs: number; atOnce: number },
): (key: string) => Promise<T | null> {
  let queue: Array<Waiting<T>> = [];
  let running = 0;

  async function run(): Promise<void> {
    running += 1;
    for (let batch = nextBatch(); batch.length > 0; batch = nextBatch()) {
      await answer(batch);
      if (queue.length === 0) break;
      // Under load: once every socket that is ready was read, and those that became ready meanwhile.
      await turn();
      await turn();
    }
    running -= 1;
  }

  function nextBatch(): Array<Waiting<T>> {
    const batch = queue.length > largestBatch ? queue.splice(0, largestBatch) : queue;
    if (batch === queue) queue = [];
    return batch;
  }

  async function answer(batch: Array<Waiting<T>>): Promise<void> {
    const oldest = batch[0]?.arrived ?? performance.now();
    try {
      const keys = batch.map(({ key }) => key);
      const found = await within(deadlineMs - (performance.now() - oldest), readMany(keys));
      batch.forEach(({ resolve }, place) => {
        resolve(found[place] ?? null);
      });
    } catch (cause) {
      const unavailable =
        cause instanceof StoreUnavailable ? cause : new StoreUnavailable('The look-up failed', { cause });
      for (const { reject } of [...batch, ...overdue()]) reject(unavailable);
    }
  }

  /** Takes out whoever waited too long behind a statement that failed: another one of their own would come later still. */
  function overdue(): Array<Waiting<T>> {
    const latest = performance.now() - deadlineMs;
    const inTime = queue.findIndex(({ arrived }) => arrived > latest);
    return queue.splice(0, inTime < 0 ? queue.length : inTime);
  }

  return (key) =>
    new Promise((resolve, reject) => {
      queue.push({ key, arrived: performance.now(), resolve, reject });
      if (running === 0 || (running < atOnce && queue.length >= enoughForAnother)) void run();
    });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * Waits for `work` at most `ms`. The work itself goes on: a statement cannot be called back. After a time in which this
 * process itself was held up, an answer that is there already counts: hence the turn.
 */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const tooLate = () => reject(new StoreUnavailable('The database did not answer in time'));
    timer = setTimeout(() => void turn().then(turn).then(tooLate), Math.max(leastMs, ms));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
