import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TokenRules } from '../../../server/domain/tokens/rules/token-rules.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { originals } from '../../helpers/gate/originals.ts';
import { credentialForms, introspect, type OAuthClient, ownForms } from './endpoints.ts';

const hosts = { wiki: 'wiki.example.com', grafana: 'grafana.example.com' };
const hostOf: Readonly<Record<string, string>> = hosts;

let server: TestServer;
let client: OAuthClient;
let ids: Record<keyof typeof hosts, string>;
beforeAll(async () => {
  server = await startTestServer();
  client = await addClient(server, 'gateway');
  ids = {
    wiki: (await registerApp(server.store, 'wiki', { hosts: [hosts.wiki] })).id,
    grafana: (await registerApp(server.store, 'grafana', { hosts: [hosts.grafana], groups: ['ops'] })).id,
  };
});
afterAll(() => server.stop());

interface Case {
  state: 'active' | 'expired' | 'revoked';
  inOps: boolean;
  rules: {
    apps: Array<keyof typeof hosts> | null;
    readOnly: boolean;
    allow: boolean;
    networks: boolean;
    enforce: boolean;
  };
  request: {
    app: 'wiki' | 'grafana' | 'missing' | null;
    method: 'GET' | 'POST';
    path: '/a/x?q=/b' | '/b' | '/a/../b' | '/a%2fx';
    ip: '203.0.113.9' | '198.51.100.7';
  };
  form: string;
}

const allForms = { ...credentialForms, ...ownForms };
const cases: fc.Arbitrary<Case> = fc.record({
  state: fc.constantFrom('active', 'active', 'active', 'expired', 'revoked'),
  inOps: fc.boolean(),
  rules: fc.record({
    apps: fc.constantFrom<Case['rules']['apps']>(null, null, [], ['wiki'], ['grafana', 'wiki']),
    readOnly: fc.boolean(),
    allow: fc.boolean(),
    networks: fc.boolean(),
    enforce: fc.boolean(),
  }),
  request: fc.record({
    app: fc.constantFrom('wiki', 'grafana', 'missing', null),
    method: fc.constantFrom('GET', 'POST'),
    path: fc.constantFrom('/a/x?q=/b', '/b', '/a/../b', '/a%2fx'),
    ip: fc.constantFrom('203.0.113.9', '198.51.100.7'),
  }),
  form: fc.constantFrom(...Object.keys(allForms)),
});

const allowLine = 'GET,PUT /a/**';

/** Says what the contract says, in the order of the reasons. */
function expectedVerdict({ state, inOps, rules, request }: Case): string {
  if (state !== 'active') return `401 ${state}`;
  if (request.app === 'missing') return '403 app';
  if (rules.enforce && rules.apps !== null && !rules.apps.some((name) => name === request.app)) return '403 app';
  if (request.app === 'grafana' && !inOps) return '403 group';
  if (!rules.enforce) return '200';
  if (rules.readOnly && request.method === 'POST') return '403 method';
  if (rules.allow && request.path !== '/a/x?q=/b') return '403 path';
  if (rules.allow && request.method === 'POST') return '403 method';
  return rules.networks && request.ip !== '203.0.113.9' ? '403 network' : '200';
}

function tokenRules({ apps, readOnly, allow, networks, enforce }: Case['rules']): TokenRules {
  return {
    apps: apps?.map((name) => ids[name]) ?? null,
    readOnly,
    allow: allow ? [allowLine] : null,
    networks: networks ? ['203.0.113.0/24'] : null,
    enforce,
  };
}

/** Stores a token in this state and returns its value. */
async function valueFor({ state, inOps, rules }: Case): Promise<string> {
  const { value, id } = await issueGated(server.store, {
    ...tokenRules(rules),
    ...(inOps && { manualGroups: ['ops'] }),
    ...(state === 'expired' && { expiresAt: server.clock.now() }),
  });
  if (state === 'revoked') {
    expect((await server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', as: server.root })).status).toBe(204);
  }
  return value;
}

/** Asks each proxy's route, with the app in the path, and by host unless no app has the name. */
async function verdictsOfProxies(value: string, { request, form }: Case): Promise<string[]> {
  const { app, ...original } = request;
  const host = app === null ? 'nobody.example.com' : hostOf[app];
  const ways = [
    ...(app === null ? [] : [{ ...original, app }]),
    ...(host === undefined ? [] : [{ ...original, host }]),
  ];
  return Promise.all(
    ways.flatMap((way) =>
      Object.values(originals).map(async (asking) => {
        const { headers, ...options } = asking(way);
        const response = await server.send({ ...options, headers: [...headers, ...(allForms[form]?.(value) ?? [])] });
        return `${response.status} ${response.headers['x-tokens-reason'] ?? ''}`.trim();
      }),
    ),
  );
}

async function isActive(value: string, { request: { app, ...request } }: Case): Promise<boolean> {
  const fields = { token: value, ...request, ...(app !== null && { app }) };
  const { body } = await introspect(server, client, new URLSearchParams(fields).toString());
  return (JSON.parse(body) as { active: boolean }).active;
}

describe('a request to an app', () => {
  it('gets one verdict through every proxy, whether the path or the host names the app', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (one) => {
        const value = await valueFor(one);
        const expected = expectedVerdict(one);
        expect(new Set(await verdictsOfProxies(value, one))).toEqual(new Set([expected]));
        // Introspection without `app` is not about an app, so a rule about apps is not evaluated.
        const asksAll = one.request.app !== null || one.rules.apps === null || !one.rules.enforce;
        if (asksAll) expect(await isActive(value, one)).toBe(expected === '200');
        // The token itself may always be read, by whoever holds it.
        const own = await server.send({ path: '/api/v1/token', headers: [['X-API-Key', value]] });
        expect(own.status).toBe(one.state === 'active' ? 200 : 401);
      }),
      { numRuns: 120 },
    );
  });

  it('is never allowed because the client adds a field that its proxy does not send', async () => {
    const { value } = await issueGated(server.store, { apps: [ids.wiki], readOnly: true });
    const told = [
      ['X-Original-Method', 'DELETE'],
      ['X-Original-Host', 'nobody.example.com'],
    ] as const;
    const forged = ['X-Forwarded-Host', 'X-Forwarded-Method', 'X-HTTP-Method-Override', 'X-Original-URL', 'Forwarded'];
    for (const field of [...forged, 'X-Original-Host', 'X-Original-Method']) {
      for (const forgery of [hosts.wiki, 'GET']) {
        const headers = [['X-API-Key', value], ...told, [field, forgery]] as const;
        const { status } = await server.send({ path: '/verify/auth-request', headers });
        expect({ field, forgery, status }).toEqual({ field, forgery, status: 403 });
      }
    }
  });
});
