import { setTimeout as sleep } from 'node:timers/promises';
import { createOutage, type Log, safeLine } from '../log.ts';
import type { LineSink } from './sink.ts';

/** Maximum number of events that wait. With more, the log leaves out the newest ones, because requests must not wait for it. */
const maxWaiting = 10_000;
const maxBatch = 200;
const retryMs = 1_000;
/** An event whose commit has an unknown outcome is looked up after these times. By then, the database has ended the transaction. */
const lookAgainMs = [2_000, 30_000];

interface Waiting {
  id: string;
  /** How often to look for it again if it is not there. */
  looks: number;
}

interface EventLogDeps {
  sink: LineSink;
  log: Pick<Log, 'info' | 'warn' | 'error'>;
  /** Returns those of the events that exist, as the API shows them. */
  read(ids: readonly string[]): Promise<ReadonlyArray<{ id: string }>>;
}

export type EventLog = ReturnType<typeof createEventLog>;

/**
 * Creates the log of audit events, one JSON line for each. It reads an event from the database after its commit, so that the line
 * is what the API returns, and so that an event whose commit has an unknown outcome is written only if it exists. Writing goes on
 * in the background. Its failure affects nothing else, because the database has every event.
 */
export function createEventLog({ sink, log, read }: EventLogDeps) {
  const waiting: Waiting[] = [];
  const stopping = new AbortController();
  const outage = createOutage(
    log,
    { path: sink.name },
    { begins: 'audit events cannot be logged; the database has them', ends: 'audit events are logged again' },
  );
  let wake = new AbortController();
  let leftOut = 0;
  let reopens = false;
  let closing = false;

  function add(event: Waiting): void {
    if (waiting.length < maxWaiting) waiting.push(event);
    else {
      leftOut += 1;
      if (leftOut === 1)
        log.error({ path: sink.name, waiting: maxWaiting }, 'the audit log is too slow; new events are left out of it');
    }
    wake.abort();
  }

  function lookAgain(missing: readonly Waiting[]): void {
    for (const { id, looks } of missing) {
      const ms = lookAgainMs[lookAgainMs.length - looks];
      if (ms !== undefined) setTimeout(() => add({ id, looks: looks - 1 }), ms).unref();
    }
  }

  /** Repeats an action until it succeeds, or until the log is closed for good. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        const result = await work();
        outage.recordSuccess();
        return result;
      } catch (error) {
        outage.recordFailure(error);
        await sleep(retryMs, undefined, { ref: false, signal: stopping.signal });
        if (reopens) await reopen();
      }
    }
  }

  async function reopen(): Promise<void> {
    reopens = false;
    await sink.close().catch(() => {});
  }

  async function writeBatch(): Promise<void> {
    const batch = waiting.slice(0, maxBatch);
    const found = new Map((await persist(() => read(batch.map(({ id }) => id)))).map((event) => [event.id, event]));
    const lines = batch.flatMap(({ id }) => (found.has(id) ? [safeLine(`${JSON.stringify(found.get(id))}\n`)] : []));
    const text = lines.join('');
    if (text !== '') await persist(() => sink.write(text));
    waiting.splice(0, batch.length);
    lookAgain(batch.filter(({ id }) => !found.has(id)));
    if (leftOut === 0 || waiting.length > 0) return;
    log.warn({ path: sink.name, left_out: leftOut }, 'the audit log lacks events, which the database has');
    leftOut = 0;
  }

  async function run(): Promise<void> {
    await persist(() => sink.open());
    while (!stopping.signal.aborted) {
      if (reopens) {
        await reopen();
        await persist(() => sink.open());
      }
      if (waiting.length > 0) await writeBatch();
      else if (closing) return;
      else {
        await sleep(60_000, undefined, { ref: false, signal: wake.signal }).catch(() => undefined);
        wake = new AbortController();
      }
    }
  }

  // It rejects only when it is stopped.
  const running = run().catch(() => undefined);

  return {
    /** Call it after the event is committed. */
    committed: (id: string) => add({ id, looks: 0 }),
    /** Call it if the outcome of the commit is unknown. */
    uncertain: (id: string) => add({ id, looks: lookAgainMs.length }),
    /** Closes the file and opens it again, because its name belongs to another file now. */
    reopen() {
      reopens = true;
      wake.abort();
    },
    /** Writes the waiting events, for at most `graceMs`. Returns whether all of them were written. */
    async close(graceMs: number): Promise<boolean> {
      closing = true;
      wake.abort();
      await Promise.race([running, sleep(graceMs, undefined, { ref: false })]);
      stopping.abort();
      const left = waiting.length;
      if (left > 0)
        log.error({ path: sink.name, left_out: left }, 'the audit log lacks events, which the database has');
      else await sink.close().catch(() => {});
      return left === 0;
    },
  };
}
