import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { flushLastUsed } from '../../../server/jobs/flush-last-used.ts';
import type { Suggestion } from '../../../shared/schemas/tokens/suggestion.ts';
import type { Token } from '../../../shared/schemas/tokens/tokens.ts';
import { jsonOf, type Member } from '../../helpers/app/app.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addApp, deleteApp } from './rules/gate.ts';

const day = 24 * 60 * 60 * 1000;

interface Used {
  method: string;
  path: string;
  ip?: string;
  /** The app that the proxy names. */
  app?: string;
  /** Another target of the same request, which nginx passes on if a client sends it. */
  otherUrl?: string;
}

let server: TestServer;
const agent = new Agent({ keepAlive: true, maxSockets: 20 });
beforeAll(async () => {
  server = await startTestServer();
  for (const name of ['builds', 'wiki', 'shop']) await addApp(server, name);
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

/** Sends a request as a proxy does, and returns the status of the verdict. */
async function use(value: string, { method, path, ip = '203.0.113.9', app, otherUrl }: Used): Promise<number> {
  const proxy = otherUrl === undefined ? 'Forwarded' : 'Original';
  const headers: Fields = [
    ['Authorization', `Bearer ${value}`],
    [`X-${proxy}-Method`, method],
    [`X-${proxy}-Uri`, path],
    ...(otherUrl === undefined ? [] : [['X-Original-Url', otherUrl] as const]),
    ...(ip === '' ? [] : [['X-Forwarded-For', ip] as const]),
  ];
  const route = otherUrl === undefined ? 'forward-auth' : 'auth-request';
  const prefix = app === undefined ? '/verify' : `/verify/apps/${app}`;
  return (await server.send({ path: `${prefix}/${route}`, headers, agent })).status;
}

/** Writes what was counted, as the jobs do. */
async function flush(): Promise<void> {
  await flushLastUsed(server.services.lastUsed, server.store.tokens, server.clock.now());
  await server.services.recordUsage.flush();
}

async function useAll(value: string, uses: readonly Used[]): Promise<void> {
  const outcomes = await Promise.all(uses.map(async (each) => [each, await use(value, each)]));
  expect(outcomes.filter(([, status]) => status !== 200)).toEqual([]);
  await flush();
}

/** Signs in again, because days have passed. */
const owner = async (): Promise<Member> => ({ ...server.dev, session: await server.signIn(server.dev.id) });
const suggestionOf = async (id: string, query = '') =>
  server.ask(`/api/v1/tokens/${id}/suggestion${query}`, { as: await owner() });
const suggested = async (id: string, query = '?force=true') => jsonOf<Suggestion>(suggestionOf(id, query));
const edit = async (id: string, json: object) =>
  jsonOf<Token>(server.ask(`/api/v1/tokens/${id}`, { method: 'PATCH', as: await owner(), json }));

/** The requests of one day of a build system: two apps, two networks, and paths with numbers, names and files. */
function dayOf(number: number): Used[] {
  const at = (index: number) => (number * 7 + index * 13) % 97;
  const builds = Array.from({ length: 6 }, (_, index): Used[] => [
    { app: 'builds', method: 'GET', path: `/api/v1/projects/${at(index)}?page=${index}` },
    { app: 'builds', method: 'GET', path: `/api/v1/projects/${at(index)}/builds/${at(index + 1) * 1000}/log` },
    { app: 'builds', method: 'POST', path: `/api/v1/projects/${at(index)}/builds` },
    { app: 'builds', method: 'PUT', path: `/artifacts/0f8fad5b-d9cb-469f-a165-${String(708677289501 + at(index))}` },
    { app: 'builds', method: 'GET', path: `/repos/team-${at(index) % 5}/service-${at(index) % 8}/raw/main.yml` },
  ]);
  return [
    ...builds.flat(),
    { app: 'builds', method: 'HEAD', path: '/status' },
    { app: 'builds', method: 'GET', path: '/status' },
    { app: 'wiki', method: 'GET', path: `/pages/notes-${number % 9}-of-team`, ip: '2001:db8:7::5' },
    { app: 'wiki', method: 'PUT', path: `/pages/notes-${number % 9}-of-team`, ip: '2001:db8:7:1::9' },
    { app: 'wiki', method: 'GET', path: '/search?q=a//b', ip: `203.0.113.${number}` },
  ];
}

describe('a suggestion', () => {
  it('narrows a token to a month of traffic, denies none of it, and holds for the next week', async () => {
    const { token, value } = await server.issue('pipeline');
    const month = Array.from({ length: 30 }, (_, number) => dayOf(number));
    for (const uses of month) {
      await useAll(value, uses);
      server.clock.advance(day);
    }
    const suggestion = await suggested(token.id, '?days=31');
    const { apps, read_only, allow, networks, uses, covers, omitted } = suggestion;
    expect({ apps, read_only, networks, uses, omitted }).toEqual({
      apps: ['builds', 'wiki'],
      read_only: false,
      networks: ['2001:db8:7::/48', '203.0.113.0/24'],
      uses: month.flat().length,
      omitted: [],
    });
    expect(allow?.length).toBeLessThanOrEqual(10);
    expect(allow).toEqual([
      'GET /api/v1/projects/*',
      'GET /api/v1/projects/*/builds/*/log',
      'GET /repos/*/*/raw/main.yml',
      'GET /search',
      'GET,HEAD /status',
      'GET,PUT /pages/*',
      'POST /api/v1/projects/*/builds',
      'PUT /artifacts/*',
    ]);
    expect(covers).toContainEqual({ rule: 'GET,HEAD /status', uses: 60 });
    const of = (rules: readonly string[] | null) => covers.filter(({ rule }) => rules?.includes(rule));
    for (const rules of [apps, allow, networks]) {
      expect(of(rules).reduce((sum, { uses }) => sum + uses, 0)).toBe(uses);
    }

    expect(await edit(token.id, { apps, allow, networks })).toMatchObject({ apps, allow, networks });
    await useAll(value, month.flat());
    for (let number = 30; number < 37; number += 1) {
      await useAll(value, dayOf(number));
      server.clock.advance(day);
    }
    const denied: Array<[Used, number]> = [
      [{ app: 'builds', method: 'DELETE', path: '/api/v1/projects/1' }, 403],
      [{ app: 'builds', method: 'GET', path: '/admin' }, 403],
      [{ app: 'shop', method: 'GET', path: '/status' }, 403],
      [{ method: 'GET', path: '/status' }, 403],
      [{ app: 'builds', method: 'GET', path: '/status', ip: '198.51.100.1' }, 403],
    ];
    for (const [each, status] of denied) expect([each, await use(value, each)]).toEqual([each, status]);
    expect((await suggested(token.id)).allow).toEqual(allow);
  }, 60_000);

  it('needs 20 uses in the window, unless it is forced', async () => {
    const { token, value } = await server.issue('few');
    const refusal = async (query = '') => {
      const response = await suggestionOf(token.id, query);
      return [response.status, (await jsonOf<{ code?: string }>(response)).code];
    };
    expect(await refusal()).toEqual([409, 'too-few-uses']);
    await useAll(value, Array<Used>(19).fill({ method: 'GET', path: '/a' }));
    expect(await refusal()).toEqual([409, 'too-few-uses']);
    expect(await suggested(token.id)).toMatchObject({ uses: 19, allow: ['GET /a'], read_only: true });
    await useAll(value, [{ method: 'GET', path: '/a' }]);
    expect(await refusal()).toEqual([200, undefined]);
    server.clock.advance(2 * day);
    expect(await refusal('?days=2')).toEqual([409, 'too-few-uses']);
  });

  it('is for the owner and superusers only, and for windows of 1 to 400 days', async () => {
    const { token } = await server.issue('private');
    const stranger = await server.addMember({ email: 'stranger@example.com' });
    const ask = async (as: Member, query = '?force=true') =>
      (await server.ask(`/api/v1/tokens/${token.id}/suggestion${query}`, { as })).status;
    const root = { ...server.root, session: await server.signIn(server.root.id) };
    expect([await ask(await owner()), await ask(root), await ask(stranger)]).toEqual([200, 200, 404]);
    for (const query of ['?days=0', '?days=401', '?force=yes'])
      expect([query, await ask(root, query)]).toEqual([query, 400]);
  });

  it.each<[string, Used, object, string]>([
    ['apps', { method: 'GET', path: '/a' }, { apps: null, allow: ['GET /a'] }, 'no-app'],
    [
      'networks',
      { app: 'wiki', method: 'GET', path: '/a', ip: '' },
      { networks: null, apps: ['wiki'] },
      'unknown-network',
    ],
    ['allow', { app: 'wiki', method: 'GET', path: '/a//b' }, { allow: null, read_only: true }, 'ambiguous-path'],
    ['allow', { app: 'wiki', method: 'GET', path: `/${'7'.repeat(1_100)}/b` }, { allow: null }, 'ambiguous-path'],
    ['allow', { app: 'wiki', method: 'GET', path: '/%2e%2E/b' }, { allow: null }, 'ambiguous-path'],
    [
      'allow',
      { app: 'wiki', method: 'GET', path: '/two', otherUrl: 'https://wiki.example.com/admin' },
      { allow: null },
      'ambiguous-path',
    ],
  ])('leaves out %s after %j', async (rule, odd, expected, reason) => {
    const { token, value } = await server.issue(`odd ${reason} ${odd.path.slice(0, 9)}`);
    await useAll(value, [{ app: 'wiki', method: 'GET', path: '/a' }, odd]);
    const suggestion = await suggested(token.id);
    expect(suggestion).toMatchObject(expected);
    expect(suggestion.omitted).toEqual([{ rule, reason }]);
    server.clock.advance(40 * day);
    await useAll(value, [{ app: 'wiki', method: 'GET', path: '/a' }]);
    const rules = { apps: ['wiki'], read_only: true, allow: ['GET /a'], networks: ['203.0.113.0/24'] };
    expect(await suggested(token.id)).toMatchObject({ ...rules, omitted: [] });
  });

  it('names no app if one that was used was deleted', async () => {
    const { token, value } = await server.issue('deleted app');
    const id = await addApp(server, 'old');
    await useAll(value, [
      { app: 'old', method: 'GET', path: '/a' },
      { app: 'wiki', method: 'GET', path: '/a' },
    ]);
    expect(await suggested(token.id)).toMatchObject({ apps: ['old', 'wiki'] });
    await deleteApp(server, id);
    expect(await suggested(token.id)).toMatchObject({ apps: null, omitted: [{ rule: 'apps', reason: 'deleted-app' }] });
  });

  it('never widens rules that are enforced', async () => {
    const { token, value } = await server.issue('narrow');
    const present = { allow: ['GET /builds/7', 'POST /a'], networks: ['203.0.113.9'] };
    await edit(token.id, present);
    await useAll(value, [{ app: 'wiki', method: 'GET', path: '/builds/7' }]);
    expect(await suggested(token.id)).toMatchObject({
      ...{ apps: ['wiki'], read_only: true, allow: null, networks: null },
      omitted: [
        { rule: 'allow', reason: 'present-rule' },
        { rule: 'networks', reason: 'present-rule' },
      ],
      covers: [{ rule: 'wiki' }, { rule: 'read_only' }],
    });
    await edit(token.id, { enforce: false });
    const observed = { allow: ['GET /builds/*'], networks: ['203.0.113.0/24'], omitted: [] };
    expect(await suggested(token.id)).toMatchObject(observed);
  });

  it('covers what observed rules would deny, which usage shows', async () => {
    const { token, value } = await server.issue('observed');
    await edit(token.id, { allow: ['GET /a'], enforce: false });
    await useAll(value, [
      { method: 'GET', path: '/a' },
      { method: 'PUT', path: '/a' },
      { method: 'GET', path: '/b/7?x=1' },
      { method: 'GET', path: '/b/8' },
    ]);
    const usage = await jsonOf(server.ask(`/api/v1/tokens/${token.id}/usage`, { as: await owner() }));
    expect(usage).toMatchObject({
      denied: {},
      would_deny: { path: 2, method: 1 },
      would_deny_routes: [
        { method: 'GET', path: '/b/*', reason: 'path', count: 2 },
        { method: 'PUT', path: '/a', reason: 'method', count: 1 },
      ],
    });
    expect((await suggested(token.id)).allow).toEqual(['GET /b/*', 'GET,PUT /a']);
  });
});
