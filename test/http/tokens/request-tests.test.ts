import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestTest } from '../../../shared/schemas/tokens/request-tests.ts';
import { createToken, jsonOf } from '../../helpers/app/app.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { type Gated, issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { originals } from '../../helpers/gate/originals.ts';
import { numRuns } from '../../helpers/length.ts';

let server: TestServer;
let wiki = '';
let grafana = '';
beforeAll(async () => {
  server = await startTestServer();
  wiki = (await registerApp(server.store, 'wiki')).id;
  grafana = (await registerApp(server.store, 'grafana', { groups: ['ops'] })).id;
});
afterAll(() => server.stop());

interface Described {
  method: string;
  path: string;
  ip?: string;
  app?: string;
}

const test = (id: string, json: object, as = server.root) => server.ask(`/api/v1/tokens/${id}/test`, { as, json });
const resultOf = async (id: string, request: Described) => jsonOf<RequestTest>(test(id, request));

/** Asks as a proxy, with the value. Returns the deny reason, or null if the request is allowed. */
async function verify(value: string, { path, ...request }: Required<Described>): Promise<string | null> {
  const raw = Buffer.from(path, 'utf8').toString('latin1');
  const { headers, ...options } = (originals.nginx as (typeof originals)[string])({ ...request, path: raw });
  const { status, headers: answer } = await server.send({ ...options, headers: [['X-API-Key', value], ...headers] });
  expect([200, 401, 403]).toContain(status);
  return status === 200 ? null : String(answer['x-tokens-reason']);
}

const actor = { kind: 'user', id: 'root', email: 'root@example.com' } as const;
const states = ['active', 'paused', 'expired', 'disabled', 'blocked'] as const;

async function issueIn(state: (typeof states)[number], gated: Gated) {
  const now = server.clock.now();
  const issued = await issueGated(server.store, { ...gated, ...(state === 'expired' && { expiresAt: now }) });
  if (state === 'paused')
    await server.store.tokens.pause(issued.id, { at: now, until: null, reason: null, actor, bySuperuser: false });
  const changes = { disabled: { disabled: true }, blocked: { can_manage_tokens: false } };
  if (state === 'disabled' || state === 'blocked') {
    const json = changes[state];
    await server.ask(`/api/v1/users/${issued.ownerId}`, { method: 'PATCH', as: server.root, json });
  }
  return issued;
}

const allReasons = ['app', 'group', 'method', 'path', 'network'];
const oneOf = (name: string, values: string[]) => (values.length === 1 ? { [name]: values[0] } : {});
const option = <T>(...values: T[]) => fc.option(fc.subarray(values, { minLength: 1 }), { nil: undefined });

