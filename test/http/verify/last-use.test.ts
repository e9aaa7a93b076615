import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LastUse } from '../../../server/store/records.ts';
import { type Fields, type Send, startTestServer } from '../../helpers/app/http.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
let stranger: Awaited<ReturnType<typeof startTestServer>>;
let value: string;
let strangersValue: string;
beforeAll(async () => {
  server = await startTestServer();
  stranger = await startTestServer({ trustedProxies: [] });
  value = (await server.issue('seen')).value;
  strangersValue = (await stranger.issue('seen')).value;
});
afterAll(async () => {
  await server.stop();
  await stranger.stop();
});

const utf8 = (text: string) => Buffer.from(text).toString('latin1');

/** Verifies once and answers what was recorded, if anything. */
async function useOf(options: Send, on = server): Promise<Omit<LastUse, 'at'> | null> {
  const key = on === server ? value : strangersValue;
  const answer = await on.send({ ...options, headers: [['X-API-Key', key], ...(options.headers ?? [])] });
  expect(answer.status).toBe(200);
  const [use, ...more] = on.services.lastUsed.drain();
  expect(more).toEqual([]);
  if (use === undefined) return null;
  const { at, tokenId: _id, ...seen } = use;
  expect(at).toBe(on.clock.now());
  return seen;
}

const nothing = { method: null, path: null, ip: '127.0.0.1', userAgent: null };

describe('the last use', () => {
  it.each<[string, Send]>([
    ['nginx', original('/verify/auth-request', 'X-Original-Method', 'X-Original-URI')],
    ['ingress-nginx', original('/verify/auth-request', 'X-Original-Method', 'X-Original-URL')],
    ['Caddy and Traefik', original('/verify/forward-auth', 'X-Forwarded-Method', 'X-Forwarded-Uri')],
    ['Envoy', { method: 'PATCH', path: '/verify/ext-authz/builds/42?secret=1' }],
  ])('is the original request that %s tells', async (_proxy, options) => {
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

  it('has neither method nor path if the proxy tells none, and never /verify', async () => {
    for (const path of ['/verify/auth-request', '/verify/forward-auth']) {
      expect(await useOf({ method: 'POST', path })).toEqual(nothing);
    }
  });

  it('passes over the headers of the other routes', async () => {
    const headers: Fields = [
      ['X-Forwarded-Method', 'PUT'],
      ['X-Forwarded-Uri', '/other'],
    ];
    expect(await useOf({ path: '/verify/auth-request', headers })).toEqual(nothing);
  });

  it('believes nothing of a peer that is not trusted but its own address and user agent', async () => {
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
      expect(await useOf({ path, headers }, stranger)).toEqual({ ...nothing, userAgent: 'curl/8.5' });
    }
  });

  it('ignores X-Real-IP and Forwarded even of a trusted peer', async () => {
    const headers: Fields = [
      ['X-Real-IP', '203.0.113.9'],
      ['Forwarded', 'for=203.0.113.9'],
    ];
    expect(await useOf({ path: '/verify/auth-request', headers })).toEqual(nothing);
  });

  it('joins repeated X-Forwarded-For fields in their order', async () => {
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
  ])('writes the method %s as %s', async (sent, method) => {
    const headers: Fields = [['X-Original-Method', sent]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ method });
  });

  it.each([
    ['as sent', '/a//b/../%2e/%2F;x=1', '/a//b/../%2e/%2F;x=1'],
    ['without query and fragment', '/a?b=secret#c', '/a'],
    ['without a fragment alone', '/a#access_token=secret', '/a'],
    ['of a full URL', 'https://api.example.com:8443/a/b?c', '/a/b'],
    ['of a URL without a path', 'https://api.example.com?c', '/'],
    ['with UTF-8 as text', utf8('/größe'), '/größe'],
    ['with other bytes as they are', '/\xff', '/\xff'],
    ['cut after 1,024 characters', `/${'a'.repeat(5_000)}`, `/${'a'.repeat(1_023)}`],
    ['cut between characters', utf8(`/${'😀'.repeat(2_000)}`), `/${'😀'.repeat(1_023)}`],
    [
      'without a token value',
      '/hooks/tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE/run',
      '/hooks/tok_mavzfVAB[redacted]/run',
    ],
    ['of nothing', '', null],
  ])('has the path %s', async (_what, sent, path) => {
    const headers: Fields = [['X-Original-URL', sent]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ path });
  });

  it('takes the URI before the URL, and neither of a field that is there twice', async () => {
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
  ])('reads Envoy’s %s as %s', async (sent, path) => {
    expect(await useOf({ path: sent })).toMatchObject({ method: 'GET', path });
  });

  it('keeps 256 characters of the user agent', async () => {
    const headers: Fields = [['User-Agent', utf8(`ä${'a'.repeat(5_000)}`)]];
    expect(await useOf({ path: '/verify/auth-request', headers })).toMatchObject({ userAgent: `ä${'a'.repeat(255)}` });
  });

  it('is not recorded for a refused token', async () => {
    const { token, value: dead } = await server.issue('dead');
    await server.ask(`/api/v1/tokens/${token.id}`, { method: 'DELETE', as: server.dev });
    await server.send({ path: '/verify/auth-request', headers: [['X-API-Key', dead]] });
    expect(server.services.lastUsed.drain()).toEqual([]);
  });
});

function original(path: string, method: string, target: string): Send {
  const uri = target.endsWith('URL') ? 'https://api.example.com/builds/42?secret=1' : '/builds/42?secret=1';
  return {
    path,
    headers: [
      [method, 'PATCH'],
      [target, uri],
    ],
  };
}
