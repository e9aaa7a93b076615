import type { Config } from '../../config/config.ts';
import type { Context, Output } from '../../context.ts';
import { auditObject } from '../../http/representations.ts';
import { createEventLog } from '../../observability/event-log/event-log.ts';
import { createFileSink } from '../../observability/event-log/file-sink.ts';
import type { LineSink } from '../../observability/event-log/sink.ts';
import type { Log } from '../../observability/log.ts';
import { observeEvents } from '../../store/observe-events.ts';
import type { Store } from '../../store/store.ts';

/** How long a stop waits for a slow reader of the log. */
const graceMs = 3_000;

interface EventLogDeps {
  context: Pick<Context, 'stdout' | 'uid' | 'onReopenSignal'>;
  config: Pick<Config, 'auditLog'>;
  log: Log;
  store: Store;
}

/** The log that TOKENSD_AUDIT_LOG names. */
interface OpenEventLog {
  /** Wraps a store so that its events are logged after their commit. */
  observe(store: Store): Store;
  /** Writes the waiting events, for some seconds at most. Returns whether all of them were written. */
  close(): Promise<boolean>;
}

/** Opens the log of audit events. Returns null if the settings name none. */
export function openEventLog({ context, config: { auditLog }, log, store }: EventLogDeps): OpenEventLog | null {
  if (auditLog === null) return null;
  const sink = auditLog === 'stdout' ? outputSink(context.stdout) : createFileSink(auditLog.file, context.uid, log);
  const read = async (ids: readonly string[]) => (await store.audit.findByIds(ids)).map(auditObject);
  const events = createEventLog({ sink, log, read });
  if (auditLog !== 'stdout') context.onReopenSignal(events.reopen);
  return {
    observe: (store) =>
      observeEvents(store, {
        committed: ({ id }) => events.committed(id),
        uncertain: ({ id }) => events.uncertain(id),
      }),
    close: () => events.close(graceMs),
  };
}

function outputSink(output: Output): LineSink {
  return { name: 'stdout', open: async () => {}, write: (text) => output.write(text), close: async () => {} };
}
