import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateToken, hashSecret } from '../../../server/domain/secrets.ts';
import { createToken } from '../../helpers/app/app.ts';
import { startTestServer, type TestResponse, type TestServer } from '../../helpers/app/http.ts';
import { addClient, basic } from '../../helpers/app/oauth.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { credentialForms, endpointsOf, introspect, type OAuthClient } from './endpoints.ts';

let server: TestServer;
let client: OAuthClient;
/** Values of every kind that must look alike. */
let values: Record<'unknown' | 'canary' | 'paused canary' | 'revoked canary', string>;
beforeAll(async () => {
  server = await startTestServer();
  client = await addClient(server, 'gateway', true);
  await registerApp(server.store, 'wiki', { hosts: ['wiki.example.com'] });
  const create = async (name: string) => createToken(server, server.dev, { name, canary: true });
  const [canary, paused, revoked] = [await create('planted'), await create('paused'), await create('revoked')];
  await server.ask(`/api/v1/tokens/${paused.id}/pause`, { as: server.dev, json: {} });
  await server.ask(`/api/v1/tokens/${revoked.id}`, { as: server.dev, method: 'DELETE' });
  values = {
    unknown: generateToken('tok').reveal(),
    canary: canary.token,
    'paused canary': paused.token,
    'revoked canary': revoked.token,
  };
});
afterAll(() => server.stop());

