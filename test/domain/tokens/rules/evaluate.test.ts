import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  evaluateRules,
  judgeRequest,
  type RuleRequest,
  rawPathOf,
} from '../../../../server/domain/tokens/rules/evaluate.ts';
import {
  noRules,
  parseRules,
  storeRules,
  type TokenRules,
} from '../../../../server/domain/tokens/rules/token-rules.ts';

const app = { id: 'app-1', groups: [] };
const request: RuleRequest = { app, ownerGroups: ['devs'], method: 'GET', path: '/api/builds/42', ip: '203.0.113.7' };
const parsed = (changes: Partial<TokenRules>) => {
  const text = storeRules({ ...noRules, ...changes });
  return text === null ? null : parseRules(text);
};

describe('evaluateRules', () => {
  it.each<[string, Partial<TokenRules>, Partial<RuleRequest>, string | null]>([
    ['no rules', {}, {}, null],
    ['no rules, and nothing known', {}, { app: null, method: null, path: null, ip: null }, null],
    ['no rules, and an unknown app', {}, { app: 'unknown' }, 'app'],
    ['an app for a group of the owner', {}, { app: { id: 'a', groups: ['ops', 'devs'] } }, null],
    ['an app for other groups', {}, { app: { id: 'a', groups: ['ops'] } }, 'group'],
    ['an app for a group that differs in case', {}, { app: { id: 'a', groups: ['Devs'] } }, 'group'],
    ['the app of the token', { apps: ['app-0', 'app-1'] }, {}, null],
    ['another app', { apps: ['app-2'] }, {}, 'app'],
    ['an unknown app', { apps: ['app-1'] }, { app: 'unknown' }, 'app'],
    ['no app, and a token for one', { apps: ['app-1'] }, { app: null }, 'app'],
    ['no app left for the token', { apps: [] }, {}, 'app'],
    ['no app left for the token, and none requested', { apps: [] }, { app: null }, 'app'],
    ['another app that is for other groups', { apps: ['a'] }, { app: { id: 'b', groups: ['ops'] } }, 'app'],
    ['a read-only token', { readOnly: true }, {}, null],
    ['a read-only token that writes', { readOnly: true }, { method: 'POST' }, 'method'],
    ['a read-only token, and a method in lower case', { readOnly: true }, { method: 'get' }, 'method'],
    ['a read-only token, and no method', { readOnly: true }, { method: null }, 'method'],
    ['a line that allows', { allow: ['POST /x', 'GET /api/**'] }, {}, null],
    ['no line for the path', { allow: ['GET /x/**'] }, {}, 'path'],
    ['no line for path and method', { allow: ['PUT /x/**'] }, {}, 'path'],
    ['a line for the path with another method', { allow: ['GET /x/**', 'PUT /api/**'] }, {}, 'method'],
    ['a line for any method', { allow: ['* /api/builds/*'] }, { method: 'PURGE' }, null],
    ['a line for any method, and no method', { allow: ['* /api/builds/*'] }, { method: null }, 'method'],
    ['a line for any path, and no path', { allow: ['* /**'] }, { path: null }, 'path'],
    ['a line for any path, and an ambiguous one', { allow: ['* /**'] }, { path: '/a/../b' }, 'path'],
    ['an ambiguous path without a line', { readOnly: true }, { path: '/a/../b' }, null],
    [
      'a read-only token with a line for writing',
      { readOnly: true, allow: ['POST /**'] },
      { method: 'POST' },
      'method',
    ],
    ['an address in a network', { networks: ['10.0.0.0/8', '203.0.113.0/24'] }, {}, null],
    ['an IPv6 address in a network', { networks: ['2001:db8::/32'] }, { ip: '2001:db8:1::1' }, null],
    ['an address outside', { networks: ['203.0.113.0/30'] }, {}, 'network'],
    ['an IPv6 address, and IPv4 networks', { networks: ['0.0.0.0/0'] }, { ip: '::1' }, 'network'],
    ['no address', { networks: ['0.0.0.0/0', '::/0'] }, { ip: null }, 'network'],
    ['a text that is not an address', { networks: ['0.0.0.0/0'] }, { ip: '127.1' }, 'network'],
    ['everything wrong', { apps: [], readOnly: true, allow: ['GET /'], networks: ['::1'] }, { method: 'PUT' }, 'app'],
    [
      'method, path and network wrong',
      { readOnly: true, allow: ['GET /'], networks: ['::1'] },
      { method: 'PUT' },
      'method',
    ],
    ['path and network wrong', { readOnly: true, allow: ['GET /'], networks: ['::1'] }, {}, 'path'],
  ])('given %s', (_what, rules, changes, reason) => {
    expect(evaluateRules(parsed(rules), { ...request, ...changes })).toBe(reason);
  });

  it.each<[string, string, string | null]>([
    ['/', '/', null],
    ['/', '/a', 'path'],
    ['/**', '/', null],
    ['/**', '/a/b/', null],
    ['/*', '/a', null],
    ['/*', '/', 'path'],
    ['/*', '/a/', 'path'],
    ['/a', '/a', null],
    ['/a', '/a/', 'path'],
    ['/a', '/A', 'path'],
    ['/a/', '/a/', null],
    ['/a/', '/a', 'path'],
    ['/a/*', '/a/b', null],
    ['/a/*', '/a/', 'path'],
    ['/a/*', '/a', 'path'],
    ['/a/*', '/a/b/c', 'path'],
    ['/a/*/', '/a/b/', null],
    ['/a/*/c', '/a/b/c', null],
    ['/a/*/c', '/a/c', 'path'],
    ['/a/**', '/a', null],
    ['/a/**', '/a/', null],
    ['/a/**', '/a/b/c/', null],
    ['/a/**', '/ab', 'path'],
    ['/a/**', '/', 'path'],
    ['/a/*/**', '/a/b', null],
    ['/a/*/**', '/a/b/c', null],
    ['/a/*/**', '/a', 'path'],
    ['/a/*/**', '/a/', 'path'],
    ['/café', '/caf\xc3\xa9', null],
    ['/café', '/caf%C3%A9', 'path'],
    ['/caf%C3%A9', '/caf%C3%A9', null],
    ['/a', '/%61', 'path'],
    ['/**', '*', 'path'],
    ['/**', '/a#b', 'path'],
  ])('compares %s with %s', (pattern, path, reason) => {
    expect(evaluateRules(parsed({ allow: [`GET ${pattern}`] }), { ...request, path })).toBe(reason);
  });

  it('lets a read-only token use the methods that change nothing, and no others', () => {
    const rules = parsed({ readOnly: true });
    const reasonFor = (method: string) => evaluateRules(rules, { ...request, method });
    for (const method of ['GET', 'HEAD', 'OPTIONS', 'PROPFIND', 'REPORT', 'SEARCH', 'QUERY']) {
      expect(reasonFor(method), method).toBe(null);
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'TRACE', 'MKCOL', 'MOVE', 'LOCK', 'GETS', '']) {
      expect(reasonFor(method), method).toBe('method');
    }
  });

  it('denies a request that the rules deny for every value of the inputs that are not asked about', () => {
    const rules = parsed({ apps: [], readOnly: true, allow: ['GET /', 'GET,PUT /a'], networks: ['::1'] });
    const ownerGroups: string[] = [];
    expect(evaluateRules(rules, { ownerGroups })).toBe(null);
    expect(evaluateRules(rules, { ownerGroups, path: '/' })).toBe(null);
    expect(evaluateRules(rules, { ownerGroups, path: '/x' })).toBe('path');
    expect(evaluateRules(rules, { ownerGroups, path: '/a/../a' })).toBe('path');
    expect(evaluateRules(rules, { ownerGroups, path: null })).toBe('path');
    expect(evaluateRules(rules, { ownerGroups, method: 'GET' })).toBe(null);
    expect(evaluateRules(rules, { ownerGroups, method: 'HEAD' })).toBe('method');
    expect(evaluateRules(rules, { ownerGroups, method: 'GET', path: '/x' })).toBe('path');
    expect(evaluateRules(rules, { ownerGroups, method: 'PUT' })).toBe('method');
    expect(evaluateRules(rules, { ownerGroups, ip: '::2' })).toBe('network');
    expect(evaluateRules(rules, { ownerGroups, app: null })).toBe('app');
    expect(evaluateRules(parsed({ allow: ['* /a'] }), { ownerGroups, method: 'PURGE' })).toBe(null);
    expect(evaluateRules(parsed({ allow: ['* /a'] }), { ownerGroups, method: null })).toBe('method');
    expect(evaluateRules(parseRules('damaged'), { ownerGroups, method: 'GET' })).toBe('method');
    expect(evaluateRules(parseRules('damaged'), { ownerGroups, path: '/' })).toBe('path');
  });
});

