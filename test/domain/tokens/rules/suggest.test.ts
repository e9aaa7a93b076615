import { describe, expect, it } from 'vitest';
import { type Gap, type RecordedUses, suggestRules } from '../../../../server/domain/tokens/rules/suggest/suggest.ts';
import { problemsOfRules } from '../../../../server/domain/tokens/rules/token-rules.ts';
import { routeOf, splitRoute } from '../../../../server/domain/tokens/usage/fold.ts';

const recorded = (routes: string[], others: Partial<RecordedUses> = {}): RecordedUses => ({
  uses: routes.length,
  routes: routes.map((route) => ({ ...splitRoute(route), uses: 1 })),
  networks: [],
  apps: [],
  gaps: new Set(),
  ...others,
});
const allowFor = (...routes: string[]) => suggestRules(recorded(routes)).allow;

describe('suggested allow lines', () => {
  it('name each route if there are at most ten', () => {
    const routes = Array.from({ length: 10 }, (_, index) => `GET /api/${'abcdefghij'.charAt(index)}`);
    expect(allowFor(...routes)).toEqual(routes);
  });

  it.each<[string, string[], string[]]>([
    ['one line for all methods of a path', ['PUT /a', 'GET /a', 'GET /b'], ['GET /b', 'GET,PUT /a']],
    ['a star for each identifier', ['GET /builds/*/log', 'GET /builds/*'], ['GET /builds/*', 'GET /builds/*/log']],
    ['no line that another one covers', ['GET /builds/*', 'GET /builds/latest'], ['GET /builds/*']],
    ['a line with another method', ['GET /builds/*', 'PUT /builds/latest'], ['GET /builds/*', 'PUT /builds/latest']],
    ['the slash at the end', ['GET /a', 'GET /a/', 'GET /'], ['GET /', 'GET /a', 'GET /a/']],
    ['any method for an unusual one', ['OTHER /a', 'GET /a'], ['* /a']],
    ['a star for a secret', ['GET /hooks/tok_8fK2b1Qz[redacted]/x'], ['GET /hooks/*/x']],
    ['a star for an escape that is not needed', ['GET /rooms/a%3Ab/send'], ['GET /rooms/*/send']],
    ['a star for a star inside a segment', ['GET /a*/b'], ['GET /*/b']],
    ['escapes that are needed', ['GET /a%20b/caf%C3%A9'], ['GET /a%20b/caf%C3%A9']],
    ['characters outside ASCII', ['GET /café'], ['GET /café']],
  ])('have %s', (_what, routes, lines) => {
    expect(allowFor(...routes)).toEqual(lines);
  });

  it('end with ** for a path that was cut', () => {
    expect(allowFor(routeOf({ method: 'GET', path: `/a/b${'/xyz'.repeat(100)}` }) ?? '')).toEqual([
      `GET /a/b${'/xyz'.repeat(62)}/**`,
    ]);
    expect(allowFor(routeOf({ method: 'GET', path: `/${'x'.repeat(500)}` }) ?? '')).toEqual(['GET /**']);
  });

  it('merge the largest group of paths that differ in one segment first', () => {
    const users = Array.from({ length: 30 }, (_, index) => `GET /users/name-${index}/keys`);
    const others = ['GET /a/x/1a', 'GET /a/y/1a', 'POST /b', 'GET /c/d', 'GET /c/e', 'PUT /users/name-1/keys'];
    expect(allowFor(...users, ...others)).toEqual([
      ...['GET /a/x/1a', 'GET /a/y/1a', 'GET /c/d', 'GET /c/e', 'GET /users/*/keys', 'POST /b'],
      'PUT /users/name-1/keys',
    ]);
  });

  it('merge paths that differ in more segments with more stars', () => {
    const repositories = Array.from({ length: 20 }, (_, index) => `/repos/owner-${index % 12}/name-${index}-/issues`);
    const routes = repositories.flatMap((path) => [`GET ${path}`, `POST ${path}`]);
    const lines = ['GET /rate_limit', 'GET /user', 'GET,POST /repos/*/*/issues', 'POST /graphql'];
    expect(allowFor(...routes, 'GET /user', 'GET /rate_limit', 'POST /graphql')).toEqual(lines);
  });

  it('merge paths of different lengths to the longest common beginning', () => {
    const files = Array.from({ length: 12 }, (_, index) => `GET /files${'/a'.repeat(index + 1)}/b`);
    expect(allowFor(...files, 'POST /other')).toEqual([
      'GET /files/a/a/a/a/a/a/a/a/a/**',
      ...Array.from({ length: 8 }, (_, index) => `GET /files${'/a'.repeat(8 - index)}/b`),
      'POST /other',
    ]);
  });

  it('keep lines apart that have nothing in common', () => {
    const pages = Array.from({ length: 20 }, (_, index) => `GET /shop/item-${index}-`);
    const others = ['GET /', 'GET /a', 'GET /b', 'GET /c', 'GET /x/y', 'POST /z/q'];
    expect(allowFor(...pages, ...others)).toEqual([...others.slice(0, 4), 'GET /shop/*', ...others.slice(4)]);
  });

  it('takes little time for 199 routes of the worst kind', () => {
    const letters = 'abcdefghijklmnopqrst';
    const deep = Array.from({ length: 199 }, (_, index) => {
      const [first, second] = [letters.charAt(index % 20), letters.charAt(Math.floor(index / 20))];
      return `GET /${first}${'/x'.repeat(100)}/${second}/${first}${second}`;
    });
    const wide = Array.from(
      { length: 199 },
      (_, index) => `${index % 2 ? 'GET' : 'PUT'} /a${index}/b/c${index % 7}/d${index}/e/f`,
    );
    const unrelated = Array.from({ length: 199 }, (_, index) =>
      `GET ${'/q'.repeat(index % 12)}/n${index}/${'/z'.repeat(index % 5)}y`.replaceAll('//', '/'),
    );
    for (const routes of [deep, wide, unrelated]) {
      const before = process.cpuUsage();
      expect(allowFor(...routes)?.length).toBeLessThanOrEqual(10);
      expect(process.cpuUsage(before).user).toBeLessThan(1_000_000);
    }
  });
});

