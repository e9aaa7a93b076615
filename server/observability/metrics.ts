import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { AuditAction } from '../../shared/audit-actions.ts';
import type { FailureKind } from '../store/errors.ts';
import type { DeliveryBacklog, OutboxBacklog } from '../store/records.ts';
import { type CountVerification, createVerificationCounter } from './verification-metrics.ts';

/** Why a request was refused: too many were waiting, or it waited too long. */
export type RefusalReason = 'queue-full' | 'waited-too-long';

/** The Prometheus metrics. Labels have a fixed set of values, never a name, an email address, an ID or an IP address. */
export interface Metrics {
  countVerification: CountVerification;
  /** Records how many tokens one statement looked up. */
  observeBatch(tokens: number): void;
  /** Counts one HTTP response outside the `/verify/…` routes. */
  countResponse(method: string, status: number): void;
  /** Counts one request that gets 503 because there are too many. */
  countRefusal(reason: RefusalReason): void;
  /** Counts one committed audit event. */
  countEvent(action: AuditAction): void;
  /** Counts one request to the receiver of a webhook. */
  countWebhookAttempt(outcome: 'delivered' | 'failed'): void;
  countDatabaseError(kind: FailureKind): void;
  /** Adds prom-client's default metrics for the process and the Node.js runtime. */
  collectProcessMetrics(): void;
  /** Adds the gauges. Call it once. */
  registerGauges(sources: GaugeSources): void;
  /** Returns the metrics in the Prometheus text format, and the media type of that format. */
  expose(): Promise<{ text: string; contentType: string }>;
}

/** The sources of the gauges. Each scrape calls them, and omits a gauge whose source rejects. */
export interface GaugeSources {
  backlog(): Promise<OutboxBacklog>;
  deliveries(): Promise<DeliveryBacklog>;
  /** Returns how many tokens expire after `now`, and at the latest at each of the times. */
  countExpiring(now: number, until: readonly number[]): Promise<number[]>;
  /** Returns the number of service accounts without an enabled maintainer. */
  countOrphaned(): Promise<number>;
  now(): number;
  /** Returns the number of last uses in memory that are not written to the database yet. */
  pendingLastUses(): number;
}

const batchBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 500];
/** Days for which tokens that expire are counted. */
const expiringDays = [1, 7, 30];
const dayMs = 24 * 60 * 60 * 1000;
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Creates the metrics in their own registry, so that two daemons in one process do not share counters. */
export function createMetrics(version: string): Metrics {
  const registers = [new Registry()];
  const [registry] = registers as [Registry];
  const countVerification = createVerificationCounter(registers);
  const batches = new Histogram({
    name: 'tokensd_lookup_batch_size',
    help: 'Tokens looked up by one statement',
    buckets: batchBuckets,
    registers,
  });
  const responses = new Counter({
    name: 'tokensd_http_responses_total',
    help: 'HTTP responses outside /verify, by method and status',
    labelNames: ['method', 'status'],
    registers,
  });
  /** Counters by status and method. Finding one by its labels takes longer. */
  const responseCounters = new Map<string, { inc(): void }>();
  const refusals = new Counter({
    name: 'tokensd_refused_requests_total',
    help: 'Requests outside /verify that got 503 because there were too many, by reason',
    labelNames: ['reason'],
    registers,
  });
  const events = new Counter({
    name: 'tokensd_events_total',
    help: 'Committed audit events by action; session.created and session.failed count sign-ins',
    labelNames: ['action'],
    registers,
  });
  const databaseErrors = new Counter({
    name: 'tokensd_database_errors_total',
    help: 'Statements and transactions that failed in the database',
    labelNames: ['kind'],
    registers,
  });
  const webhookAttempts = new Counter({
    name: 'tokensd_webhook_attempts_total',
    help: 'Requests to the receivers of webhooks by outcome',
    labelNames: ['outcome'],
    registers,
  });
  let refreshGauges = async () => {};
  new Gauge({
    name: 'tokensd_build_info',
    help: 'Always 1; the label holds the version',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);
  return {
    countVerification,
    observeBatch: (tokens) => batches.observe(tokens),
    countResponse(method, status) {
      const key = `${status} ${method}`;
      let counter = responseCounters.get(key);
      if (counter === undefined) {
        const known = methods.includes(method);
        counter = responses.labels({ method: known ? method : 'OTHER', status: String(status) });
        if (known) responseCounters.set(key, counter);
      }
      counter.inc();
    },
    countRefusal: (reason) => refusals.inc({ reason }),
    countEvent: (action) => events.inc({ action }),
    countWebhookAttempt: (outcome) => webhookAttempts.inc({ outcome }),
    countDatabaseError: (kind) => databaseErrors.inc({ kind }),
    collectProcessMetrics: () => collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 50 }),
    registerGauges(sources) {
      refreshGauges = createGauges(sources, registers);
    },
    async expose() {
      await refreshGauges();
      return { text: await registry.metrics(), contentType: registry.contentType };
    },
  };
}

/** Registers the gauges and returns the function that refreshes them. */
function createGauges(sources: GaugeSources, registers: Registry[]): () => Promise<void> {
  const { backlog, deliveries, countExpiring, countOrphaned, now, pendingLastUses } = sources;
  const messages = new Gauge({
    name: 'tokensd_outbox_messages',
    help: 'Queued mail by state: waiting to be sent, or dead (given up)',
    labelNames: ['state'],
    registers,
  });
  const oldestAge = new Gauge({
    name: 'tokensd_outbox_oldest_age_seconds',
    help: 'Age of the oldest mail waiting to be sent; 0 if none is waiting',
    registers,
  });
  const webhookDeliveries = new Gauge({
    name: 'tokensd_webhook_deliveries',
    help: 'Events for webhooks by state: waiting to be sent, or failed in the last 30 days',
    labelNames: ['state'],
    registers,
  });
  const lastUses = new Gauge({
    name: 'tokensd_last_used_waiting',
    help: 'Last uses in memory, written within a second',
    registers,
  });
  const expiring = new Gauge({
    name: 'tokensd_tokens_expiring',
    help: 'Tokens that expire within this time, those that expire sooner included',
    labelNames: ['within'],
    registers,
  });
  const orphaned = new Gauge({
    name: 'tokensd_service_accounts_orphaned',
    help: 'Service accounts without an enabled maintainer',
    registers,
  });
  return async () => {
    lastUses.set(pendingLastUses());
    const at = now();
    const until = expiringDays.map((days) => at + days * dayMs);
    const [found, queued, counts, orphans] = await Promise.all([
      backlog().catch(() => null),
      deliveries().catch(() => null),
      countExpiring(at, until).catch(() => null),
      countOrphaned().catch(() => null),
    ]);
    orphaned.remove();
    if (orphans !== null) orphaned.set(orphans);
    expiring.reset();
    for (const [index, days] of expiringDays.entries()) {
      if (counts !== null) expiring.set({ within: `${days}d` }, counts[index] ?? 0);
    }
    webhookDeliveries.reset();
    if (queued !== null) {
      webhookDeliveries.set({ state: 'waiting' }, queued.pending);
      webhookDeliveries.set({ state: 'failed' }, queued.failed);
    }
    messages.reset();
    oldestAge.remove();
    if (found === null) return;
    messages.set({ state: 'waiting' }, found.pending);
    messages.set({ state: 'dead' }, found.dead);
    oldestAge.set(found.oldestAt === null ? 0 : Math.max(0, now() - found.oldestAt) / 1000);
  };
}
