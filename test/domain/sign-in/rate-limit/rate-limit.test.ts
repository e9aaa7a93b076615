import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RateLimitKeys as AllKeys } from '../../../../server/domain/sign-in/rate-limit/failure-keys.ts';
import {
  createSignInRateLimit,
  type SignInRateLimit,
} from '../../../../server/domain/sign-in/rate-limit/rate-limit.ts';
import { wrapLimiter } from '../../../../server/store/engine/limiter.ts';
import { StoreUnavailable } from '../../../../server/store/errors.ts';
import type { Limiter, LimiterOptions } from '../../../../server/store/limiter.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import { numRuns } from '../../../helpers/length.ts';

type RateLimitKeys = Omit<AllKeys, 'guess'>;

const ada = { account: 'ada@example.com', ip: null };
const memory = ({ name, limit, windowSeconds }: LimiterOptions): Limiter =>
  wrapLimiter(new RateLimiterMemory({ keyPrefix: name, points: limit, duration: windowSeconds }));
const second = 1000;
const day = 24 * 60 * 60 * second;

let rateLimit: SignInRateLimit;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  rateLimit = createSignInRateLimit(memory);
});

afterEach(() => {
  vi.useRealTimers();
});

/** Returns the seconds to wait if the attempt was denied. */
function secondsToWait(error: unknown): number {
  if (!(error instanceof ProblemError) || error.code !== 'throttled') throw error;
  expect(error.message).toContain('then try again');
  return error.retryAfter ?? Number.NaN;
}

/** Starts an attempt that stays undecided. Returns the seconds to wait, or 0 once it is reserved. */
function begin(keys: RateLimitKeys, at = rateLimit): Promise<number> {
  return new Promise((resolve, reject) => {
    const undecided = new Promise<never>(() => {});
    const decide = () => {
      resolve(0);
      return undecided;
    };
    at.attempt({ guess: 'password', ...keys }, decide)
      .catch((error: unknown) => resolve(secondsToWait(error)))
      .catch(reject);
  });
}

/** Makes a complete attempt that fails or succeeds. Returns the seconds to wait, or 0 if it was allowed. */
async function complete(keys: RateLimitKeys, succeeded: boolean): Promise<number> {
  return rateLimit.attempt({ guess: 'password', ...keys }, async () => ({ succeeded })).then(() => 0, secondsToWait);
}

const fail = (keys: RateLimitKeys) => complete(keys, false);
const succeed = (keys: RateLimitKeys) => complete(keys, true);

async function failTimes(times: number, keys: (turn: number) => RateLimitKeys): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) expect(await fail(keys(turn))).toBe(0);
}

