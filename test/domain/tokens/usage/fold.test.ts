import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress } from '../../../../server/config/ip-address.ts';
import { agentOf, foldPath, networkOf, routeOf, splitRoute } from '../../../../server/domain/tokens/usage/fold.ts';

const word = fc.stringMatching(/^[g-z._~-]{1,12}$/);
const hex = fc.stringMatching(/^[0-9a-fA-F]{8,40}$/);
const identifier = fc.oneof(
  fc.nat().map(String),
  fc.uuid(),
  fc.uuid().map((uuid) => uuid.toUpperCase()),
  hex,
);

describe('a folded path', () => {
  it('has a star for each number, UUID and hexadecimal segment, and every other segment as it was', () => {
    const segment = fc.oneof(
      identifier.map((text) => [text, '*']),
      word.map((text) => [text, text]),
    );
    fc.assert(
      fc.property(fc.array(segment, { minLength: 1 }), (segments) => {
        const path = (index: number) => segments.map((pair) => `/${pair[index]}`).join('');
        expect(foldPath(path(0))).toBe(path(1));
        expect(foldPath(`${path(0)}/`)).toBe(`${path(1)}/`);
      }),
    );
  });

  it('does not change if it is folded again', () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(foldPath(foldPath(path))).toBe(foldPath(path));
      }),
    );
  });

  it.each([
    ['/builds/42', '/builds/*'],
    ['/v1/abcdef1', '/v1/abcdef1'],
    ['/commits/abcdef12', '/commits/*'],
    ['/42/43', '/*/*'],
    ['/builds/42a', '/builds/42a'],
    ['/', '/'],
    ['', ''],
  ])('of %s is %s', (path, folded) => {
    expect(foldPath(path)).toBe(folded);
  });
});

describe('a route', () => {
  it('splits into the method and the folded path', () => {
    expect(splitRoute(routeOf({ method: 'GET', path: '/a b/42' }) ?? '')).toEqual({ method: 'GET', path: '/a b/*' });
    expect(splitRoute(routeOf({ method: null, path: '/a' }) ?? '')).toEqual({ method: null, path: '/a' });
    expect(routeOf({ method: 'GET', path: null })).toBeNull();
  });

  it('fits into an index of PostgreSQL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 1024 }), (path) => {
        expect(Buffer.byteLength(routeOf({ method: 'PROPPATCH', path: `/${path}` }) ?? '')).toBeLessThan(1100);
      }),
    );
  });
});

describe('a network', () => {
  it('is the first three bytes of an IPv4 address', () => {
    fc.assert(
      fc.property(fc.ipV4(), (ip) => {
        expect(networkOf(ip)).toBe(`${ip.split('.').slice(0, 3).join('.')}.0/24`);
      }),
    );
  });

  it('is the first three groups of an IPv6 address, in canonical form', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constant(0), fc.nat(0xffff)), { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((group) => group.toString(16)).join(':');
        const ip = parseAddress(text);
        if (ip?.kind() !== 'ipv6') return;
        const base = `${text.split(':').slice(0, 3).join(':')}::`;
        expect(isIPv6(base)).toBe(true);
        expect(networkOf(ip.toString())).toBe(`${parseAddress(base)}/48`);
      }),
    );
  });

  it('is unknown for a client without an address', () => {
    expect(networkOf(null)).toBeNull();
  });
});

describe('an agent', () => {
  it.each([
    ['curl/8.5.0', 'curl/8.5.0'],
    ['Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', 'Mozilla/5.0'],
    [' git/2.43 (a)', 'git/2.43'],
    ['Tool(comment)', 'Tool'],
    ['(comment) Tool', null],
    ['', null],
    [null, null],
    ['x'.repeat(300), 'x'.repeat(64)],
  ])('of %j is %j', (userAgent, agent) => {
    expect(agentOf(userAgent)).toBe(agent);
  });
});
