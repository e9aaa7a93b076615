import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ObservedRequest } from '../../../../server/domain/tokens/last-used.ts';
import { createUseCounter } from '../../../../server/domain/tokens/usage/use-counter.ts';
import { createClientIp } from '../../../../server/http/client-ip.ts';
import { createReadUse } from '../../../../server/http/verify/read-use.ts';
import type { GapTimes, SeenKind } from '../../../../server/store/records.ts';
import { limits } from '../../../../shared/limits.ts';

const noon = Date.UTC(2026, 10, 23, 12);
const hour = noon / 3_600_000;
const newCounter = () => createUseCounter(createReadUse(createClientIp(['127.0.0.1'])));
const request = (changes: Partial<ObservedRequest> = {}): ObservedRequest => ({
  method: 'GET',
  target: '/builds/42?secret=1',
  peer: '127.0.0.1',
  forwardedFor: '203.0.113.9',
  userAgent: 'curl/8.5.0',
  appId: null,
  wouldDeny: null,
  ...changes,
});

it('counts each use once by hour, route, network and agent', () => {
  const counter = newCounter();
  counter.allowed('one', noon + 5, request());
  counter.allowed('one', noon + 1, request({ target: '/builds/7' }));
  counter.allowed('one', noon + 3_600_000, request({ method: 'POST', userAgent: null }));
  counter.denied('one', noon, 'expired');
  counter.denied('one', noon, 'expired');
  counter.allowed('two', noon, request({ method: null, target: null, forwardedFor: '2001:db8:1:2::3' }));
  expect(counter.pending()).toBe(2);
  const [one, two] = counter.take(10);
  expect(one).toMatchObject({
    tokenId: 'one',
    firstAt: noon + 1,
    hours: [
      { hour, outcome: 'allowed', uses: 2 },
      { hour: hour + 1, outcome: 'allowed', uses: 1 },
      { hour, outcome: 'expired', uses: 2 },
    ],
    seen: [
      { kind: 'route', value: 'GET /builds/*', uses: 2, firstAt: noon + 1, lastAt: noon + 5 },
      { kind: 'route', value: 'POST /builds/*', uses: 1, firstAt: noon + 3_600_000, lastAt: noon + 3_600_000 },
      { kind: 'network', value: '203.0.113.0/24', uses: 3, firstAt: noon + 1, lastAt: noon + 3_600_000 },
      { kind: 'agent', value: 'curl/8.5.0', uses: 2 },
    ],
  });
  expect(two?.seen.map(({ value }) => value)).toEqual(['2001:db8:1::/48', 'curl/8.5.0']);
  expect(counter.pending()).toBe(0);
  expect(counter.take(10)).toEqual([]);
});

it('counts uses by app, and what rules would have denied by hour, and by route', () => {
  const counter = newCounter();
  counter.allowed('one', noon, request({ appId: 'wiki' }));
  counter.allowed('one', noon + 1, request({ appId: 'wiki', wouldDeny: 'path' }), 3, noon + 9);
  counter.allowed('one', noon + 2, request({ appId: 'builds', wouldDeny: 'method', target: null }));
  counter.allowed('one', noon + 3_600_000, request({ appId: 'wiki', wouldDeny: 'path' }));
  const [one] = counter.take(1);
  expect(one?.hours).toEqual([
    { hour, outcome: 'allowed', uses: 5 },
    { hour, outcome: 'would-deny:path', uses: 3 },
    { hour, outcome: 'would-deny:method', uses: 1 },
    { hour: hour + 1, outcome: 'allowed', uses: 1 },
    { hour: hour + 1, outcome: 'would-deny:path', uses: 1 },
  ]);
  const of = (wanted: SeenKind) =>
    one?.seen.filter(({ kind }) => kind === wanted).map(({ value, uses }) => `${value}: ${uses}`);
  expect(of('app')).toEqual(['wiki: 5', 'builds: 1']);
  expect(of('would-deny')).toEqual(['path GET /builds/*: 4']);
});

describe('the inputs of rules that a use lacks', () => {
  const complete = { appId: 'wiki' };
  const none = { noAppAt: null, noPathAt: null, oddPathAt: null, noNetworkAt: null, noMethodAt: null };
  it.each<[string, Partial<ObservedRequest>, Partial<GapTimes> | null]>([
    ['nothing', complete, null],
    ['an app', { appId: null }, { noAppAt: noon }],
    ['a path', { ...complete, target: null }, { noPathAt: noon }],
    ['a method', { ...complete, method: null }, { noMethodAt: noon }],
    ['an address, without X-Forwarded-For', { ...complete, forwardedFor: null }, { noNetworkAt: noon }],
    ['an address, from a peer that is not trusted', { ...complete, peer: '198.51.100.1' }, { noNetworkAt: noon }],
    ['an address that can be read', { ...complete, forwardedFor: 'unknown' }, { noNetworkAt: noon }],
    ['a path with one meaning', { ...complete, target: '/a//b?x' }, { oddPathAt: noon }],
    ['a path that the client did not choose', { ...complete, isDisputed: true }, { oddPathAt: noon }],
    ['a path without a fragment', { ...complete, target: '/a#b' }, { oddPathAt: noon }],
    ['a path that is short enough', { ...complete, target: `/${'1'.repeat(1_024)}/a` }, { oddPathAt: noon }],
    ['nothing at introspection', { introspected: true, method: null, target: null }, null],
    ['a path at introspection', { introspected: true, target: null }, { noPathAt: noon }],
    ['an address at introspection', { introspected: true, peer: 'me', forwardedFor: null }, { noNetworkAt: noon }],
    ['a path with one meaning at introspection', { introspected: true, target: 'a' }, { oddPathAt: noon }],
  ])('is recorded: %s', (_what, changes, gaps) => {
    const counter = newCounter();
    counter.allowed('one', noon - 5, request(changes));
    counter.allowed('one', noon, request(changes));
    counter.allowed('one', noon + 5, request(complete));
    expect(counter.take(1)[0]?.gaps).toEqual(gaps && { ...none, ...gaps });
  });
});