const someRules: fc.Arbitrary<Omit<TokenRules, 'enforce'>> = fc.record({
  apps: fc.option(fc.subarray(['app-1', 'app-2'])),
  readOnly: fc.boolean(),
  allow: fc.option(fc.subarray(['GET /api/**', 'PUT /**', '* /b/*'], { minLength: 1 })),
  networks: fc.option(fc.subarray(['203.0.113.0/24', '::/0'], { minLength: 1 })),
});
const someRequests: fc.Arbitrary<RuleRequest> = fc.record({
  app: fc.constantFrom(null, 'unknown' as const, app, { id: 'app-2', groups: ['ops'] }, { id: 'a', groups: ['devs'] }),
  ownerGroups: fc.constantFrom([], ['devs'], ['ops']),
  method: fc.constantFrom(null, 'GET', 'PUT', 'get', 'REPORT'),
  path: fc.constantFrom(null, '/api/x', '/b/c', '/b/', '/b/../c', '/'),
  ip: fc.constantFrom(null, '203.0.113.7', '10.0.0.1', '::1'),
});

describe('judgeRequest', () => {
  it('denies a request that the rules deny, if they are enforced', () => {
    fc.assert(
      fc.property(someRules, someRequests, (rules, request) => {
        const enforced = parsed({ ...rules, enforce: true });
        const expected = { denied: evaluateRules(enforced, request), wouldDeny: null };
        expect(judgeRequest(enforced, request)).toEqual(expected);
      }),
    );
  });

  it('only reports it if they are not, but denies unknown apps and other groups', () => {
    fc.assert(
      fc.property(someRules, someRequests, (rules, request) => {
        const { denied, wouldDeny } = judgeRequest(parsed({ ...rules, enforce: false }), request);
        expect(denied).toBe(evaluateRules(null, request));
        const first = evaluateRules(parsed({ ...rules, enforce: true }), request);
        expect(wouldDeny).toBe(denied === null ? first : null);
      }),
    );
  });

  it('denies no request that it allows with one rule more', () => {
    const order = ['apps', 'readOnly', 'allow', 'networks'] as const;
    fc.assert(
      fc.property(someRules, someRequests, fc.constantFrom(...order), (rules, request, removed) => {
        const fewer = { ...rules, [removed]: noRules[removed] };
        const { denied } = judgeRequest(parsed(rules), request);
        if (denied === null) expect(judgeRequest(parsed(fewer), request).denied).toBe(null);
      }),
    );
  });
});

describe('rawPathOf', () => {
  it.each([
    ['/a', '/a'],
    ['/a?b', '/a'],
    ['/a?b?c', '/a'],
    ['/?', '/'],
    ['/a#b?c', '/a#b'],
    ['/a%3Fb?c', '/a%3Fb'],
  ])('returns the path of %s', (target, path) => {
    expect(rawPathOf(target)).toBe(path);
  });
});