/** Returns what an attacker sees of a response, without what differs each time. */
function visible({ status, headers, body }: TestResponse): string {
  const { date: _date, 'x-request-id': _id, ...rest } = headers;
  return JSON.stringify([status, rest, body.replace(/"request_id":"[^"]*"/, '')]);
}

/** Returns what the log says about requests, without what differs each time. */
function logged(lines: readonly string[]): string[] {
  return lines.map((line) => {
    const { time: _time, ms: _ms, request_id: _id, ...rest } = JSON.parse(line);
    return JSON.stringify(rest);
  });
}

const form = { method: 'POST', path: '/oauth/revoke' };

/** Every way in which a stolen value can be presented. */
function waysToPresent(): Record<string, (value: string) => Promise<TestResponse>> {
  const withApps = [
    '/verify/apps/wiki/auth-request',
    '/verify/apps/none/auth-request',
    '/verify/apps/wiki/forward-auth',
  ];
  const others: Array<{ path: string; method?: string }> = [
    ...withApps.map((path) => ({ path })),
    { path: '/verify/auth-request?challenge=basic' },
    { path: '/api/v1/tokens' },
    { path: '/api/v1/tokens', method: 'POST' },
    { path: '/api/v1/token/rotate', method: 'POST' },
    { path: '/api/v1/token', method: 'DELETE' },
    { path: '/verify/auth-request', method: 'OPTIONS' },
  ];
  const origin = ['Origin', 'https://evil.example'] as const;
  return {
    ...Object.fromEntries(endpointsOf(server, client).map(({ name, send }) => [name, send])),
    ...Object.fromEntries(
      others.map(({ path, method = 'GET' }) => [
        `${method} ${path}`,
        (value) =>
          server.send({
            path,
            method,
            headers: [...(credentialForms.Bearer?.(value) ?? []), origin],
            ...(method === 'POST' && { body: '' }),
          }),
      ]),
    ),
    'introspection of a request': (value) =>
      introspect(
        server,
        client,
        new URLSearchParams({ token: value, app: 'wiki', method: 'GET', path: '/' }).toString(),
      ),
    revocation: (value) =>
      server.send({
        ...form,
        headers: [
          ...Object.entries(basic(client.client_id, client.client_secret)),
          ['Content-Type', 'application/x-www-form-urlencoded'],
        ],
        body: new URLSearchParams({ token: value }).toString(),
      }),
  };
}

describe('someone who stole many values', () => {
  it('cannot tell a canary from an unknown value by any response, nor by the log', async () => {
    for (const [way, present] of Object.entries(waysToPresent())) {
      const seen = new Map<string, string>();
      for (const [kind, value] of Object.entries(values)) {
        const before = server.logLines.length;
        const response = visible(await present(value));
        await eventLoopTurn();
        seen.set(kind, JSON.stringify([response, logged(server.logLines.slice(before))]));
      }
      for (const [kind, saw] of seen) expect({ way, kind, saw }).toEqual({ way, kind, saw: seen.get('unknown') });
    }
  });

  it.each([
    ['GET', '1.1', []],
    ['HEAD', '1.1', []],
    ['POST', '1.1', ['Content-Length: 3', '', 'a=b']],
    ['PROPFIND', '1.1', []],
    ['GET', '1.0', []],
    ['GET', '1.1', ['Connection: close']],
    ['GET', '1.1', ['X-Request-Id: mine', 'X-Forwarded-For: 203.0.113.9, 198.51.100.7']],
    ['GET', '1.1', ['X-Original-Method: PUT', 'X-Original-URI: /%']],
  ] as const)(
    'cannot tell them apart by the bytes on a connection that presents many: %s HTTP/%s %j',
    async (method, version, more) => {
      /** Returns what a connection receives that presents one kind of value many times, and whether it was closed. */
      const receive = async (value: string) => {
        const lines = ['Host: tokens.test', `Authorization: Token ${value}`, ...more];
        const request = [
          `${method} /verify/auth-request HTTP/${version}`,
          ...lines,
          ...(lines.includes('') ? [] : ['', '']),
        ];
        // A connection that closes after the first response takes no second request.
        const times = version === '1.0' || lines.includes('Connection: close') ? 1 : 8;
        const { text, closed } = await server.exchange(request.join('\r\n').repeat(times), 500);
        return { text: text.replace(/Date: [^\r]*/g, ''), closed };
      };
      const [unknown, ...others] = await Promise.all(Object.values(values).map(receive));
      expect(unknown?.text).toContain(' 401 ');
      for (const other of others) expect(other).toEqual(unknown);
    },
  );

  it('cannot tell them apart by how many are answered', async () => {
    const statuses = async (value: string) => {
      const sent = Array.from({ length: 400 }, () =>
        server.send({ path: '/verify/auth-request', headers: [['X-API-Key', value]] }),
      );
      return (await Promise.all(sent)).map(({ status }) => status);
    };
    for (const value of Object.values(values)) expect(new Set(await statuses(value))).toEqual(new Set([401]));
  });

  it('finds the same for a value in a batch as for the value alone', async () => {
    const hashes = Object.values(values).map(hashSecret);
    const mixed = [...hashes, hashSecret(generateToken('tok').reveal()), ...hashes];
    const alone = await Promise.all(mixed.map(async (hash) => (await server.store.tokens.findByHashes([hash]))[0]));
    expect(await server.store.tokens.findByHashes(mixed)).toEqual(alone);
    expect(alone.map((match) => match?.kind ?? null)).toEqual([
      null,
      'canary',
      'canary',
      null,
      null,
      null,
      'canary',
      'canary',
      null,
    ]);
  });

  it('is noticed in every way', async () => {
    for (const [way, present] of Object.entries(waysToPresent())) {
      const canary = await createToken(
        server,
        { ...server.dev, session: await server.signIn(server.dev.id) },
        { name: way.replace(/[^a-z]+/gi, '-').slice(0, 60), canary: true },
      );
      await present(canary.token);
      await eventLoopTurn();
      await server.services.canaryUses.flush();
      const used = await server.store.tokens.findById(canary.id);
      expect({ way, noticed: used !== null && used.lastUse !== null }).toEqual({ way, noticed: true });
      await server.store.tokens.destroy(canary.id, server.clock.now(), { kind: 'system', id: null, email: null });
    }
  });

  it('counts as unknown in the metrics', async () => {
    const count = async () => {
      const { text } = await server.metrics.expose();
      return /tokensd_verifications_total\{[^}]*auth-request[^}]*unknown[^}]*\} (\d+)/.exec(text)?.[1];
    };
    const before = Number(await count());
    await server.send({ path: '/verify/auth-request', headers: [['X-API-Key', values.canary]] });
    expect(Number(await count())).toBe(before + 1);
  });

  it('fills neither the mailboxes nor the audit log nor the database with one canary', async () => {
    const canary = await createToken(
      server,
      { ...server.dev, session: await server.signIn(server.dev.id) },
      { name: 'flooded', canary: true },
    );
    const request = {
      method: 'GET',
      peer: '203.0.113.9',
      forwardedFor: null,
      userAgent: null,
      appId: null,
      wouldDeny: null,
    };
    for (let sent = 0; sent < 5000; sent += 1) {
      server.services.canaryUses.record(hashSecret(canary.token), { ...request, target: `/${sent}` });
      if (sent % 500 === 0) await server.services.canaryUses.tellAll();
    }
    await server.services.canaryUses.tellAll();
    await server.services.recordUsage.flush();
    const mails = (await server.mails()).filter(({ subject }) => subject.includes('"flooded" was used'));
    expect(mails).toHaveLength(2);
    const events = await server.ask('/api/v1/audit?action=token.canary_used&limit=200', {
      as: { ...server.root, session: await server.signIn(server.root.id) },
    });
    expect((await events.text()).split('"name":"flooded"')).toHaveLength(2);
    const { days, seen } = await server.store.usage.of(canary.id, 0);
    expect(days).toEqual([expect.objectContaining({ outcome: 'canary', uses: 5000 })]);
    expect(seen).toEqual([]);
  });
});
