import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RateLimitKeys } from '../../../../server/domain/sign-in/rate-limit/failure-keys.ts';
import type { GuessKind } from '../../../../server/domain/sign-in/rate-limit/known-devices.ts';
import {
  createSignInRateLimit,
  type SignInRateLimit,
} from '../../../../server/domain/sign-in/rate-limit/rate-limit.ts';
import type { Limiter, LimiterOptions } from '../../../../server/store/limiter.ts';
import { ProblemError } from '../../../../shared/problem.ts';

/** Returns limiters in memory without timers, with which a storm of hours takes seconds. The store contract tests the real ones. */
function memory({ name, limit, windowSeconds }: LimiterOptions): Limiter {
  const counts = new Map<string, { count: number; until: number }>();
  const at = (key: string) => {
    const found = counts.get(key);
    return found === undefined || found.until <= Date.now() ? null : found;
  };
  const get = async (key: string) => {
    const found = at(key);
    return { count: found?.count ?? 0, retryAfterMs: found === null ? 0 : found.until - Date.now() };
  };
  const add = (key: string, by: number, seconds = windowSeconds) => {
    const { count, until } = at(key) ?? { count: 0, until: Date.now() + seconds * 1000 };
    counts.set(key, { count: count + by, until });
    return get(key);
  };
  return {
    get,
    increment: (key, seconds) => add(key, 1, seconds),
    decrement: (key) => add(key, -1),
    block: async (key, seconds) => void counts.set(key, { count: limit + 1, until: Date.now() + seconds * 1000 }),
    reset: async (key) => void counts.delete(key),
    resetShared: async () => undefined,
    consume: () => Promise.reject(new Error(`${name} does not consume`)),
  };
}
const second = 1000;
const hour = 3600;

/** The bounds that SECURITY.md states. */
const stated = { password: { anHour: 2000, later: 130 }, code: { anHour: 20 }, known: { anHour: 20, later: 5 } };

let rateLimit: SignInRateLimit;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  rateLimit = createSignInRateLimit(memory);
});

afterEach(() => {
  vi.useRealTimers();
});

/** Makes a wrong guess. Returns 0 if it was allowed, or the seconds to wait. */
function guess(keys: Partial<RateLimitKeys>): Promise<number> {
  const all: RateLimitKeys = { guess: 'password', account: 'ada@example.com', ip: null, ...keys };
  return rateLimit.attempt(all, async () => ({ succeeded: false })).then(() => 0, secondsToWait);
}

async function owner(keys: Partial<RateLimitKeys>): Promise<number> {
  const all: RateLimitKeys = { guess: 'password', account: 'ada@example.com', ip: null, ...keys };
  return rateLimit.attempt(all, async () => ({ succeeded: true })).then(() => 0, secondsToWait);
}

function secondsToWait(error: unknown): number {
  if (!(error instanceof ProblemError) || error.code !== 'throttled') throw error;
  return error.retryAfter ?? Number.NaN;
}

const networks = (count: number) => Array.from({ length: count }, (_, n) => `198.18.${n >> 8}.${n & 255}`);
const sessions = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ known: { kind: 'session', id: `${n}` } as const }));

/** Lets clients guess for some hours, each as soon as it may, give or take half a minute. Returns the number of guesses in each hour. */
async function storm(
  clients: Partial<RateLimitKeys>[],
  hours: number,
  each = async () => undefined as unknown,
): Promise<number[]> {
  const readyAt = clients.map(() => 0);
  const guesses: number[] = [];
  for (let now = 0, step = 1; now < hours * hour; now += step, step = Math.min(step * 1.1, 30)) {
    for (const [n, client] of clients.entries()) {
      if ((readyAt[n] ?? 0) > now) continue;
      const wait = await guess(client);
      // Clients of a large storm take turns. Enough of them still compete for every guess.
      readyAt[n] = now + wait + (clients.length > 100 ? (n % 10) * 60 : 0);
      if (wait === 0) guesses[Math.floor(now / hour)] = (guesses[Math.floor(now / hour)] ?? 0) + 1;
    }
    await each();
    vi.advanceTimersByTime(step * second);
  }
  return guesses;
}

