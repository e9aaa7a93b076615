import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditAction } from '../../shared/schemas/audit.ts';
import type { DenyReason, Verdict } from '../domain/tokens/verify.ts';
import type { FailureKind } from '../store/errors.ts';
import type { OutboxBacklog } from '../store/records.ts';
import { countVerifications } from './verification-metrics.ts';

export type VerificationRoute = 'auth-request' | 'forward-auth' | 'ext-authz' | 'introspection' | 'token';

/** `missing`: no credential; `malformed`: none that can be read; `unavailable`: it could not be decided. */
export type VerificationOutcome = 'ok' | DenyReason | 'missing' | 'malformed' | 'unavailable';

/** What is counted. Labels come from closed lists: never a name, an e-mail, an id or an address. */
export interface Metrics {
  /** One answer; `began` is a `performance.now()`. */
  verified(route: VerificationRoute, outcome: VerificationOutcome, began: number): void;
  /** One statement that looked up this many tokens. */
  observeBatch(tokens: number): void;
  /** One response of anything but verification. */
  responded(method: string, status: number): void;
  /** One event that was committed to the audit log. */
  happened(action: AuditAction): void;
  databaseFailed(kind: FailureKind): void;
  /** Adds what Node tells of itself. */
  watchProcess(): void;
  /** Call it once. */
  watch(watched: Watched): void;
  /** The Prometheus text format, and its media type. */
  expose(): Promise<{ text: string; contentType: string }>;
}

/** What is looked at when somebody asks for the metrics. A database that does not answer leaves its gauges out. */
export interface Watched {
  backlog(): Promise<OutboxBacklog>;
  now(): number;
  lastUsedWaiting(): number;
}

const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 500];
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

export function createMetrics(version: string): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const verifications = countVerifications(registers);
  const batches = new Histogram({
    name: 'tokensd_lookup_batch_size',
    help: 'Tokens looked up by one statement',
    buckets: batchBuckets,
    registers,
  });
  const responses = new Counter({
    name: 'tokensd_http_responses_total',
    help: 'Responses of everything but /verify, by method and status',
    labelNames: ['method', 'status'],
    registers,
  });
  const events = new Counter({
    name: 'tokensd_events_total',
    help: 'Committed audit events by action; session.created and session.failed are sign-ins',
    labelNames: ['action'],
    registers,
  });
  const failures = new Counter({
    name: 'tokensd_database_errors_total',
    help: 'Statements and transactions that the database did not carry out',
    labelNames: ['kind'],
    registers,
  });
  let look = async () => {};
  new Gauge({
    name: 'tokensd_build_info',
    help: 'Always 1; the label tells the version',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  return {
    verified: verifications,
    observeBatch: (tokens) => batches.observe(tokens),
    responded: (method, status) =>
      responses.inc({ method: methods.includes(method) ? method : 'OTHER', status: String(status) }),
    happened: (action) => events.inc({ action }),
    watchProcess: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 }),
    watch(watched) {
      look = watch(watched, registers);
    },
    databaseFailed: (kind) => failures.inc({ kind }),
    async expose() {
      await look();
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

/** What a decision counts as. */
export function outcomeOf(decision: Verdict): VerificationOutcome {
  return decision.allowed ? 'ok' : decision.reason;
}

/** Answers what brings the gauges up to date. */
function watch({ backlog, now, lastUsedWaiting }: Watched, registers: Registry[]): () => Promise<void> {
  const messages = new Gauge({
    name: 'tokensd_outbox_messages',
    help: 'Mails by state: waiting to be sent, or dead (given up)',
    labelNames: ['state'],
    registers,
  });
  const age = new Gauge({
    name: 'tokensd_outbox_oldest_age_seconds',
    help: 'Age of the oldest mail that waits to be sent; 0: none waits',
    registers,
  });
  const waiting = new Gauge({
    name: 'tokensd_last_used_waiting',
    help: 'Last uses in memory, to be written within a second',
    registers,
  });
  return async () => {
    waiting.set(lastUsedWaiting());
    const found = await backlog().catch(() => null);
    messages.reset();
    age.remove();
    if (found === null) return;
    messages.set({ state: 'waiting' }, found.pending);
    messages.set({ state: 'dead' }, found.dead);
    age.set(found.oldestAt === null ? 0 : Math.max(0, now() - found.oldestAt) / 1000);
  };
}
