import fc from 'fast-check';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  createSignInRateLimit,
  decided,
  type RateLimitKeys,
  type SignInRateLimit,
} from '../../../server/domain/sign-in/rate-limit.ts';
import type { Store } from '../../../server/store/store.ts';
import { ProblemError } from '../../../shared/problem.ts';

const ada = { account: 'ada@example.com', ip: null };
const memory: Store['limiter'] = ({ name, ...limits }) => new RateLimiterMemory({ keyPrefix: name, ...limits });
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

/** Seconds to wait, or 0 if the attempt may be made. */
async function tryOnce(keys: RateLimitKeys, at = rateLimit): Promise<number> {
  try {
    await at.check(keys);
    return 0;
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'throttled') throw error;
    expect(error.message).toContain('then try again');
    return error.retryAfter ?? Number.NaN;
  }
}

async function fail(keys: RateLimitKeys): Promise<number> {
  const wait = await tryOnce(keys);
  if (wait === 0) await rateLimit.failed(keys);
  return wait;
}

async function failTimes(times: number, keys: (turn: number) => RateLimitKeys): Promise<void> {
  for (let turn = 0; turn < times; turn += 1) expect(await fail(keys(turn))).toBe(0);
}

describe('an account', () => {
  it('has five failures free, then waits 1 s, 2 s, 4 s … up to 15 minutes', async () => {
    await failTimes(5, () => ada);
    const waits: number[] = [];
    for (let failure = 0; failure < 13; failure += 1) {
      const wait = await tryOnce(ada);
      waits.push(wait);
      vi.advanceTimersByTime(wait * second - 1);
      expect(await tryOnce(ada)).toBe(1);
      vi.advanceTimersByTime(1);
      expect(await fail(ada)).toBe(0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  });

  it('is not made to wait longer by attempts that were refused', async () => {
    await failTimes(5, () => ada);
    for (let attempt = 0; attempt < 50; attempt += 1) expect(await tryOnce(ada)).toBe(1);
    vi.advanceTimersByTime(second);
    expect(await tryOnce(ada)).toBe(0);
  });

  it('starts its wait when the failure is known, however long hashing took', async () => {
    await failTimes(4, () => ada);
    await rateLimit.check(ada);
    vi.advanceTimersByTime(10 * second);
    await rateLimit.failed(ada);
    expect(await tryOnce(ada)).toBe(1);
  });

  it('is forgiven by a success', async () => {
    await failTimes(4, () => ada);
    await rateLimit.check(ada);
    await rateLimit.succeeded(ada);
    await failTimes(5, () => ada);
    expect(await tryOnce(ada)).toBe(1);
  });

  it('is forgotten a day after the first failure, not before', async () => {
    await failTimes(4, () => ada);
    vi.advanceTimersByTime(day - 2 * second);
    expect(await fail(ada)).toBe(0);
    vi.advanceTimersByTime(second);
    expect(await fail(ada)).toBe(0);
    expect(await tryOnce(ada)).toBe(2);
    vi.advanceTimersByTime(2 * second);
    await failTimes(5, () => ada);
    expect(await tryOnce(ada)).toBe(1);
  });

  it('does not slow another one down', async () => {
    await failTimes(5, () => ada);
    expect(await tryOnce({ account: 'bob@example.com', ip: null })).toBe(0);
  });
});

describe('an attempt that could not be decided', () => {
  const ip = '203.0.113.9';
  const broken = () => decided(rateLimit, { ...ada, ip }, () => Promise.reject(new Error('no database')));

  it('does not count, and tells why', async () => {
    for (let attempt = 0; attempt < 50; attempt += 1) {
      expect(await tryOnce({ ...ada, ip })).toBe(0);
      await expect(broken()).rejects.toThrow('no database');
    }
    await failTimes(5, () => ada);
    expect(await tryOnce(ada)).toBe(1);
  });

  it('forgets no failure of before', async () => {
    await failTimes(4, () => ({ ...ada, ip }));
    expect(await tryOnce({ ...ada, ip })).toBe(0);
    await expect(broken()).rejects.toThrow('no database');
    expect(await fail(ada)).toBe(0);
    expect(await tryOnce(ada)).toBe(1);
  });
});

describe('a burst', () => {
  it('of 100 parallel guesses at one account gets five tries', async () => {
    const waits = await Promise.all(Array.from({ length: 100 }, () => tryOnce(ada)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
  });

  /** So many attempts at each of three daemons that share their counts, whose steps come in any order; answers the waits. */
  async function crowd(scheduler: fc.Scheduler, attempts: number, keys: RateLimitKeys): Promise<number[]> {
    const counts = new Map<string, RateLimiterMemory>();
    const shared: Store['limiter'] = ({ name, ...limits }) => {
      const counted = counts.get(name) ?? new RateLimiterMemory({ keyPrefix: name, ...limits });
      counts.set(name, counted);
      return new Proxy(counted, {
        get:
          (target, method) =>
          async (...args: unknown[]) => {
            await scheduler.schedule(Promise.resolve(), String(method));
            return Reflect.apply(Reflect.get(target, method), target, args);
          },
      });
    };
    const daemons = Array.from({ length: 3 }, () => createSignInRateLimit(shared));
    const waits = daemons.flatMap((daemon) => Array.from({ length: attempts }, () => tryOnce(keys, daemon)));
    return scheduler.waitFor(Promise.all(waits));
  }

  it('at several daemons that share their counts gets five tries, in whatever order their steps come', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const waits = await crowd(scheduler, 4, ada);
        expect(waits.filter((wait) => wait === 0)).toHaveLength(5);
      }),
      { numRuns: 200 },
    );
  });

  it('right after a wait gets one try', async () => {
    await failTimes(5, () => ada);
    vi.advanceTimersByTime(second);
    const waits = await Promise.all(Array.from({ length: 100 }, () => fail(ada)));
    expect(waits.filter((wait) => wait === 0)).toHaveLength(1);
  });

  it('from one network over 100 accounts gets twenty tries', async () => {
    const waits = await Promise.all(
      Array.from({ length: 100 }, (_, turn) => tryOnce({ account: `${turn}@example.com`, ip: '203.0.113.9' })),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(20);
  });

  it('that is never reported back counts as failures', async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) await rateLimit.check(ada);
    expect(await tryOnce(ada)).toBe(1);
  });
});