describe('other suggested rules', () => {
  it('are read-only if every method is', () => {
    expect(suggestRules(recorded(['GET /a', 'PROPFIND /a'])).readOnly).toBe(true);
    expect(suggestRules(recorded(['GET /a', 'OTHER /a'])).readOnly).toBe(false);
    expect(suggestRules(recorded(['GET /a', 'POST /a'])).readOnly).toBe(false);
    expect(suggestRules(recorded([])).readOnly).toBe(false);
  });

  it('name the apps unless a request was for none', () => {
    const apps = [
      { app: 'grafana', uses: 3 },
      { app: 'builds', uses: 4 },
    ];
    expect(suggestRules(recorded([], { apps })).apps).toEqual(['builds', 'grafana']);
    const some = suggestRules(recorded([], { apps, gaps: new Set(['app']) }));
    expect(some).toMatchObject({ apps: null, omitted: [{ rule: 'apps', reason: 'no-app' }] });
    expect(suggestRules(recorded([], { gaps: new Set(['app']) }))).toMatchObject({ apps: null, omitted: [] });
    const deleted = suggestRules(recorded([], { apps, gaps: new Set(['deleted-app']) }));
    expect(deleted).toMatchObject({ apps: null, omitted: [{ rule: 'apps', reason: 'deleted-app' }] });
  });

  it('name up to 50 networks', () => {
    const networks = (count: number) =>
      Array.from({ length: count }, (_, index) => ({ network: `10.0.${index}.0/24`, uses: 2 }));
    expect(suggestRules(recorded([], { networks: networks(50) })).networks).toHaveLength(50);
    const many = suggestRules(recorded([], { networks: networks(51) }));
    expect(many).toMatchObject({ networks: null, omitted: [{ rule: 'networks', reason: 'too-many' }] });
  });

  it('say nothing about routes if more may have been used than are recorded', () => {
    const routes = Array.from({ length: 200 }, (_, index) => `GET /page-${index}-`);
    expect(suggestRules(recorded(routes.slice(1)))).toMatchObject({ allow: ['GET /*'], readOnly: true });
    const omitted = [
      { rule: 'read_only', reason: 'too-many' },
      { rule: 'allow', reason: 'too-many' },
    ];
    expect(suggestRules(recorded(routes))).toMatchObject({ allow: null, readOnly: false, omitted });
  });

  it('can be stored with the longest path and the most methods', () => {
    const path = `/${'a'.repeat(254)}`;
    const methods = Array.from(
      { length: 20 },
      (_, index) => `${'M'.repeat(15)}${'ABCDEFGHIJKLMNOPQRST'.charAt(index)}`,
    );
    const { allow } = suggestRules(recorded(methods.map((method) => `${method} ${path}`)));
    expect(allow).toEqual([`${methods.join(',')} ${path}`]);
    expect(problemsOfRules({ allow, networks: null })).toEqual([]);
  });

  it.each<[Gap, string[], object]>([
    ['method', ['GET /a'], { allow: null, readOnly: false, networks: ['::/48'] }],
    ['path', ['GET /a'], { allow: null, readOnly: false, networks: ['::/48'] }],
    ['ambiguous-path', ['GET /a'], { allow: null, readOnly: true, networks: ['::/48'] }],
    ['network', ['GET /a'], { allow: ['GET /a'], readOnly: true, networks: null }],
  ])('leave out what a %s that was not clear would deny', (gap, routes, expected) => {
    const networks = [{ network: '::/48', uses: 1 }];
    const suggestion = suggestRules(recorded(routes, { networks, gaps: new Set([gap]) }));
    expect(suggestion).toMatchObject(expected);
    expect(suggestion.omitted.length).toBeGreaterThan(0);
  });

  it.each([
    ['- /a', 'unknown-method'],
    ['GET /a//b', 'ambiguous-path'],
    ['GET /a;b', 'ambiguous-path'],
  ])('leave out lines for %s', (route, reason) => {
    const suggestion = suggestRules(recorded(['GET /ok', route]));
    expect(suggestion.allow).toBe(null);
    expect(suggestion.omitted).toContainEqual({ rule: 'allow', reason });
  });

  it('say how many uses each line covers', () => {
    const suggestion = suggestRules({
      uses: 12,
      routes: [
        { method: 'GET', path: '/a', uses: 7 },
        { method: 'HEAD', path: '/a', uses: 1 },
        { method: 'GET', path: '/b', uses: 4 },
      ],
      networks: [{ network: '10.0.0.0/24', uses: 12 }],
      apps: [{ app: 'wiki', uses: 12 }],
      gaps: new Set(),
    });
    expect(suggestion.covers).toEqual([
      { rule: 'wiki', uses: 12 },
      { rule: 'read_only', uses: 12 },
      { rule: 'GET /b', uses: 4 },
      { rule: 'GET,HEAD /a', uses: 8 },
      { rule: '10.0.0.0/24', uses: 12 },
    ]);
  });
});
