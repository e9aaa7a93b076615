import { Counter, Histogram, type MetricObjectWithValues, type MetricValue, type Registry } from 'prom-client';
import type { VerificationOutcome, VerificationRoute } from './metrics.ts';

const latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2];

interface Tally {
  outcomes: Map<VerificationOutcome, number>;
  /** Observations by the first bucket they fit in; the last one is for those over all bounds. */
  buckets: number[];
  seconds: number;
}

/**
 * Counts verifications. The library looks up a label set at each count, which is much on this path: here are plain numbers,
 * handed to it when somebody asks.
 */
export function countVerifications(
  registers: Registry[],
): (route: VerificationRoute, outcome: VerificationOutcome, began: number) => void {
  const tallies = new Map<VerificationRoute, Tally>();
  new Counter({
    name: 'tokensd_verifications_total',
    help: 'Answers about presented tokens, by route and outcome',
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

  return (route, outcome, began) => {
    const seconds = (performance.now() - began) / 1000;
    let tally = tallies.get(route);
    if (tally === undefined) {
      tally = { outcomes: new Map(), buckets: Array.from({ length: latencyBuckets.length + 1 }, () => 0), seconds: 0 };
      tallies.set(route, tally);
    }
    tally.outcomes.set(outcome, (tally.outcomes.get(outcome) ?? 0) + 1);
    tally.seconds += seconds;
    let bucket = 0;
    while (bucket < latencyBuckets.length && seconds > (latencyBuckets[bucket] ?? 0)) bucket += 1;
    tally.buckets[bucket] = (tally.buckets[bucket] ?? 0) + 1;
  };
}

const name = 'tokensd_verification_duration_seconds';

/** The library's histogram can only be told one observation after the other. */
class TalliedHistogram extends Histogram<'route'> {
  readonly #tallies: ReadonlyMap<VerificationRoute, Tally>;

  constructor(tallies: ReadonlyMap<VerificationRoute, Tally>, registers: Registry[]) {
    super({ name, help: 'From a request to its answer', labelNames: ['route'], buckets: latencyBuckets, registers });
    this.#tallies = tallies;
  }

  override async get(): Promise<MetricObjectWithValues<MetricValue<'route'>>> {
    const values = [...this.#tallies].flatMap(([route, { buckets, seconds }]) => {
      let count = 0;
      const upTo = buckets.map((observed, index) => {
        count += observed;
        return { metricName: `${name}_bucket`, labels: { le: latencyBuckets[index] ?? '+Inf', route }, value: count };
      });
      return [
        ...upTo,
        { metricName: `${name}_sum`, labels: { route }, value: seconds },
        { metricName: `${name}_count`, labels: { route }, value: count },
      ];
    });
    const metric = { name, help: 'From a request to its answer', type: 'histogram', aggregator: 'sum', values };
    return metric as unknown as MetricObjectWithValues<MetricValue<'route'>>;
  }

  getForPromString() {
    return this.get();
  }
}
