import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LastUse } from '../../../server/store/records.ts';
import { type Fields, type SendOptions, startTestServer, type TestServer } from '../../helpers/app/http.ts';

let server: TestServer;
/** Trusts no proxy. */
let untrusting: TestServer;
let value: string;
let untrustingValue: string;
beforeAll(async () => {
  server = await startTestServer();
  untrusting = await startTestServer({ trustedProxies: [] });
  value = (await server.issue('seen')).value;
  untrustingValue = (await untrusting.issue('seen')).value;
});
afterAll(async () => {
  await server.stop();
  await untrusting.stop();
});

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Verifies a token once and returns the last use that was recorded, or null. */
async function useOf(options: SendOptions, on = server): Promise<Omit<LastUse, 'at'> | null> {
  const key = on === server ? value : untrustingValue;
  const response = await on.send({ ...options, headers: [['X-API-Key', key], ...(options.headers ?? [])] });
  expect(response.status).toBe(200);
  const [use, ...more] = on.services.lastUsed.drain();
  expect(more).toEqual([]);
  if (use === undefined) return null;
  const { at, tokenId: _id, prefix: _prefix, previous, ...recorded } = use;
  expect(previous).toBe(false);
  expect(at).toBe(on.clock.now());
  return recorded;
}

const unknownRequest = { method: null, path: null, ip: '127.0.0.1', userAgent: null };

describe('the last use', () => {
  it.each<[string, SendOptions]>([
    ['nginx', original('/verify/auth-request', 'X-Original-Method', 'X-Original-URI')],
    ['ingress-nginx', original('/verify/auth-request', 'X-Original-Method', 'X-Original-URL')],
    ['Caddy and Traefik', original('/verify/forward-auth', 'X-Forwarded-Method', 'X-Forwarded-Uri')],
    ['Envoy', { method: 'PATCH', path: '/verify/ext-authz/builds/42?secret=1' }],
  ])('is the original request that %s sends', async (_proxy, options) => {
    const headers: Fields = [
      ...(options.headers ?? []),
      ['X-Forwarded-For', '203.0.113.9'],
      ['User-Agent', 'curl/8.5'],
    ];
    expect(await useOf({ ...options, headers })).toEqual({
      method: 'PATCH',
      path: '/builds/42',
      ip: '203.0.113.9',
      userAgent: 'curl/8.5',
    });
  });

  it('has no method and path if the proxy sends none, and never the /verify path', async () => {
    for (const path of ['/verify/auth-request', '/verify/forward-auth']) {
      expect(await useOf({ method: 'POST', path })).toEqual(unknownRequest);
    }
  });

  it('ignores the header fields of the other verification routes', async () => {
    const headers: Fields = [
      ['X-Forwarded-Method', 'PUT'],
      ['X-Forwarded-Uri', '/other'],
    ];
    expect(await useOf({ path: '/verify/auth-request', headers })).toEqual(unknownRequest);
  });

  it('uses only the address and the user agent of a peer that is not trusted', async () => {
    const headers: Fields = [
      ['X-Forwarded-For', '203.0.113.9'],
      ['X-Real-IP', '203.0.113.9'],
      ['X-Original-Method', 'PUT'],
      ['X-Original-URI', '/forged'],
      ['X-Forwarded-Method', 'PUT'],
      ['X-Forwarded-Uri', '/forged'],
      ['User-Agent', 'curl/8.5'],
    ];
    for (const path of ['/verify/auth-request', '/verify/forward-auth', '/verify/ext-authz/forged']) {
      expect(await useOf({ path, headers }, untrusting)).toEqual({ ...unknownRequest, userAgent: 'curl/8.5' });
    }
  });

  it('ignores X-Real-IP and Forwarded, even from a trusted peer', async () => {
    const headers: Fields = [
      ['X-Real-IP', '203.0.113.9'],
      ['Forwarded', 'for=203.0.113.9'],
    ];
    expect(await useOf({ path: '/verify/auth-request', headers })).toEqual(unknownRequest);
  });

  it('joins repeated X-Forwarded-For fields in order', async () => {
    const headers: Fields = [
      ['X-Forwarded-For', '6.6.6.6, 203.0.113.9'],
      ['x-forwarded-for', '127.0.0.1'],
    ];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ ip: '203.0.113.9' });
  });

  it.each([
    ['get', 'OTHER'],
    ['VERSION-CONTROL', 'OTHER'],
    ['ABCDEFGHIJKLMNOP', 'ABCDEFGHIJKLMNOP'],
    ['ABCDEFGHIJKLMNOPQ', 'OTHER'],
    ['G3T', 'OTHER'],
  ])('stores the method %s as %s', async (sent, method) => {
    const headers: Fields = [['X-Original-Method', sent]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ method });
  });

  it.each([
    ['exactly as sent', '/a//b/../%2e/%2F;x=1', '/a//b/../%2e/%2F;x=1'],
    ['without query and fragment', '/a?b=secret#c', '/a'],
    ['without a fragment', '/a#access_token=secret', '/a'],
    ['without the origin of a full URL', 'https://api.example.com:8443/a/b?c', '/a/b'],
    ['/ for a URL without a path', 'https://api.example.com?c', '/'],
    ['decoded from UTF-8', utf8('/größe'), '/größe'],
    ['as latin1 if it is not UTF-8', '/\xff', '/\xff'],
    ['limited to 1,024 characters', `/${'a'.repeat(5_000)}`, `/${'a'.repeat(1_023)}`],
    ['never cut inside a character', utf8(`/${'😀'.repeat(2_000)}`), `/${'😀'.repeat(1_023)}`],
    [
      'with a token value redacted',
      '/hooks/tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE/run',
      '/hooks/tok_mavzfVAB[redacted]/run',
    ],
    ['null if the field is empty', '', null],
  ])('stores the path %s', async (_rule, sent, path) => {
    const headers: Fields = [['X-Original-URL', sent]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ path });
  });

  it('prefers the URI to the URL, and ignores a repeated field', async () => {
    const url: [string, string] = ['X-Original-URL', 'http://x/url'];
    const uri: [string, string] = ['X-Original-URI', '/uri'];
    const path = '/verify/auth-request';
    expect(await useOf({ path, headers: [url, uri] })).toMatchObject({ path: '/uri' });
    expect(await useOf({ path, headers: [uri, uri] })).toMatchObject({ path: null });
  });

  it.each([
    ['/verify/ext-authz', '/'],
    ['/verify/ext-authz/', '/'],
    ['/verify/ext-authz?x=/y', '/'],
    ['/verify/ext-authz//a/../verify/%2e?x', '//a/../verify/%2e'],
    ['/verify/ext-authz/verify/ext-authz/a', '/verify/ext-authz/a'],
    ['http://other.example/verify/ext-authz/a?x', '/a'],
  ])('reads the Envoy path %s as %s', async (sent, path) => {
    expect(await useOf({ path: sent })).toMatchObject({ method: 'GET', path });
  });

  it('stores at most 256 characters of the user agent', async () => {
    const headers: Fields = [['User-Agent', utf8(`ä${'a'.repeat(5_000)}`)]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ userAgent: `ä${'a'.repeat(255)}` });
  });

  it('is not recorded for a revoked token', async () => {
    const { token, value: revoked } = await server.issue('revoked');
    await server.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: server.dev });
    await server.send({ path: '/verify/auth-request', headers: [['X-API-Key', revoked]] });
    expect(server.services.lastUsed.drain()).toEqual([]);
  });
});