describe('a test of a request', () => {
  it('has the verdict of verification for the same request with the value', async () => {
    const reasons = new Set<string | null>();
    const gated = fc.record(
      {
        apps: fc.constantFrom<string[][]>([], [wiki]),
        readOnly: fc.boolean(),
        allow: option('GET /api/**', '* /api/*', 'POST,DELETE /ä/*').map((lines) => lines ?? ['* /**']),
        networks: fc.constantFrom<string[][]>(['203.0.113.0/24'], ['2001:db8::/32']),
        enforce: fc.boolean(),
        ssoGroups: fc.constantFrom<string[][]>(['ops'], ['staff']),
      },
      { requiredKeys: [] },
    );
    const request = fc.record({
      method: fc.constantFrom<string[]>('GET', 'POST', 'DELETE', 'PROPFIND', 'get'),
      path: fc.constantFrom<string[]>(
        '/',
        '/api/builds',
        '/api/builds?page=2',
        '/api/a/b',
        '/api//x',
        '/api/%2e%2e/x',
        '/ä/1',
        '/api/../x',
      ),
      ip: fc.constantFrom<string[]>('203.0.113.9', '198.51.100.7', '2001:db8::7', '::ffff:203.0.113.9'),
      app: fc.constantFrom<string[]>('wiki', 'grafana', 'no-such-app', 'Wiki'),
    });
    const state = fc.oneof({ weight: 4, arbitrary: fc.constant('active' as const) }, fc.constantFrom(...states));
    const property = fc.asyncProperty(
      state,
      gated,
      fc.array(request, { minLength: 1, maxLength: 4 }),
      async (state, gated, requests) => {
        const { value, id } = await issueIn(state, gated);
        for (const each of requests) {
          const expected = await verify(value, each);
          const { verdict, deny_reason: reason } = await resultOf(id, each);
          expect({ each, reason, verdict }).toEqual({
            each,
            reason: expected,
            verdict: expected === null ? 'allow' : 'deny',
          });
          reasons.add(reason);
        }
      },
    );
    const normal = { method: 'GET', path: '/', ip: '203.0.113.9', app: 'wiki' };
    await fc.assert(property, {
      numRuns: numRuns(60),
      // One for each reason, because chance may leave one out.
      examples: [
        ['paused', {}, [normal]],
        ['active', { apps: [] }, [normal]],
        ['active', { ssoGroups: ['staff'] }, [{ ...normal, app: 'grafana' }]],
        ['active', { readOnly: true }, [normal, { ...normal, method: 'POST' }]],
        ['active', { allow: ['GET /api/**'] }, [normal]],
        ['active', { networks: ['2001:db8::/32'] }, [normal]],
      ],
    });
    expect([...reasons]).toEqual(expect.arrayContaining([null, 'app', 'group', 'method', 'path', 'network', 'paused']));
  }, 60_000);

  it('names the rule that decides, as tokens show prints it', async () => {
    const allow = ['GET,HEAD /api/**', 'POST /api/builds'];
    const { id } = await issueGated(server.store, { apps: [wiki], allow, networks: ['203.0.113.0/24'] });
    const full = { method: 'POST', path: '/api/builds', ip: '203.0.113.9', app: 'wiki' };
    const decided = async (of: string, changes: object) => {
      const { deny_reason: reason, rule } = await resultOf(of, { ...full, ...changes });
      return [reason, rule];
    };
    expect(await decided(id, {})).toEqual([null, 'Allowed: POST /api/builds']);
    expect(await decided(id, { method: 'HEAD' })).toEqual([null, 'Allowed: GET,HEAD /api/**']);
    expect(await decided(id, { method: 'PUT' })).toEqual(['method', `Allowed: ${allow.join(', ')}`]);
    expect(await decided(id, { path: '/' })).toEqual(['path', `Allowed: ${allow.join(', ')}`]);
    expect(await decided(id, { ip: '198.51.100.7' })).toEqual(['network', 'From: 203.0.113.0/24']);
    expect(await decided(id, { app: 'no-such-app' })).toEqual(['app', 'App: wiki']);
    const readOnly = (await issueGated(server.store, { readOnly: true })).id;
    expect(await decided(readOnly, {})).toEqual(['method', 'Methods: only those that change nothing']);
    expect(await decided(readOnly, { method: 'GET' })).toEqual([null, null]);
    expect(await decided(readOnly, { method: 'GET', app: 'grafana' })).toEqual(['group', null]);
    const paused = (await issueIn('paused', {})).id;
    expect(await decided(paused, {})).toEqual(['paused', 'Status: paused']);
    const observed = (await issueGated(server.store, { readOnly: true, enforce: false })).id;
    expect(await resultOf(observed, full)).toEqual({
      ...{ verdict: 'allow', deny_reason: null, would_deny: 'method', not_checked: [] },
      rule: 'Methods: only those that change nothing',
    });
  });

  it('decides without an app or an address as verification does for every app and address, or names the conditions', async () => {
    const gated = fc.record(
      {
        apps: fc.subarray([wiki, grafana]),
        readOnly: fc.boolean(),
        networks: fc.constantFrom<string[][]>(['203.0.113.0/24'], ['2001:db8::/32']),
        enforce: fc.boolean(),
        ssoGroups: fc.constantFrom<string[][]>(['ops'], ['staff']),
      },
      { requiredKeys: [] },
    );
    const options = fc.record({
      method: fc.constantFrom('GET', 'POST'),
      ips: fc.subarray(['203.0.113.9', '2001:db8::7'], { minLength: 1 }),
      apps: fc.subarray(['wiki', 'grafana'], { minLength: 1 }),
    });
    const seen = new Set<string>();
    const property = fc.asyncProperty(gated, options, async (gated, { method, ips, apps }) => {
      const { value, id } = await issueGated(server.store, gated);
      const request = { method, path: '/' };
      // A field is left out if it may have several values.
      const left = { ...request, ...oneOf('ip', ips), ...oneOf('app', apps) };
      const { verdict, not_checked: notChecked } = await resultOf(id, left as Described);
      seen.add(verdict);
      const reasons: string[] = [];
      for (const ip of ips)
        for (const app of apps) reasons.push((await verify(value, { ...request, ip, app })) ?? 'allowed');
      const possible = { allow: ['allowed'], conditional: ['allowed', ...notChecked], deny: allReasons }[verdict];
      expect({ gated, left, verdict, wrong: reasons.filter((reason) => !possible.includes(reason)) }).toMatchObject({
        wrong: [],
      });
    });
    const either = { ips: ['203.0.113.9', '2001:db8::7'], apps: ['wiki', 'grafana'] };
    await fc.assert(property, {
      numRuns: numRuns(60),
      examples: [
        [{ apps: [wiki] }, { method: 'GET', ...either, ips: ['203.0.113.9'] }],
        [{ apps: [] }, { method: 'GET', ...either }],
        [
          { apps: [], enforce: false },
          { method: 'GET', ...either },
        ],
        [{ networks: ['2001:db8::/32'] }, { method: 'GET', ...either, apps: ['wiki'] }],
        [
          { apps: [grafana], ssoGroups: ['staff'] },
          { method: 'GET', ...either },
        ],
        [
          { readOnly: true, ssoGroups: ['ops'] },
          { method: 'GET', ...either },
        ],
      ],
    });
    expect(seen).toEqual(new Set(['allow', 'conditional', 'deny']));
  }, 60_000);

  it('names the rules that it did not check', async () => {
    const { id } = await issueGated(server.store, { apps: [wiki], networks: ['203.0.113.0/24'], readOnly: true });
    const get = { method: 'GET', path: '/' };
    const uncheckedOf = async (of: string, request: Described) => {
      const { verdict, not_checked: notChecked } = await resultOf(of, request);
      return [verdict, ...notChecked];
    };
    expect(await uncheckedOf(id, get)).toEqual(['conditional', 'app', 'network']);
    expect(await uncheckedOf(id, { ...get, ip: '203.0.113.9' })).toEqual(['conditional', 'app']);
    expect(await uncheckedOf(id, { ...get, app: 'wiki' })).toEqual(['conditional', 'network']);
    expect(await uncheckedOf(id, { ...get, method: 'PUT' })).toEqual(['deny']);
    const inNoGroup = (await issueGated(server.store)).id;
    expect(await uncheckedOf(inNoGroup, get)).toEqual(['conditional', 'group']);
    const inGroup = (await issueGated(server.store, { ssoGroups: ['ops'] })).id;
    expect(await uncheckedOf(inGroup, get)).toEqual(['allow']);
    const observed = { apps: [wiki], networks: ['203.0.113.0/24'], enforce: false, ssoGroups: ['ops'] };
    expect(await uncheckedOf((await issueGated(server.store, observed)).id, get)).toEqual(['allow', 'app', 'network']);
  });

  it('says unknown about a canary, which verification never accepts, and tells nobody', async () => {
    const { id, token } = await createToken(server, server.dev, { name: 'trap', canary: true });
    const request = { method: 'GET', path: '/', ip: '203.0.113.9', app: 'wiki' };
    expect(await resultOf(id, request)).toMatchObject({
      verdict: 'deny',
      deny_reason: 'unknown',
      rule: 'Status: canary',
    });
    await server.services.canaryUses.flush();
    expect((await server.store.tokens.findById(id))?.lastUse).toBeNull();
    expect(await verify(token, request)).toBe('unknown');
  });

  it('records no use, no denial and no metric', async () => {
    const { id } = await issueGated(server.store, { readOnly: true });
    const metricsOf = async () =>
      (await server.ask('/metrics', { ip: '127.0.0.1', host: 'localhost' }))
        .text()
        .then((text) => text.split('\n').filter((line) => line.startsWith('tokensd_verifications_total')));
    const before = await metricsOf();
    await resultOf(id, { method: 'GET', path: '/' });
    await resultOf(id, { method: 'PUT', path: '/' });
    expect(server.services.lastUsed.drain().filter(({ tokenId }) => tokenId === id)).toEqual([]);
    await server.services.deniedUses.flush();
    await server.services.recordUsage.flush();
    expect(await server.store.usage.deniedOf(id)).toEqual([]);
    expect(await server.store.usage.of(id, 0)).toEqual({ days: [], seen: [] });
    expect(await metricsOf()).toEqual(before);
  });

  it('is open to the owner and superusers, and to an auditor only for an own token', async () => {
    const { id } = await createToken(server, server.dev, { name: 'mine' });
    const auditor = await server.addMember({ email: 'auditor@example.com', auditor: true });
    const stranger = await server.addMember({ email: 'stranger@example.com' });
    const request = { method: 'GET', path: '/' };
    const statuses = [server.dev, server.root, auditor, stranger].map(
      async (as) => (await test(id, request, as)).status,
    );
    expect(await Promise.all(statuses)).toEqual([200, 200, 403, 404]);
    await server.ask(`/api/v1/users/${auditor.id}`, {
      ...{ method: 'PATCH', as: server.root, json: { can_manage_tokens: true } },
    });
    const own = await createToken(server, auditor, { name: 'mine' });
    expect((await test(own.id, request, auditor)).status).toBe(200);
  });

  it('rejects a request without a method or a path, and an address that is none', async () => {
    const { id } = await issueGated(server.store);
    for (const body of [
      { method: 'GET' },
      { path: '/' },
      { method: 'GET', path: 'api' },
      { method: 'G T', path: '/' },
      { method: 'GET', path: '/', ip: '1.2.3' },
    ]) {
      expect([body, (await test(id, body)).status]).toEqual([body, 400]);
    }
  });
});
