import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { identityNames } from '../../../cli/commands/doctor/advice.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { apps, holds, valuesOf } from '../../helpers/gate/apps.ts';
import { throughEnvoy, throughTraefik } from '../../helpers/gate/documented-proxies.ts';
import { issueGated } from '../../helpers/gate/gated.ts';

describe.each([
  ['Traefik', throughTraefik],
  ['Envoy', throughEnvoy],
])('%s with the shipped configuration, as its documentation describes it', (_name, through) => {
  let daemon: TestServer;
  let pass: ReturnType<typeof throughTraefik>;
  let value: string;
  beforeAll(async () => {
    daemon = await startTestServer();
    pass = through(daemon.port);
    value = (await daemon.issue('of a script')).value;
  });
  afterAll(() => daemon.stop());

  const forged: Fields = identityNames.map((name) => [name, 'intruder']);

  it.each<[string, (value: string) => Fields]>([
    ['Token', (value) => [['Authorization', `Token ${value}`]]],
    ['Bearer', (value) => [['authorization', `Bearer ${value}`]]],
    ['Basic', (value) => [['Authorization', `Basic ${Buffer.from(`ada:${value}`).toString('base64')}`]]],
    ['X-API-Key', (value) => [['X-API-Key', value]]],
    ['X-Tokens-Authorization', (value) => [['X-Tokens-Authorization', value]]],
  ])('gives the API the identity and never the token, which is in %s', async (_form, fieldsOf) => {
    const passed = await pass('GET', '/builds/42', [...forged, ...fieldsOf(value)]);
    const fields = 'fields' in passed ? passed.fields : [];
    expect(valuesOf(fields, 'X-Auth-User')).toEqual(['dev@example.com']);
    expect(identityNames.map((name) => valuesOf(fields, name).length)).toEqual(identityNames.map(() => 1));
    expect(JSON.stringify(fields)).not.toContain('intruder');
    expect(holds({ method: 'GET', url: '/builds/42', fields }, value)).toBe(false);
  });

  it('passes credentials of the API on beside X-Tokens-Authorization', async () => {
    const own: Fields = [
      ['Authorization', apps.grafana.credential],
      ['X-Api-Key', apps.immich.credential],
    ];
    const passed = await pass('GET', '/', [...own, ['X-Tokens-Authorization', value]]);
    const fields = 'fields' in passed ? passed.fields : [];
    expect(fields).toEqual(expect.arrayContaining([...own]));
    expect(holds({ method: 'GET', url: '/', fields }, value)).toBe(false);
  });

  it('tells method, path and address, so that rules apply', async () => {
    const rules = { allow: ['GET /open/**'], networks: ['192.0.2.0/24'] };
    const { value } = await issueGated(daemon.store, rules);
    const own: Fields = [['X-Tokens-Authorization', value]];
    expect(await pass('GET', '/open/a?b=c', own)).toHaveProperty('fields');
    expect(await pass('POST', '/open/a', own)).toMatchObject({ status: 403, reason: 'method' });
    expect(await pass('GET', '/open/../secret', own)).toEqual({
      status: 403,
      reason: 'path',
      body: '{"detail":"You do not have permission to perform this action."}',
    });
    const elsewhere = await issueGated(daemon.store, { networks: ['203.0.113.0/24'] });
    expect(await pass('GET', '/', [['X-API-Key', elsewhere.value]])).toMatchObject({ status: 403, reason: 'network' });
  });
});

describe('the routers of Traefik that send people to another gate', () => {
  const text = readFileSync(new URL('../../../examples/traefik/people.yaml', import.meta.url), 'utf8');
  const [, routers = ''] = text.split('  routers:\n');
  /** Name, middlewares and header rules of each router, in the order in which Traefik tries them. */
  const tried = [
    ...routers.matchAll(/^ {4}([\w-]+):\n {6}rule: ([\s\S]*?)\n {6}priority: (\d+)\n {6}middlewares: \[(.*)\]/gm),
  ]
    .map(([, name, rule = '', priority, middlewares = '']) => ({
      name,
      priority: Number(priority),
      middlewares: middlewares.split(', '),
      headers: [...rule.matchAll(/HeaderRegexp\(`([^`]+)`, `([^`]+)`\)/g)].map(([, field = '', pattern = '']) => ({
        field: field.toLowerCase(),
        pattern: pattern.startsWith('(?i)') ? new RegExp(pattern.slice(4), 'i') : new RegExp(pattern),
      })),
    }))
    .toSorted((a, b) => b.priority - a.priority)
    .filter(({ name }) => name !== 'sign-in');
  const routerOf = (fields: Fields) =>
    tried.find(
      ({ headers }) =>
        headers.length === 0 ||
        headers.some(({ field, pattern }) =>
          fields.some(([name, value]) => name.toLowerCase() === field && pattern.test(value)),
        ),
    );
  const value = 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE';

  it.each<[string, Fields]>([
    ['Token', [['Authorization', `Token ${value}`]]],
    ['Bearer', [['Authorization', `Bearer ${value}`]]],
    ['Basic', [['Authorization', `Basic ${Buffer.from(`ada:${value}`).toString('base64')}`]]],
    [
      'X-API-Key',
      [
        ['X-API-Key', value],
        ['Authorization', apps.grafana.credential],
      ],
    ],
    [
      'X-Tokens-Authorization',
      [
        ['X-Tokens-Authorization', value],
        ['Authorization', apps.grafana.credential],
      ],
    ],
  ])('ask tokensd about a token in %s', (form, fields) => {
    const middlewares = routerOf(fields)?.middlewares ?? [];
    const removes = form === 'X-Tokens-Authorization' ? 'without-tokens-authorization' : 'without-credentials';
    expect(middlewares.slice(0, 3)).toEqual(['without-identity', 'tokens', removes]);
  });

  it.each<[string, Fields]>([
    ['nothing', []],
    ['a cookie', [['Cookie', 'a=b']]],
    [
      'credentials of the app',
      [
        ['Authorization', apps.grafana.credential],
        ['X-API-Key', apps.immich.credential],
      ],
    ],
  ])('ask the other gate about %s, and show it no credential', (_what, fields) => {
    expect(routerOf(fields)?.middlewares.slice(0, 2)).toEqual(['without-identity', 'people']);
    expect(text).toContain('authRequestHeaders: [Cookie, Accept]\n');
  });
});