function original(path: string, method: string, target: string): SendOptions {
  const uri = target.endsWith('URL') ? 'https://api.example.com/builds/42?secret=1' : '/builds/42?secret=1';
  return {
    path,
    headers: [
      [method, 'PATCH'],
      [target, uri],
    ],
  };
}

describe('the use', () => {
  const route = '/verify/auth-request';
  const fields: Fields = [
    ['X-Original-Method', 'GET'],
    ['X-Original-URI', '/builds/42'],
  ];

  it('is counted for an active token, and with the reason for one that is denied', async () => {
    const { token, value: used } = await server.issue('counted');
    server.services.lastUsed.drain();
    server.services.useCounter.take(100);
    const send = () => server.send({ path: route, headers: [['X-API-Key', used], ...fields] });
    await send();
    await send();
    await server.store.users.setDisabled(server.dev.id, true);
    expect((await send()).status).toBe(401);
    await server.store.users.setDisabled(server.dev.id, false);
    server.services.lastUsed.drain();
    expect(server.services.useCounter.take(100)).toMatchObject([
      {
        tokenId: token.id,
        hours: [
          { outcome: 'disabled', uses: 1 },
          { outcome: 'allowed', uses: 2 },
        ],
        seen: [
          { kind: 'route', value: 'GET /builds/*', uses: 2 },
          { kind: 'network', value: '127.0.0.0/24', uses: 2 },
        ],
      },
    ]);
  });

  it('is not counted for a revoked token, an unknown value and no value', async () => {
    const { token, value: revoked } = await server.issue('uncounted');
    await server.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: server.dev });
    for (const key of [revoked, 'tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE', 'nonsense', '']) {
      expect((await server.send({ path: route, headers: [['X-API-Key', key], ...fields] })).status).toBe(401);
    }
    server.services.lastUsed.drain();
    expect(server.services.useCounter.take(100)).toEqual([]);
  });
});
