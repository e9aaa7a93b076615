import { ProblemError } from '../../../../shared/problem.ts';
import { createBoundedQueue } from '../../../bounded-queue.ts';
import { StoreBusy, StoreUnavailable } from '../../../store/errors.ts';
import type { Store } from '../../../store/store.ts';
import { createFailureCounts, type FailureKey } from './failure-counts.ts';
import { type AttemptKeys, accountPrefix, attemptKeysOf, networkKeys, type RateLimitKeys } from './failure-keys.ts';

/**
 * Slows down guessing, but not the owner of the account. A known client waits only because of its own failures. A stranger waits
 * because of the failures of all strangers.
 */
export interface SignInRateLimit {
  /**
   * Runs `decide` unless one of the attempt's keys has to wait. An attempt passes through these states:
   *
   * 1. reserved: counted as a failure before `decide` runs, so that concurrent guesses cannot all pass before the first
   *    one has failed.
   * 2. `decide` returns `succeeded: true`: the client's own failures are forgotten. Of those that it shares with others, only
   *    this attempt is taken back. Otherwise each sign-in of the owner would give guessers a new start, and show them
   *    that the account exists.
   * 3. `decide` returns `succeeded: false`: the attempt stays counted, and a wait that it causes starts now.
   * 4. `decide` throws: the attempt is taken back and earlier failures stay, so that an outage locks no member out.
   *
   * An attempt whose daemon dies while it is reserved stays counted as a failure.
   *
   * @throws ProblemError `throttled`, with the seconds to wait; and any error that `decide` throws
   */
  attempt<Outcome extends { succeeded: boolean }>(
    keys: RateLimitKeys,
    decide: () => Promise<Outcome>,
  ): Promise<Outcome>;
  /** Forgets all failures at an account, of all clients, and ends their waits. Networks keep theirs. */
  forgetAccount(account: string): Promise<void>;
  /** Forgets all failures of a client's network. */
  forgetNetwork(ip: string | null): Promise<void>;
}

/** Attempts that wait to be reserved. When the database does not respond, all that wait are refused with the first. */
const maxQueue = { maxWaiting: 500, maxWaitMs: 5_000 } as const;

/** Creates the rate limit on counts in the store. `maxKeys` bounds how many accounts, clients and networks it remembers. */
export function createSignInRateLimit(limiter: Store['limiter'], { maxKeys = 100_000 } = {}): SignInRateLimit {
  const counts = createFailureCounts(limiter, maxKeys);
  // Each state change reads and writes several counts. Within this process, they run one after another.
  const exclusively = createBoundedQueue({
    concurrency: 1,
    ...maxQueue,
    refusal: () => new StoreBusy('Too many attempts to sign in wait for the rate limit.'),
    isOutage: (error) => error instanceof StoreUnavailable,
  });
  /** Runs a change that ends a reserved attempt. If it were refused, the attempt would stay counted as a failure. */
  const settle = (change: () => Promise<void>) => exclusively(change, { urgent: true });

  /** Returns the keys that the attempt counts under now. */
  const reserve = (keys: AttemptKeys) =>
    exclusively(async () => {
      // Look at every wait first: a client that its network denies must not use up the free failures of others.
      const expected = choose(keys, await countOf(keys));
      const maxWaitMs = Math.max(...(await Promise.all(expected.map(counts.waitMs))));
      if (maxWaitMs > 0) throw tooManyAttempts(maxWaitMs);
      const reserved: FailureKey[] = [];
      let earlierFailures = 0;
      for (const key of [...keys.own, ...keys.shared]) {
        const count = await reserveOne(key, reserved);
        if (key === keys.own[0]) earlierFailures = count - 1;
      }
      // Choose after the attempt is counted, so that only one of several concurrent attempts is a newcomer's.
      for (const key of strangersKey(keys, earlierFailures)) await reserveOne(key, reserved);
      return reserved;
    });

  const countOf = async ({ own: [first] }: AttemptKeys) => (first === undefined ? 0 : counts.count(first));

  /** Reserves one key and adds it to `reserved`. If it is denied, takes back the others. Returns the number of attempts. */
  const reserveOne = async (key: FailureKey, reserved: FailureKey[]): Promise<number> => {
    const reservation = await counts.reserve(key);
    if (!reservation.allowed) {
      for (const earlier of reserved) await counts.takeBack(earlier);
      throw tooManyAttempts(reservation.waitMs);
    }
    reserved.push(key);
    return reservation.count;
  };

  const takeBack = (keys: readonly FailureKey[]) =>
    settle(async () => {
      for (const key of keys) await counts.takeBack(key);
    });

  const succeed = ({ own }: AttemptKeys, reserved: readonly FailureKey[]) =>
    settle(async () => {
      for (const key of reserved) await (own.includes(key) ? counts.forget(key) : counts.takeBack(key));
    });

  const fail = (keys: readonly FailureKey[]) =>
    settle(async () => {
      for (const key of keys) await counts.confirm(key);
    });

  return {
    async attempt<Outcome extends { succeeded: boolean }>(keys: RateLimitKeys, decide: () => Promise<Outcome>) {
      const attemptKeys = attemptKeysOf(keys);
      const reserved = await reserve(attemptKeys);
      let outcome: Outcome;
      try {
        outcome = await decide();
      } catch (error) {
        // The caller needs the first error. If taking back fails too, the attempt stays counted. During an outage it fails
        // late, so the caller does not wait for it.
        const takenBack = takeBack(reserved).catch(() => undefined);
        if (!(error instanceof StoreUnavailable)) await takenBack;
        throw error;
      }
      await (outcome.succeeded ? succeed(attemptKeys, reserved) : fail(reserved));
      return outcome;
    },

    forgetAccount: (account) => settle(() => counts.forgetAll(accountPrefix(account))),

    forgetNetwork: (ip) =>
      settle(async () => {
        for (const key of networkKeys(ip)) await counts.forget(key);
      }),
  };
}

/** Failures at an account after which a site no longer counts among those that retry. */
const maxRetries = 2;

/** Returns the keys that an attempt counts under if its client failed `earlierFailures` times at the account. */
function choose(keys: AttemptKeys, earlierFailures: number): readonly FailureKey[] {
  return [...keys.own, ...keys.shared, ...strangersKey(keys, earlierFailures)];
}

function strangersKey({ strangers }: AttemptKeys, earlierFailures: number): readonly FailureKey[] {
  if (strangers === null) return [];
  if (earlierFailures === 0) return [strangers.newcomers];
  return [earlierFailures <= maxRetries ? strangers.retrying : strangers.returning];
}

function tooManyAttempts(waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
  const detail = `There were too many failed sign-ins. Wait ${wait}, then try again.`;
  return new ProblemError('throttled', detail, { retryAfter: seconds });
}