describe('an account', () => {
  it('may fail five times, then waits 1 s, 2 s, 4 s … up to 15 minutes', async () => {
    await failTimes(5, () => ada);
    const waits: number[] = [];
    for (let failure = 0; failure < 13; failure += 1) {
      const wait = await begin(ada);
      waits.push(wait);
      vi.advanceTimersByTime(wait * second - 1);
      expect(await begin(ada)).toBe(1);
      vi.advanceTimersByTime(1);
      expect(await fail(ada)).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  it('does not wait longer because of denied attempts', async () => {
    await failTimes(5, () => ada);
    for (let attempt = 0; attempt < 50; attempt += 1) expect(await begin(ada)).toBe(1);
    vi.advanceTimersByTime(second);
    expect(await begin(ada)).toBe(0);
  });

  it('starts to wait when the failure is known, however long hashing took', async () => {
    await failTimes(4, () => ada);
    await rateLimit.attempt({ guess: 'password', ...ada }, async () => {
      vi.advanceTimersByTime(10 * second);
      return { succeeded: false };
    });
    expect(await begin(ada)).toBe(1);
  });

  it('has its failures forgotten after a success', async () => {
    await failTimes(4, () => ada);
    expect(await succeed(ada)).toBe(0);
    await failTimes(5, () => ada);
    expect(await begin(ada)).toBe(1);
  });

  it('has its failures forgotten one day after the first one, and not before', async () => {
    await failTimes(4, () => ada);
    vi.advanceTimersByTime(day - 2 * second);
    expect(await fail(ada)).toBe(0);
    vi.advanceTimersByTime(second);
    expect(await fail(ada)).toBe(0);
    expect(await begin(ada)).toBe(2);
    vi.advanceTimersByTime(2 * second);
    await failTimes(5, () => ada);
    expect(await begin(ada)).toBe(1);
  });

  it('does not slow down another account', async () => {
    await failTimes(5, () => ada);
    expect(await begin({ account: 'bob@example.com', ip: null })).toBe(0);
  });
});

describe('an attempt', () => {
  it('returns what the callback returned', async () => {
    const succeeded = { succeeded: true, user: 'ada' };
    const failed = { succeeded: false, reason: 'wrong password' };
    expect(await rateLimit.attempt({ guess: 'password', ...ada }, async () => succeeded)).toBe(succeeded);
    expect(await rateLimit.attempt({ guess: 'password', ...ada }, async () => failed)).toBe(failed);
  });

  it('does not run the callback while the account has to wait', async () => {
    await failTimes(5, () => ada);
    let ran = false;
    const attempt = rateLimit.attempt({ guess: 'password', ...ada }, async () => {
      ran = true;
      return { succeeded: true };
    });
    await expect(attempt).rejects.toMatchObject({ code: 'throttled' });
    expect(ran).toBe(false);
  });
});

describe('an attempt whose callback throws', () => {
  const ip = '203.0.113.9';
  const breakOff = () =>
    rateLimit.attempt({ guess: 'password', ...ada, ip }, () => Promise.reject(new Error('no database')));

  it('does not count, and rejects with the error of the callback', async () => {
    for (let attempt = 0; attempt < 50; attempt += 1) await expect(breakOff()).rejects.toThrow('no database');
    await failTimes(5, () => ada);
    expect(await begin(ada)).toBe(1);
  });

  it('does not forget earlier failures', async () => {
    await failTimes(4, () => ({ ...ada, ip }));
    await expect(breakOff()).rejects.toThrow('no database');
    expect(await fail({ ...ada, ip })).toBe(0);
    expect(await begin({ ...ada, ip })).toBe(1);
  });
});

describe('while the database does not respond', () => {
  const outageMs = 400;
  const silent = async (): Promise<never> => {
    await new Promise((resolve) => setTimeout(resolve, outageMs));
    throw new StoreUnavailable('The database is unavailable.');
  };
  const noDatabase = () => new Proxy({} as Limiter, { get: () => silent });

  it('rejects all attempts that wait as soon as the first one failed', async () => {
    vi.useRealTimers();
    const unavailable = createSignInRateLimit(noDatabase);
    const began = performance.now();
    const attempts = Array.from({ length: 12 }, () =>
      unavailable.attempt({ guess: 'password', ...ada }, async () => ({ succeeded: true })),
    );
    for (const attempt of attempts) await expect(attempt).rejects.toBeInstanceOf(StoreUnavailable);
    expect(performance.now() - began).toBeLessThan(3 * outageMs);
  });

  it('rejects an attempt with its own error, and does not wait for the counts', async () => {
    vi.useRealTimers();
    let responds = true;
    const counts = (options: LimiterOptions): Limiter => {
      const limiter = memory(options);
      return new Proxy(limiter, {
        get: (target, method) => (responds ? Reflect.get(target, method).bind(target) : silent),
      });
    };
    const began = performance.now();
    const attempt = createSignInRateLimit(counts).attempt({ guess: 'password', ...ada }, async () => {
      responds = false;
      throw new StoreUnavailable('The members cannot be read.');
    });
    await expect(attempt).rejects.toThrow('The members cannot be read.');
    expect(performance.now() - began).toBeLessThan(outageMs);
  });
});

describe('a burst of concurrent attempts', () => {
  it('is limited to five guesses out of 100 for one account', async () => {
    const waits = await Promise.all(Array.from({ length: 100 }, () => begin(ada)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  /** Starts attempts at three daemons that share their counts, and runs the store's steps in the scheduler's order. Returns the waits. */
  async function burst(scheduler: fc.Scheduler, attemptsPerDaemon: number, keys: RateLimitKeys): Promise<number[]> {
    const counts = new Map<string, Limiter>();
    const shared = (options: LimiterOptions): Limiter => {
      const limiter = counts.get(options.name) ?? memory(options);
      counts.set(options.name, limiter);
      return new Proxy(limiter, {
        get:
          (target, method) =>
          async (...args: unknown[]) => {
            await scheduler.schedule(Promise.resolve(), String(method));
            return Reflect.apply(Reflect.get(target, method), target, args);
          },
      });
    };
    const daemons = Array.from({ length: 3 }, () => createSignInRateLimit(shared));
    const waits = daemons.flatMap((daemon) => Array.from({ length: attemptsPerDaemon }, () => begin(keys, daemon)));
    return scheduler.waitFor(Promise.all(waits));
  }

  it('is limited to five guesses at several daemons, in any order of their steps in the store', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const waits = await burst(scheduler, 4, ada);
        expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
      }),
      { numRuns: numRuns(60) },
    );
  });

  it('is limited to one guess right after a wait', async () => {
    await failTimes(5, () => ada);
    vi.advanceTimersByTime(second);
    const waits = await Promise.all(Array.from({ length: 100 }, () => fail(ada)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(1);
  });

  it('is limited to twenty guesses for 100 accounts from one network', async () => {
    const waits = await Promise.all(
      Array.from({ length: 100 }, (_, turn) => begin({ account: `${turn}@example.com`, ip: '203.0.113.9' })),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(20);
  });

  it('counts as failures if the outcomes never become known', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) await begin(ada);
    expect(await begin(ada)).toBe(1);
  });
});

describe('a network', () => {
  const from = (ip: string) => (turn: number) => ({ account: `${ip} ${turn}`, ip });
  const another = (ip: string) => ({ account: 'another account', ip });

  it('may fail twenty times, at any accounts, then waits', async () => {
    await failTimes(20, from('203.0.113.9'));
    expect(await begin(another('203.0.113.9'))).toBe(1);
    expect(await begin(another('203.0.113.10'))).toBe(0);
  });

  it.each([
    ['one IPv4 address, also in its mapped form', '203.0.113.9', '::ffff:203.0.113.9', '::ffff:203.0.113.10'],
    ['an IPv6 /64', '2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:3::1'],
  ])('is %s', async (_, one, same, other) => {
    await failTimes(20, from(one));
    expect(await begin(another(same))).toBe(1);
    expect(await begin(another(other))).toBe(0);
  });

  it('is the same for all addresses of a /64, and differs between any two of them', async () => {
    const half = fc.tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff));
    const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
    const prefix = half.map(([first, ...rest]) => [0x2000 + (first % 0x1fff), ...rest]);
    await fc.assert(
      fc.asyncProperty(prefix, prefix, half, half, async (network, other, host, neighbour) => {
        fc.pre(text(network) !== text(other));
        rateLimit = createSignInRateLimit(memory);
        await failTimes(20, from(`${text(network)}:${text(host)}`));
        expect(await begin(another(`${text(network)}:${text(neighbour)}`))).toBe(1);
        expect(await begin(another(`${text(other)}:${text(host)}`))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps its failures when one of its accounts succeeds, and does not count the success', async () => {
    const ip = '203.0.113.9';
    await failTimes(19, from(ip));
    for (let success = 0; success < 30; success += 1) expect(await succeed({ ...ada, ip })).toBe(0);
    expect(await fail(another(ip))).toBe(0);
    expect(await begin(another(ip))).toBe(1);
  });

  it('that has to wait does not count failures against the account', async () => {
    await failTimes(20, from('203.0.113.9'));
    for (let attempt = 0; attempt < 50; attempt += 1) await begin({ ...ada, ip: '203.0.113.9' });
    expect(await begin(ada)).toBe(0);
  });

  it('that is unknown is limited like one network, whatever the accounts are', async () => {
    await failTimes(20, (turn) => ({ account: `${turn}@example.com`, ip: null }));
    expect(await begin(ada)).toBe(1);
    expect(await begin({ ...ada, ip: '203.0.113.9' })).toBe(0);
  });

  it('that is unknown leaves the account limited', async () => {
    await failTimes(5, () => ({ ...ada, ip: 'unknown' }));
    expect(await begin(ada)).toBe(1);
  });
});

it('remembers a bounded number of accounts and forgets those that failed longest ago', async () => {
  rateLimit = createSignInRateLimit(memory, { maxKeys: 10 });
  const account = (turn: number) => ({ account: `${turn}`, ip: `198.51.100.${turn}` });
  for (let turn = 0; turn < 10; turn += 1) await failTimes(5, () => account(turn));
  vi.advanceTimersByTime(second);
  await failTimes(1, () => account(0));
  await failTimes(5, () => account(10));
  expect(await begin(account(10))).toBe(1);
  expect(await begin(account(0))).toBe(2);
  expect(await begin(account(1))).toBe(0);
  await failTimes(4, () => account(1));
  expect(await begin(account(1))).toBe(1);
});
