import { Counter, Histogram, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';
import type { ForbidReason } from '../domain/tokens/rules/evaluate.ts';
import type { DenyReason, RequestVerdict, Verdict } from '../domain/tokens/verify.ts';

/**
 * Where a token was presented. `token`: `/api/v1/token`. `api`: any other API route, which requires a session and
 * rejects the token.
 */
export type VerificationRoute =
  | 'auth-request'
  | 'forward-auth'
  | 'ext-authz'
  | 'introspection'
  | 'token'
  | 'api-token-auth'
  | 'api';

/**
 * `missing`: the request has no credential. `malformed`: the credential cannot be read. `preflight`: a CORS preflight passed without
 * one. `unavailable`: the database did not respond. With the reason of a 403, such as `path`, the token is active.
 */
export type VerificationOutcome =
  | 'ok'
  | DenyReason
  | ForbidReason
  | 'missing'
  | 'malformed'
  | 'preflight'
  | 'unavailable';

/** Counts one verification. `startedAt` is a `performance.now()` time. */
export type CountVerification = (route: VerificationRoute, outcome: VerificationOutcome, startedAt: number) => void;

/** Returns the outcome under which a verdict is counted. */
export function outcomeOf(verdict: Verdict | RequestVerdict): VerificationOutcome {
  return verdict.allowed ? 'ok' : verdict.reason;
}

/** In seconds. */
const durationBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];

interface Tally {
  outcomes: Map<VerificationOutcome, number>;
  /** Observations by the smallest bucket they fit in. The last entry counts those above every bound. */
  buckets: number[];
  totalSeconds: number;
}

/**
 * Registers the verification metrics and returns the function that counts a verification. It counts in plain numbers
 * and passes them to prom-client on each scrape, because prom-client is too slow here: it resolves the labels on every
 * count.
 */
export function createVerificationCounter(registers: Registry[]): CountVerification {
  const tallies = new Map<VerificationRoute, Tally>();
  new Counter({
    name: 'tokensd_verifications_total',
    help: 'Verifications of presented tokens, by route and outcome',
    labelNames: ['route', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const [route, { outcomes }] of tallies) {
        for (const [outcome, count] of outcomes) this.inc({ route, outcome }, count);
      }
    },
  });
  new TalliedHistogram(tallies, registers);

  return (route, outcome, startedAt) => {
    const seconds = (performance.now() - startedAt) / 1000;
    let tally = tallies.get(route);
    if (tally === undefined) {
      const buckets = Array.from({ length: durationBuckets.length + 1 }, () => 0);
      tally = { outcomes: new Map(), buckets, totalSeconds: 0 };
      tallies.set(route, tally);
    }
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    tally.totalSeconds += seconds;
    let bucket = 0;
    while (bucket < durationBuckets.length && seconds > (durationBuckets[bucket] ?? 0)) bucket += 1;
    tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
  };
}

const name = 'tokensd_verification_duration_seconds';
const help = 'Time from receiving a request to its verdict';

/** A histogram that reads its values from tallies. prom-client's own accepts only one observation at a time. */
class TalliedHistogram extends Histogram<'route'> {
  readonly #tallies: ReadonlyMap<VerificationRoute, Tally>;

  constructor(tallies: ReadonlyMap<VerificationRoute, Tally>, registers: Registry[]) {
    super({ name, help, labelNames: ['route'], buckets: durationBuckets, registers });
    this.#tallies = tallies;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<'route'>>> {
    const values = [...this.#tallies].flatMap(([route, { buckets, totalSeconds }]) => {
      let count = 0;
      const cumulative = buckets.map((observed, index) => {
        count += observed;
        return { metricName: `${name}_bucket`, labels: { le: durationBuckets[index] ?? '+Inf', route }, value: count };
      });
      return [
        ...cumulative,
        { metricName: `${name}_sum`, labels: { route }, value: totalSeconds },
        { metricName: `${name}_count`, labels: { route }, value: count },
      ];
    });
    const metric = { name, help, type: 'histogram', aggregator: 'sum', values };
    return metric as unknown as MetricObjectWithValues<MetricValue<'route'>>;
  }

  getForPromString() {
    return this.get();
  }
}