describe('guesses at one account', () => {
  it.each([1, 30, 1600])('are bounded from %d networks', async (count) => {
    const [first = 0, ...later] = await storm(
      networks(count).map((ip) => ({ ip })),
      2,
    );
    expect(first).toBeLessThanOrEqual(stated.password.anHour);
    for (const guesses of later) expect(guesses).toBeLessThanOrEqual(stated.password.later);
  });

  it('are bounded from all networks of an IPv6 /48, as from one address', async () => {
    const clients = Array.from({ length: 100 }, (_, n) => ({ ip: `2001:db8:1:${n.toString(16)}::1` }));
    const [first] = await storm(clients, 1);
    expect(first).toBeLessThanOrEqual(20);
  });

  it('are bounded however often the owner signs in meanwhile', async () => {
    const known = { kind: 'device', id: 'laptop' } as const;
    const [first = 0, second = 0] = await storm(
      networks(50).map((ip) => ({ ip })),
      2,
      () => owner({ known }),
    );
    expect(first).toBeLessThanOrEqual(3 * 50 + 40);
    expect(second).toBeLessThanOrEqual(5);
  });

  it('are bounded with a stolen device cookie, from any number of networks', async () => {
    const known = { kind: 'device', id: 'stolen' } as const;
    const [first, later] = await storm(
      networks(100).map((ip) => ({ ip, known })),
      2,
    );
    expect(first).toBeLessThanOrEqual(stated.known.anHour);
    expect(later).toBeLessThanOrEqual(stated.known.later);
  });

  it('are bounded with a stolen session, however many others it approves', async () => {
    const [one] = await storm(sessions(1), 1);
    expect(one).toBeLessThanOrEqual(stated.known.anHour);
    rateLimit = createSignInRateLimit(memory);
    const [first = 0, later] = await storm(sessions(100), 2);
    expect(first).toBeLessThanOrEqual(40);
    expect(later).toBeLessThanOrEqual(stated.known.later);
  });

  it('of a code are few, from any number of networks', async () => {
    const code: GuessKind = 'code';
    const [first] = await storm(
      networks(300).map((ip) => ({ ip, guess: code })),
      1,
    );
    expect(first).toBeLessThanOrEqual(stated.code.anHour);
  });

  it('of a code are few, also when a right code comes from another network', async () => {
    const code: GuessKind = 'code';
    for (let n = 0; n < 4; n += 1) expect(await guess({ guess: code, ip: `198.18.0.${n}` })).toBe(0);
    expect(await owner({ guess: code, ip: '203.0.113.9' })).toBe(0);
    expect(await guess({ guess: code, ip: '198.18.0.4' })).toBe(0);
    expect(await guess({ guess: code, ip: '198.18.0.5' })).toBeGreaterThan(0);
  });

  it('are at most twice as many in the hour in which the counts of a day expire', async () => {
    const all = networks(3000);
    await guess({ ip: all[0] ?? null });
    vi.advanceTimersByTime((24 * hour - 60) * second);
    let allowed = 0;
    for (const [n, ip] of all.slice(1).entries()) {
      if ((await guess({ ip })) === 0) allowed += 1;
      if (n === 1499) vi.advanceTimersByTime(60 * second);
    }
    expect(allowed).toBeGreaterThan(stated.password.anHour);
    expect(allowed).toBeLessThanOrEqual(2 * stated.password.anHour);
  });

  it('are bounded for every mix of clients', async () => {
    const client = fc.record({
      ip: fc.constantFrom(...networks(40), null),
      known: fc.option(
        fc.record({ kind: fc.constantFrom('device' as const, 'session' as const), id: fc.constantFrom('a', 'b') }),
        { nil: undefined },
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(client, { maxLength: 60 }), async (clients) => {
        rateLimit = createSignInRateLimit(memory);
        const [first = 0] = await storm(clients, 1);
        // Three guesses of each network, those of all strangers, and those of two devices and two sessions.
        expect(first).toBeLessThanOrEqual(3 * 41 + 40 + 4 * stated.known.anHour);
      }),
      { numRuns: 5 },
    );
  });
});

describe('the owner, while others guess from 1,000 networks', () => {
  beforeEach(async () => {
    await storm(
      networks(1000).map((ip) => ({ ip })),
      0.05,
    );
  });

  it('is let in at once on a known device and with a session, and at a new site', async () => {
    expect(await owner({ ip: '203.0.113.9', known: { kind: 'device', id: 'laptop' } })).toBe(0);
    expect(await owner({ ip: '203.0.113.9', known: { kind: 'session', id: 'console' } })).toBe(0);
    expect(await owner({ ip: '203.0.113.9' })).toBe(0);
  });

  it('is let in on a known device at a network that has to wait', async () => {
    const ip = '198.51.100.7';
    for (let n = 0; n < 20; n += 1) await guess({ account: `${n}@example.com`, ip });
    expect(await owner({ ip })).toBeGreaterThan(0);
    expect(await owner({ ip, known: { kind: 'device', id: 'laptop' } })).toBe(0);
  });

  it('waits at most a minute at a new site even if the newcomers are too many', async () => {
    await storm(
      networks(2500).map((ip) => ({ ip })),
      0.1,
    );
    const waits = [];
    for (let n = 0; n < 60; n += 1) {
      waits.push(await guess({ ip: `192.0.2.${n}` }));
      vi.advanceTimersByTime(second);
    }
    expect(Math.max(...waits)).toBeGreaterThan(0);
    expect(Math.max(...waits)).toBeLessThanOrEqual(60);
    expect(waits).toContain(0);
  });

  it('starts anew once the account is unlocked', async () => {
    const ip = '203.0.113.9';
    for (let n = 0; n < 10; n += 1) await guess({ ip });
    expect(await owner({ ip })).toBeGreaterThan(0);
    await rateLimit.forgetAccount('ada@example.com');
    for (let n = 0; n < 4; n += 1) expect(await guess({ ip })).toBe(0);
    expect(await owner({ ip })).toBe(0);
  });
});

it('lets the owner in at a new site after two wrong passwords, while a few networks guess', async () => {
  const attackers = networks(20).map((ip) => ({ ip }));
  await storm(attackers, 1);
  const ip = '203.0.113.9';
  for (let n = 0; n < 2; n += 1) {
    expect(await guess({ ip })).toBe(0);
    await storm(attackers, 0.1);
  }
  expect(await owner({ ip })).toBe(0);
});

describe('an office network', () => {
  const ip = '198.51.100.7';

  it('does not wait because of failures on its known devices and in its sessions', async () => {
    for (let n = 0; n < 100; n += 1) {
      await guess({ ip, account: `${n}@example.com`, known: { kind: 'device', id: `${n}` } });
      await guess({ ip, account: `${n}@example.com`, known: { kind: 'session', id: `${n}` } });
    }
    expect(await owner({ ip, account: 'bob@example.com' })).toBe(0);
  });

  it('waits after twenty failures of strangers, as before', async () => {
    for (let n = 0; n < 20; n += 1) expect(await guess({ ip, account: `${n}@example.com` })).toBe(0);
    expect(await guess({ ip, account: 'bob@example.com' })).toBe(1);
  });
});

it('treats an address that nobody has like one that a member has, until its owner proves to be it', async () => {
  const attempts = networks(30).flatMap((ip) => [{ ip }, { ip }, { ip }]);
  const waits = async (account: string, between: () => Promise<unknown>) => {
    rateLimit = createSignInRateLimit(memory);
    const seen = [];
    for (const attempt of attempts) {
      seen.push(await guess({ ...attempt, account }));
      await between();
    }
    return seen;
  };
  const known = { kind: 'device', id: 'laptop' } as const;
  const ofMember = await waits('ada@example.com', () => owner({ known }));
  expect(await waits('nobody@example.com', async () => undefined)).toEqual(ofMember);
});
