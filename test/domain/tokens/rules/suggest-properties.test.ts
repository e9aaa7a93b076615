import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluateRules } from '../../../../server/domain/tokens/rules/evaluate.ts';
import { type RecordedUses, suggestRules } from '../../../../server/domain/tokens/rules/suggest/suggest.ts';
import {
  noRules,
  parseRules,
  problemsOfRules,
  storeRules,
} from '../../../../server/domain/tokens/rules/token-rules.ts';
import { routeOf, splitRoute } from '../../../../server/domain/tokens/usage/fold.ts';
import { numRuns } from '../../../helpers/length.ts';

const segment = fc.oneof(
  fc.constantFrom('api', 'v1', 'builds', 'users', 'a', 'b', 'c', 'x-1', 'x-2', 'caf\u00e9', 'a%20b', 'a%3Ab', 'a*'),
  fc.stringMatching(/^[a-z~._-]{1,6}$/).filter((text) => !/^\.{1,2}$/.test(text)),
  fc.oneof(fc.nat().map(String), fc.uuid()),
);
const paths = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 6 }), fc.constantFrom('', '/'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`);
const requests = fc.record({
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'PROPFIND'),
  path: paths,
  ip: fc.constantFrom('10.0.0.1', '10.0.1.7', '2001:db8::1'),
  app: fc.constantFrom('a', 'b'),
});
const networkOf: Record<string, string> = {
  '10.0.0.1': '10.0.0.0/24',
  '10.0.1.7': '10.0.1.0/24',
  '2001:db8::1': '2001:db8::/48',
};

/** Records requests as the use counter does. */
function record(requests: ReadonlyArray<{ method: string; path: string; ip: string; app: string }>): RecordedUses {
  const count = (values: string[]) =>
    [...new Set(values)].map((value) => ({ value, uses: values.filter((v) => v === value).length }));
  return {
    uses: requests.length,
    routes: count(requests.map((request) => routeOf(request) ?? '')).map(({ value, uses }) => ({
      ...splitRoute(value),
      uses,
    })),
    networks: count(requests.map(({ ip }) => networkOf[ip] ?? '')).map(({ value, uses }) => ({ network: value, uses })),
    apps: count(requests.map(({ app }) => app)).map(({ value, uses }) => ({ app: value, uses })),
    gaps: new Set(),
  };
}

describe('a suggestion', () => {
  it('can be stored, has at most ten lines, and denies no recorded request', () => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 1, maxLength: 60 }), (requests) => {
        const { apps, readOnly, allow, networks } = suggestRules(record(requests));
        expect(problemsOfRules({ allow, networks })).toEqual([]);
        expect(allow?.length).toBeLessThanOrEqual(10);
        const rules = parseRules(storeRules({ apps, readOnly, allow, networks, enforce: true }) ?? '');
        for (const { method, path, ip, app } of requests) {
          const raw = Buffer.from(path).toString('latin1');
          const request = { app: { id: app, groups: [] }, ownerGroups: [], method, path: raw, ip };
          expect([method, path, evaluateRules(rules, request)]).toEqual([method, path, null]);
        }
      }),
      { numRuns: numRuns(300) },
    );
  });

  it('is the narrowest: without any of its lines, it would deny a recorded request', () => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 1, maxLength: 40 }), (requests) => {
        const { allow } = suggestRules(record(requests));
        for (const line of allow ?? []) {
          const fewer = { ...noRules, allow: (allow ?? []).filter((other) => other !== line) };
          const rules = parseRules(storeRules(fewer) ?? '');
          const denied = requests.some(({ method, path }) => {
            const raw = Buffer.from(path).toString('latin1');
            return evaluateRules(rules, { ownerGroups: [], method, path: raw }) !== null;
          });
          expect([line, denied]).toEqual([line, true]);
        }
      }),
      { numRuns: numRuns(200) },
    );
  });

  it('allows only recorded routes if there are at most ten', () => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 1, maxLength: 8 }), requests, (requests, other) => {
        const recordedUses = record(requests);
        const rules = parseRules(storeRules({ ...noRules, allow: suggestRules(recordedUses).allow }) ?? '');
        const path = Buffer.from(other.path).toString('latin1');
        if (evaluateRules(rules, { ownerGroups: [], method: other.method, path }) !== null) return;
        const { path: folded } = splitRoute(routeOf(other) ?? '');
        const matches = (used: string) => {
          const parts = used.split('/');
          const wanted = folded.split('/');
          // No pattern can hold such a segment, so a star stands for it.
          const isAny = (part: string) => part === '*' || part.includes('*') || part === 'a%3Ab';
          return parts.length === wanted.length && parts.every((part, i) => isAny(part) || part === wanted[i]);
        };
        expect(recordedUses.routes.some(({ method, path }) => method === other.method && matches(path))).toBe(true);
      }),
      { numRuns: numRuns(300) },
    );
  });

  it('does not depend on the order of the recorded uses', () => {
    fc.assert(
      fc.property(fc.array(requests, { minLength: 1, maxLength: 40 }), (requests) => {
        const uses = record(requests);
        const { allow } = suggestRules({ ...uses, routes: [...uses.routes].reverse() });
        expect(allow).toEqual(suggestRules(uses).allow);
      }),
      { numRuns: numRuns(200) },
    );
  });
});