it('stores no query, no secret and no NUL', () => {
  const counter = newCounter();
  const secret = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';
  counter.allowed(
    'one',
    noon,
    request({ target: `/hooks/${secret}?token=${secret}#${secret}`, userAgent: `${secret}/1` }),
  );
  counter.allowed('one', noon, request({ target: '/a\0b', method: 'get\u00e4' }));
  const values = counter.take(1)[0]?.seen.map(({ value }) => value);
  expect(values).toEqual([
    'GET /hooks/tok_mavzfVAB[redacted]',
    'OTHER /a\ufffdb',
    '203.0.113.0/24',
    'tok_mavzfVAB[redacted]/1',
    'curl/8.5.0',
  ]);
});

it('adds up to the uses, whatever their order, and however they are taken', () => {
  const use = fc.record({
    token: fc.constantFrom('one', 'two', 'three'),
    minutes: fc.nat(180),
    target: fc.constantFrom('/a', '/b/1', '/b/2', null),
    forwardedFor: fc.constantFrom('203.0.113.1', '203.0.113.2', '198.51.100.1'),
    reason: fc.constantFrom(null, null, null, 'expired', 'paused'),
    takes: fc.nat(6),
  });
  fc.assert(
    fc.property(fc.array(use), (uses) => {
      const counter = newCounter();
      const taken = [];
      for (const { token, minutes, reason, takes, ...changes } of uses) {
        const at = noon + minutes * 60_000;
        if (reason === null) counter.allowed(token, at, request(changes));
        else counter.denied(token, at, reason);
        if (takes === 0) taken.push(...counter.take(1));
      }
      taken.push(...counter.take(10));
      for (const token of ['one', 'two', 'three']) {
        const of = taken.filter(({ tokenId }) => tokenId === token);
        const [allowed, denied] = [true, false].map((wanted) =>
          uses.filter((use) => use.token === token && (use.reason === null) === wanted),
        );
        const hours = of.flatMap((counted) => counted.hours);
        const sum = (counts: Array<{ uses: number }>) => counts.reduce((total, count) => total + count.uses, 0);
        const seen = (kind: SeenKind) => of.flatMap((counted) => counted.seen.filter((value) => value.kind === kind));
        expect(sum(hours.filter(({ outcome }) => outcome === 'allowed'))).toBe(allowed?.length);
        expect(sum(hours.filter(({ outcome }) => outcome !== 'allowed'))).toBe(denied?.length);
        expect(sum(seen('network'))).toBe(allowed?.length);
        expect(sum(seen('route'))).toBe(allowed?.filter(({ target }) => target !== null).length);
      }
      expect(counter.pending()).toBe(0);
      expect(counter.full()).toBe(false);
    }),
  );
});

it('keeps 200 values of each kind and token, the most recent ones', () => {
  const counter = newCounter();
  for (let number = 0; number < 1_000; number += 1) {
    counter.allowed('one', noon + number, request({ target: `/page-${number}` }));
    counter.allowed('one', noon + number, request({ target: '/always' }));
  }
  const routes = counter.take(1)[0]?.seen.filter(({ kind }) => kind === 'route') ?? [];
  expect(routes).toHaveLength(limits.maxSeenValues);
  expect(routes.find(({ value }) => value === 'GET /always')?.uses).toBe(1_000);
  expect(routes.map(({ value }) => value)).toContain('GET /page-999');
  expect(routes.map(({ value }) => value)).not.toContain('GET /page-800');
});

it('asks to be flushed when it holds many counts, and takes the tokens in the order of their IDs', () => {
  const counter = newCounter();
  for (let number = 0; number < 100_000; number += 1) {
    if (number === 99_999) expect(counter.full()).toBe(false);
    counter.allowed(`token ${number}`, noon, request());
  }
  expect(counter.full()).toBe(true);
  const ids = counter.take(500).map(({ tokenId }) => tokenId);
  expect(ids).toEqual([...ids].sort());
  expect(ids).toHaveLength(500);
  expect(counter.full()).toBe(false);
  expect(counter.pending()).toBe(99_500);
});

it('keeps how first uses looked although many networks gave way to others before', () => {
  const counter = newCounter();
  for (let number = 0; number < 3_000; number += 1) {
    const forwardedFor = `${1 + (number >> 8)}.${number & 255}.0.1`;
    counter.allowed('many', noon, request({ forwardedFor }));
  }
  counter.take(10);
  counter.allowed('one', noon, request());
  expect(counter.take(1)[0]?.samples.size).toBe(1);
});

it('keeps how the first use from a network looked', () => {
  const counter = newCounter();
  counter.allowed('one', noon, request({ target: '/first/1' }));
  counter.allowed('one', noon, request({ target: '/second' }));
  counter.allowed('one', noon, request({ target: '/other', forwardedFor: '198.51.100.7' }));
  expect([...(counter.take(1)[0]?.samples ?? [])]).toEqual([
    ['203.0.113.0/24', { method: 'GET', path: '/first/1', ip: '203.0.113.9', userAgent: 'curl/8.5.0' }],
    ['198.51.100.0/24', { method: 'GET', path: '/other', ip: '198.51.100.7', userAgent: 'curl/8.5.0' }],
  ]);
});