describe('a network', () => {
  const from = (ip: string) => (turn: number) => ({ account: `${ip} ${turn}`, ip });
  const stranger = (ip: string) => ({ account: 'somebody else', ip });

  it('has twenty failures free, whoever they are for, then waits', async () => {
    await failTimes(20, from('203.0.113.9'));
    expect(await tryOnce(stranger('203.0.113.9'))).toBe(1);
    expect(await tryOnce(stranger('203.0.113.10'))).toBe(0);
  });

  it.each([
    ['one address of IPv4, also in its mapped form', '203.0.113.9', '::ffff:203.0.113.9', '::ffff:203.0.113.10'],
    ['a /64 of IPv6', '2001:db8:1:2::1', '2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:3::1'],
  ])('is %s', async (_, one, same, other) => {
    await failTimes(20, from(one));
    expect(await tryOnce(stranger(same))).toBe(1);
    expect(await tryOnce(stranger(other))).toBe(0);
  });

  it('is one for all addresses of any /64, for any two /64 different', async () => {
    const half = fc.tuple(fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff), fc.nat(0xffff));
    const text = (parts: number[]) => parts.map((part) => part.toString(16)).join(':');
    const prefix = half.map(([first, ...rest]) => [0x2000 + (first % 0x1fff), ...rest]);
    await fc.assert(
      fc.asyncProperty(prefix, prefix, half, half, async (network, another, host, neighbour) => {
        fc.pre(text(network) !== text(another));
        rateLimit = createSignInRateLimit(memory);
        await failTimes(20, from(`${text(network)}:${text(host)}`));
        expect(await tryOnce(stranger(`${text(network)}:${text(neighbour)}`))).toBe(1);
        expect(await tryOnce(stranger(`${text(another)}:${text(host)}`))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('is not forgiven by a success of one of its accounts, nor held up by it', async () => {
    const ip = '203.0.113.9';
    await failTimes(19, from(ip));
    for (let success = 0; success < 30; success += 1) {
      await rateLimit.check({ ...ada, ip });
      await rateLimit.succeeded({ ...ada, ip });
    }
    expect(await fail(stranger(ip))).toBe(0);
    expect(await tryOnce(stranger(ip))).toBe(1);
  });

  it('refused, does not count against the account that was named', async () => {
    await failTimes(20, from('203.0.113.9'));
    for (let attempt = 0; attempt < 50; attempt += 1) await tryOnce({ ...ada, ip: '203.0.113.9' });
    expect(await tryOnce(ada)).toBe(0);
  });

  it('that is not known leaves the account counter at work', async () => {
    await failTimes(5, () => ({ ...ada, ip: 'unknown' }));
    expect(await tryOnce(ada)).toBe(1);
  });
});

it('remembers a bounded number of accounts, those that failed last', async () => {
  rateLimit = createSignInRateLimit(memory, { maximumKeys: 10 });
  const account = (turn: number) => ({ account: `${turn}`, ip: null });
  for (let turn = 0; turn < 10; turn += 1) await failTimes(5, () => account(turn));
  vi.advanceTimersByTime(second);
  await failTimes(1, () => account(0));
  await failTimes(5, () => account(10));
  expect(await tryOnce(account(10))).toBe(1);
  expect(await tryOnce(account(0))).toBe(2);
  expect(await tryOnce(account(1))).toBe(0);
  await failTimes(4, () => account(1));
  expect(await tryOnce(account(1))).toBe(1);
});
