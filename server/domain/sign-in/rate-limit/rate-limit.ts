import ipaddr from 'ipaddr.js';
import pLimit from 'p-limit';
import { ProblemError } from '../../../../shared/problem.ts';
import type { Store } from '../../../store/store.ts';
import { hashSecret } from '../../secrets.ts';
import { networkOf } from './client-network.ts';
import { createFailureCounts, type FailureKey } from './failure-counts.ts';

/** The account that an attempt is for, and the client that makes it. */
export interface RateLimitKeys {
  /** Folded email address, whether or not a member has it. */
  account: string;
  /** Null if unknown: then only the account is limited. */
  ip: string | null;
}

/** Slows down guessing: makes an account and a client network wait longer after each failed attempt. */
export interface SignInRateLimit {
  /**
   * Runs `decide` unless the account or the network has to wait. An attempt passes through these states:
   *
   * 1. reserved: counted as a failure before `decide` runs, so that concurrent guesses cannot all pass before the first
   *    one has failed.
   * 2. `decide` returns `succeeded: true`: the account's failures are forgotten. Of the network's, only this attempt is
   *    taken back, because other accounts may be under attack from the same network.
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
  /** Forgets all failures of the account and of the network, and ends their waits. */
  forget(keys: RateLimitKeys): Promise<void>;
}

const freeFailures = { account: 5, network: 20 } as const;

/** Creates the rate limit on counts in the store. `maxKeys` bounds how many accounts and networks it remembers. */
export function createSignInRateLimit(limiter: Store['limiter'], { maxKeys = 100_000 } = {}): SignInRateLimit {
  const counts = createFailureCounts(limiter, maxKeys);
  // Each state change reads and writes several counts. Within this process, they run one after another.
  const exclusively = pLimit(1);

  const reserve = (keys: FailureKey[]) =>
    exclusively(async () => {
      // Look at every wait first: a client that its network denies must not use up the account's free failures.
      const maxWaitMs = Math.max(...(await Promise.all(keys.map(counts.waitMs))));
      if (maxWaitMs > 0) throw tooManyAttempts(maxWaitMs);
      for (const key of keys) {
        const waitMs = await counts.reserve(key);
        if (waitMs > 0) throw tooManyAttempts(waitMs);
      }
    });

  const takeBack = (keys: FailureKey[]) =>
    exclusively(async () => {
      for (const key of keys) await counts.takeBack(key);
    });

  const succeed = ({ account, network }: FailureKeys) =>
    exclusively(async () => {
      await counts.forget(account);
      for (const key of network) await counts.takeBack(key);
    });

  const fail = (keys: FailureKey[]) =>
    exclusively(async () => {
      for (const key of keys) await counts.confirm(key);
    });

  return {
    async attempt<Outcome extends { succeeded: boolean }>(keys: RateLimitKeys, decide: () => Promise<Outcome>) {
      const failureKeys = failureKeysOf(keys);
      const all = [failureKeys.account, ...failureKeys.network];
      await reserve(all);
      let outcome: Outcome;
      try {
        outcome = await decide();
      } catch (error) {
        // The caller needs the first error. If taking back fails too, the attempt stays counted.
        await takeBack(all).catch(() => undefined);
        throw error;
      }
      await (outcome.succeeded ? succeed(failureKeys) : fail(all));
      return outcome;
    },

    async forget(keys) {
      const { account, network } = failureKeysOf(keys);
      await exclusively(async () => {
        for (const key of [account, ...network]) await counts.forget(key);
      });
    },
  };
}

interface FailureKeys {
  account: FailureKey;
  /** Empty if the client's network is not known. */
  network: FailureKey[];
}

function failureKeysOf({ account, ip }: RateLimitKeys): FailureKeys {
  return {
    // Hashed, because the text typed as an email address can be very long, or be a password.
    account: { key: hashSecret(`account ${account}`), freeFailures: freeFailures.account },
    network:
      ip !== null && ipaddr.isValid(ip)
        ? [{ key: `network ${networkOf(ip)}`, freeFailures: freeFailures.network }]
        : [],
  };
}

function tooManyAttempts(waitMs: number): ProblemError {
  const seconds = Math.ceil(waitMs / 1000);
  const wait = seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} minutes`;
  const detail = `There were too many failed sign-ins. Wait ${wait}, then try again.`;
  return new ProblemError('throttled', detail, { retryAfter: seconds });
}
