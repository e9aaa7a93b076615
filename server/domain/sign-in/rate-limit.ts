import ipaddr from 'ipaddr.js';
import pLimit from 'p-limit';
import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import { hashSecret } from '../secrets.ts';

/** Who is guessing at whose password. */
export interface RateLimitKeys {
  /** Folded e-mail, whether anybody has it or not. */
  account: string;
  /** Null: not known, only the account counts. */
  ip: string | null;
}

/** A growing delay between wrong passwords, per account and per client network. */
export interface SignInRateLimit {
  /**
   * Call before the password is looked at: the attempt counts as a failure from here on, so that guesses sent together
   * do not slip through together. @throws ProblemError `throttled`, with the seconds to wait
   */
  check(keys: RateLimitKeys): Promise<void>;
  /** The wait begins now. */
  failed(keys: RateLimitKeys): Promise<void>;
  /** Takes the attempt back; the account's earlier failures are forgotten, the network's are not. */
  succeeded(keys: RateLimitKeys): Promise<void>;
  /** Takes the attempt back, and forgets nothing: it could not be decided. */
  undecided(keys: RateLimitKeys): Promise<void>;
}

/** What `decide` answers. If it rejects, the attempt does not count: an outage must not lock anybody out once it is over. */
export async function decided<T>(
  rateLimit: SignInRateLimit,
  keys: RateLimitKeys,
  decide: () => Promise<T>,
): Promise<T> {
  try {
    return await decide();
  } catch (error) {
    await rateLimit.undecided(keys).catch(() => undefined);
    throw error;
  }
}

const freeFailures = { account: 5, network: 20 } as const;
const longestWaitSeconds = 15 * 60;
const memorySeconds = 24 * 60 * 60;

interface Counter {
  key: string;
  free: number;
}

/**
 * A throttle whose counts are the store's. It remembers about `maximumKeys` accounts and networks: beyond that, those
 * that failed longest ago are forgotten.
 */
export function createSignInRateLimit(limiter: Store['limiter'], { maximumKeys = 100_000 } = {}): SignInRateLimit {
  const failures = limiter({ name: 'failures', points: 1, duration: memorySeconds });
  const waits = limiter({ name: 'waits', points: 1, duration: longestWaitSeconds });
  const recent = new Set<string>();
  // Reading and writing a counter are several steps: in this process, one attempt at a time takes them.
  const exclusively = pLimit(1);

  const countOf = async ({ key }: Counter) => (await failures.get(key))?.consumedPoints ?? 0;
  const waitOf = async ({ key }: Counter) => (await waits.get(key))?.msBeforeNext ?? 0;

  async function forget(key: string): Promise<void> {
    recent.delete(key);
    await failures.delete(key);
    await waits.delete(key);
  }

  async function takeBack({ key }: Counter): Promise<void> {
    await waits.delete(key);
    const { consumedPoints } = await failures.reward(key, 1);
    if (consumedPoints <= 0) await forget(key);
  }

  const secondsFor = (count: number, free: number) => Math.min(2 ** (count - free), longestWaitSeconds);

  async function block({ key, free }: Counter, count: number): Promise<void> {
    if (count >= free) await waits.block(key, secondsFor(count, free));
  }

  /** Answers the wait if there is one. Else counts one more failure; of those that use up what is free, one begins a wait. */
  async function take(counter: Counter): Promise<number> {
    const { key, free } = counter;
    recent.delete(key);
    recent.add(key);
    const wait = await waitOf(counter);
    if (wait > 0) return wait;
    const { consumedPoints: count } = await failures.penalty(key, 1);
    const [oldest] = recent;
    if (recent.size > maximumKeys && oldest !== undefined) await forget(oldest);
    if (count < free) return 0;
    // One step in the store: however many daemons come here at once, one is the first.
    const begun = await waits.penalty(key, 1, { customDuration: secondsFor(count, free) });
    if (begun.consumedPoints === 1) return 0;
    await failures.reward(key, 1);
    return Math.max(begun.msBeforeNext, 1);
  }

  return {
    check: (keys) =>
      exclusively(async () => {
        const counters = countersOf(keys);
        const wait = Math.max(...(await Promise.all(counters.map(waitOf))));
        if (wait > 0) throw tooManyAttempts(Math.ceil(wait / 1000));
        for (const counter of counters) {
          const wait = await take(counter);
          if (wait > 0) throw tooManyAttempts(Math.ceil(wait / 1000));
        }
      }),

    failed: (keys) =>
      exclusively(async () => {
        for (const counter of countersOf(keys)) {
          const count = await countOf(counter);
          if (count === 0) await failures.penalty(counter.key, 1);
          await block(counter, Math.max(count, 1));
        }
      }),

    succeeded: (keys) =>
      exclusively(async () => {
        const [account, network] = countersOf(keys);
        await forget(account.key);
        if (network !== undefined) await takeBack(network);
      }),

    undecided: (keys) =>
      exclusively(async () => {
        for (const counter of countersOf(keys)) await takeBack(counter);
      }),
  };
}

/** The account's counter, then the network's. Hashed, because what was typed as an e-mail may be long, or a password. */
function countersOf({ account, ip }: RateLimitKeys): [Counter, ...Counter[]] {
  const counters: [Counter, ...Counter[]] = [{ key: hashSecret(`account ${account}`), free: freeFailures.account }];
  if (ip !== null && ipaddr.isValid(ip)) {
    counters.push({ key: `network ${networkOf(ip)}`, free: freeFailures.network });
  }
  return counters;
}

/** What one client can change its address within: one address of IPv4 (however written), a /64 of IPv6 (RFC 6177). */
export function networkOf(ip: string): string {
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return ipaddr.fromByteArray([...address.toByteArray().slice(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).toString();
}

function tooManyAttempts(seconds: number): ProblemError {
  const wait = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
  return new ProblemError('throttled', `Too many failed sign-ins. Wait ${wait}, then try again.`, {
    retryAfter: seconds,
  });
}
