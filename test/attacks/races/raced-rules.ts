import { expect } from 'vitest';
import { createToken } from '../../helpers/app/app.ts';
import type { TestResponse } from '../../helpers/app/http.ts';
import { type Original, originals } from '../../helpers/gate/originals.ts';
import { introspect, type OAuthClient } from '../tokens/endpoints.ts';
import { pause } from './raced-token.ts';
import { call, type Server } from './server-on.ts';
import { createTicks, createTimeline, possibleVerdicts } from './timeline.ts';

/** Why the token is denied after each change, in the order of the deny reasons. */
const reasonOf = {
  rotation: 'rotated',
  deletion: 'app',
  apps: 'app',
  group: 'group',
  read_only: 'method',
  observe: 'method',
  allow: 'path',
  networks: 'network',
} as const;
/** A change to the rules of a token, its app or its owner in one round. Several run concurrently. */
export type RuleWriter = keyof typeof reasonOf;
const writersOfRules = Object.keys(reasonOf) as RuleWriter[];

/** Number of times that a rule or the group changes in one round. */
const toggles = 8;
const readers = 6;
/** All rules below allow this request before they are narrowed. */
export const original: Original = { method: 'POST', path: '/api/builds', ip: '203.0.113.9' };

/** Registers an app, and returns its ID. */
export async function register(server: Server, name: string, fields: object = {}): Promise<string> {
  const response = await call(server, server.root, 'POST', '/api/v1/apps', { name, ...fields });
  expect(response.status, response.body).toBe(201);
  return (JSON.parse(response.body) as { id: string }).id;
}

/** Returns 200, or the reason why a verification route denies the request. */
export async function verdictAt(
  server: Server,
  value: string,
  asked: Original,
  proxy: keyof typeof originals = 'nginx',
): Promise<string> {
  const { headers = [], ...options } = originals[proxy]?.(asked) ?? {};
  const response = await server.send({ ...options, headers: [['X-API-Key', value], ...headers] });
  expect([200, 401, 403], response.body).toContain(response.status);
  return `${response.headers['x-tokens-reason'] ?? response.status}`;
}

/** Returns 200 or `inactive`, as introspection with all parts of the request says. */
async function introspected(server: Server, client: OAuthClient, token: string, asked: Original): Promise<string> {
  const { status, body } = await introspect(
    server,
    client,
    new URLSearchParams({ ...(asked as Record<string, string>), token }).toString(),
  );
  expect(status, body).toBe(200);
  return (JSON.parse(body) as { active: boolean }).active ? '200' : 'inactive';
}

/**
 * Verifies one token continuously, as each kind of proxy and by introspection, while the writers change its rules. Expects each
 * verdict to have been true at some time between the request and its response. Returns all verdicts.
 */
export async function verifyWhileRulesChange(
  server: Server,
  client: OAuthClient,
  round: number,
  writers: RuleWriter[],
) {
  const app = `app-${round}`;
  const asked = { ...original, app };
  const appId = await register(server, app, { groups: ['developers'] });
  const owner = await server.addMember({ email: `owner${round}@example.com`, can_manage_tokens: true });
  const change = async (as: typeof owner, method: string, path: string, json?: unknown, expected = [200, 201, 204]) => {
    const response = await call(server, as, method, path, json);
    expect(expected, response.body).toContain(response.status);
  };
  const setGroups = (groups: string[]) => change(server.root, 'PATCH', `/api/v1/users/${owner.id}`, { groups });
  await setGroups(['developers']);
  const observes = writers.includes('observe');
  const rules = { apps: [app], ...(observes && { read_only: true, enforce: false }) };
  const { id, token: value } = await createToken(server, owner, { name: 'raced', ...rules });
  // A session of its own each time, because a change locks the session that asks for it.
  const edit = async (json: object, expected?: number[]) => {
    const as = { ...owner, session: await server.signIn(owner.id) };
    await change(as, 'PATCH', `/api/v1/tokens/${id}`, json, expected);
  };

  const tick = createTicks();
  const facts = {
    rotation: createTimeline(tick, false),
    deletion: createTimeline(tick, false),
    apps: createTimeline(tick, false),
    group: createTimeline(tick, false),
    read_only: createTimeline(tick, false),
    observe: createTimeline(tick, false),
    allow: createTimeline(tick, false),
    networks: createTimeline(tick, false),
  };
  const reasons = writersOfRules.map((writer) => [reasonOf[writer], facts[writer]] as const);

  async function toggle(what: RuleWriter, changes: (narrow: boolean) => Promise<void>): Promise<void> {
    for (let turn = 0; turn < toggles; turn += 1) {
      const narrow = turn % 2 === 0;
      await facts[what].become(narrow, () => changes(narrow));
      await pause();
    }
  }
  const write: Record<RuleWriter, () => Promise<void>> = {
    // After the deletion, no app has the name. The rule then stays as it is.
    apps: () => toggle('apps', (narrow) => edit({ apps: narrow ? ['wiki'] : ['wiki', app] }, [200, 400])),
    read_only: () => toggle('read_only', (narrow) => edit({ read_only: narrow })),
    allow: () => toggle('allow', (narrow) => edit({ allow: narrow ? ['* /other/**'] : ['POST /api/**'] })),
    networks: () => toggle('networks', (narrow) => edit({ networks: narrow ? ['198.51.100.0/24'] : null })),
    observe: () => toggle('observe', (narrow) => edit({ enforce: narrow })),
    group: () => toggle('group', (narrow) => setGroups(narrow ? [] : ['developers'])),
    async deletion() {
      await pause();
      await facts.deletion.become(true, () => change(server.root, 'DELETE', `/api/v1/apps/${appId}?force=true`));
      // Another app gets the name. It must not admit the token.
      await pause();
      if (!writers.includes('apps')) await register(server, app);
    },
    async rotation() {
      await pause();
      const rotate = () => change(owner, 'POST', `/api/v1/tokens/${id}/rotate`, { overlap: 0 });
      await facts.rotation.become(true, rotate);
    },
  };

  const asking = [
    ...Object.keys(originals).map((proxy) => () => verdictAt(server, value, asked, proxy)),
    () => introspected(server, client, value, asked),
  ];
  const verdicts: string[] = [];
  let writing = true;
  async function read(first: number): Promise<void> {
    // Sends three more requests after all changes are acknowledged. These must see the final state.
    for (let turn = first, after = 0; after < 3; turn += 1) {
      if (!writing) after += 1;
      const from = tick();
      const verdict = (await asking[turn % asking.length]?.()) ?? 'none';
      const possible = possibleVerdicts(reasons, '200', from, tick());
      const isTrue = verdict === 'inactive' ? possible.some((one) => one !== '200') : possible.includes(verdict);
      expect({ verdict, possible, isTrue }).toMatchObject({ isTrue: true });
      verdicts.push(verdict);
    }
  }
  const reading = Promise.all(Array.from({ length: readers }, (_, first) => read(first)));
  async function writeAll(): Promise<void> {
    while (verdicts.length < readers) await pause();
    await Promise.all(writers.map((writer) => write[writer]()));
  }
  await Promise.all([
    reading,
    writeAll().finally(() => {
      writing = false;
    }),
  ]);
  return verdicts;
}

/** Returns the status of a response, and the value of the token in it. */
export function created({ status, body }: TestResponse): { status: number; id: string; value: string } {
  const { id = '', token = '' } = JSON.parse(body) as { id?: string; token?: string };
  return { status, id, value: token };
}
