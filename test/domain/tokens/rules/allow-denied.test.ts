import fc from 'fast-check';
import { expect, it } from 'vitest';
import { allowDenied } from '../../../../server/domain/tokens/rules/allow-denied.ts';
import { evaluateRules, type RuleRequest } from '../../../../server/domain/tokens/rules/evaluate.ts';
import {
  noRules,
  parseRules,
  storeRules,
  type TokenRules,
} from '../../../../server/domain/tokens/rules/token-rules.ts';
import type { DeniedRequest } from '../../../../server/store/records.ts';
import { numRuns } from '../../../helpers/length.ts';

const request = (given: Partial<DeniedRequest>): DeniedRequest => ({
  ...{ id: 'denied-1', at: 0, reason: 'path', appId: null, method: 'GET', path: '/', ip: null, userAgent: null },
  ...given,
});
const allow = (rules: Partial<TokenRules>, denied: Partial<DeniedRequest>) =>
  allowDenied({ rules: storeRules({ ...noRules, ...rules }) }, request(denied));

it.each<[string, Partial<TokenRules>, Partial<DeniedRequest>, Partial<TokenRules>]>([
  ['the app', { apps: ['a'] }, { reason: 'app', appId: 'b' }, { apps: ['a', 'b'] }],
  ['the app in place of none', { apps: [] }, { reason: 'app', appId: 'b' }, { apps: ['b'] }],
  [
    'the address',
    { networks: ['10.0.0.0/8'] },
    { reason: 'network', ip: '2001:db8::7' },
    { networks: ['10.0.0.0/8', '2001:db8::7'] },
  ],
  [
    'the path',
    { allow: ['GET /a'] },
    { reason: 'path', method: 'POST', path: '/b/ä%20c' },
    { allow: ['GET /a', 'POST /b/ä%20c'] },
  ],
  [
    'the method',
    { allow: ['GET /a/**'] },
    { reason: 'method', method: 'PUT', path: '/a/1' },
    { allow: ['GET /a/**', 'PUT /a/1'] },
  ],
  [
    'the method in place of a rule that has no exceptions',
    { readOnly: true },
    { reason: 'method', method: 'PUT', path: '/a' },
    { readOnly: false, allow: ['GET,HEAD,OPTIONS,PROPFIND,REPORT,SEARCH,QUERY /**', 'PUT /a'] },
  ],
  [
    'the method beside lines that were limited to reading',
    { readOnly: true, allow: ['GET,POST /a', '* /b', 'DELETE /c'] },
    { reason: 'method', method: 'PUT', path: '/a' },
    { readOnly: false, allow: ['GET /a', 'GET,HEAD,OPTIONS,PROPFIND,REPORT,SEARCH,QUERY /b', 'PUT /a'] },
  ],
])('adds %s', (_what, rules, denied, expected) => {
  expect(allow(rules, denied)?.rules).toEqual({ ...noRules, ...rules, ...expected });
});

it.each<[string, Partial<TokenRules>, Partial<DeniedRequest>]>([
  ['another reason', { allow: ['GET /a'] }, { reason: 'group', path: '/b' }],
  ['a request that the rules allow by now', { allow: ['GET /a'] }, { reason: 'path', path: '/a' }],
  ['rules that are only observed', { allow: ['GET /a'], enforce: false }, { reason: 'path', path: '/b' }],
  ['a token without rules', {}, { reason: 'path', path: '/b' }],
  ['no app', { apps: ['a'] }, { reason: 'app', appId: null }],
  ['no address', { networks: ['10.0.0.0/8'] }, { reason: 'network', ip: null }],
  ['no method', { allow: ['GET /a'] }, { reason: 'path', method: null, path: '/b' }],
  ['no path', { allow: ['GET /a'] }, { reason: 'path', path: null }],
  ['an unknown method', { allow: ['GET /a'] }, { reason: 'path', method: 'OTHER', path: '/b' }],
  ['a path that two programs may read differently', { allow: ['GET /a'] }, { reason: 'path', path: '/b/../c' }],
  ['a path that was redacted', { allow: ['GET /a'] }, { reason: 'path', path: '/b/[redacted]' }],
  ['a path that was cut', { allow: ['GET /a'] }, { reason: 'path', path: `/${'b'.repeat(1023)}` }],
  ['a path with a star, which would match others', { allow: ['GET /a'] }, { reason: 'path', path: '/b/*' }],
  ['a path with an escape that no rule has', { allow: ['GET /a'] }, { reason: 'path', path: '/%62' }],
])('adds nothing for %s', (_what, rules, denied) => {
  expect(allow(rules, denied)).toBeNull();
});

it('adds nothing to rules that cannot be read, but the app that they lack', () => {
  expect(allowDenied({ rules: '{' }, request({ reason: 'path', path: '/b' }))).toBeNull();
  expect(allowDenied({ rules: '{"allow":["nonsense"]}' }, request({ reason: 'path', path: '/b' }))).toBeNull();
});

it('allows the denied request, and no other one that was denied before', () => {
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'QUERY', 'OTHER');
  const paths = fc.constantFrom('/', '/a', '/a/b', '/a/b/c', '/b', '/ä', '/a//b', '/a/*', '/%41', '/a%20b');
  const ips = fc.constantFrom('203.0.113.9', '203.0.113.10', '2001:db8::1', '198.51.100.7');
  const apps = fc.constantFrom('wiki', 'grafana');
  const rules = fc.record({
    apps: fc.option(fc.subarray(['wiki', 'grafana'])),
    readOnly: fc.boolean(),
    allow: fc.option(fc.subarray(['GET /a', 'GET,POST /a/**', '* /b', 'PUT,QUERY /a/*'], { minLength: 1 })),
    networks: fc.option(fc.subarray(['203.0.113.9', '2001:db8::/32'], { minLength: 1 })),
    enforce: fc.constant(true),
  });
  const asked = fc.record({ method: methods, path: paths, ip: ips, app: apps });
  const toRequest = ({
    method,
    path,
    ip,
    app,
  }: {
    method: string;
    path: string;
    ip: string;
    app: string;
  }): RuleRequest => ({
    ...{ method, ip, ownerGroups: [], app: { id: app, groups: [] } },
    path: Buffer.from(path, 'utf8').toString('latin1'),
  });
  let widened = 0;
  fc.assert(
    fc.property(rules, asked, fc.array(asked, { minLength: 20, maxLength: 20 }), (before, one, others) => {
      const judge = (of: TokenRules, what: typeof one) =>
        evaluateRules(parseRules(storeRules(of) ?? '{}'), toRequest(what));
      const reason = judge(before, one);
      if (reason === null) return;
      const found = allow(before, { ...one, appId: one.app, reason });
      if (found === null) return;
      widened += 1;
      expect(judge(found.rules, one)).not.toBe(reason);
      const isNew = (other: typeof one) => judge(before, other) !== null && judge(found.rules, other) === null;
      for (const other of others.filter(isNew)) {
        const parts = { app: ['app'], network: ['ip'], method: ['method', 'path'], path: ['method', 'path'] } as const;
        for (const part of parts[reason as keyof typeof parts]) expect(other[part]).toBe(one[part]);
      }
    }),
    { numRuns: numRuns(500) },
  );
  expect(widened).toBeGreaterThan(50);
});
