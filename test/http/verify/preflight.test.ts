import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { issueGated, registerApp } from '../../helpers/gate/gated.ts';
import { type Original, originals } from '../../helpers/gate/originals.ts';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
  await registerApp(server.store, 'open', { preflight: 'pass', groups: ['nobody'], hosts: ['open.example.com'] });
  await registerApp(server.store, 'closed', { preflight: 'deny' });
});
afterAll(() => server.stop());

const cors: Fields = [
  ['Origin', 'https://console.example.net'],
  ['Access-Control-Request-Method', 'PUT'],
];
const options: Original = { method: 'OPTIONS', path: '/api/builds', app: 'open' };

/** Asks as each kind of proxy, and returns the responses. */
const ask = (original: Original, fields: Fields) =>
  Promise.all(
    Object.values(originals).map((asking) => {
      const { headers, ...route } = asking(original);
      return server.send({ ...route, headers: [...headers, ...fields] });
    }),
  );
const statusesOf = async (original: Original, fields: Fields) =>
  (await ask(original, fields)).map(({ status }) => status);
const all = (status: number) => Object.keys(originals).map(() => status);

describe('a CORS preflight', () => {
  it('passes without identity if its app wants that', async () => {
    for (const { status, headers, body } of await ask(options, cors)) {
      expect([status, body]).toEqual([200, '']);
      expect(headers['cache-control']).toBe('no-store');
      const identity = Object.entries(headers).filter(([name]) => name.startsWith('x-auth-'));
      expect(identity.map(([, value]) => value)).toEqual(Array(11).fill(''));
      expect(headers).not.toHaveProperty('x-tokens-credential');
    }
    expect(server.services.lastUsed.drain()).toEqual([]);
  });

  it('passes for the app that has the host', async () => {
    expect(await statusesOf({ ...options, app: undefined, host: 'open.example.com' }, cors)).toEqual(all(200));
  });

  it.each<[string, Fields]>([
    ['another scheme', [['Authorization', 'Digest username="a", realm="b"']]],
    ['the key of the app', [['X-API-Key', '0123456789abcdef']]],
    ['an empty key', [['X-API-Key', '']]],
    ['the password of the app', [['Authorization', `Basic ${Buffer.from('ada:secret').toString('base64')}`]]],
    [
      'two keys of the app',
      [
        ['X-API-Key', 'a'],
        ['X-API-Key', 'b'],
      ],
    ],
  ])('passes beside a credential of the app: %s', async (_what, credential) => {
    expect(await statusesOf(options, [...cors, ...credential])).toEqual(all(200));
  });

  it.each<[string, Original, Fields]>([
    ['of an app that denies it', { ...options, app: 'closed' }, cors],
    ['of an app that does not exist', { ...options, app: 'missing' }, cors],
    ['of a name that no app has', { ...options, app: 'OPEN' }, cors],
    ['for no app', { ...options, app: undefined }, cors],
    ['with another method', { ...options, method: 'GET' }, cors],
    ['without Origin', options, cors.slice(1)],
    ['with an empty Origin', options, [['Origin', ''], ...cors.slice(1)]],
    ['with two Origins', options, [...cors, ['Origin', 'https://other.example.net']]],
    ['without a requested method', options, cors.slice(0, 1)],
    ['with two requested methods', options, [...cors, ['Access-Control-Request-Method', 'GET']]],
    ['with a malformed credential in our own field', options, [...cors, ['X-Tokens-Authorization', 'x']]],
    ['with an empty field of our own', options, [...cors, ['X-Tokens-Authorization', '']]],
  ])('is 401 %s', async (_what, original, fields) => {
    expect(await statusesOf(original, fields)).toEqual(all(401));
  });

  it('is verified like any other request if it has a token of ours in any form', async () => {
    const { value } = await issueGated(server.store);
    const member = await issueGated(server.store, { ssoGroups: ['nobody'] });
    const forms = (token: string): Fields[] => [
      [['Authorization', `Token ${token}`]],
      [['Authorization', `Basic ${Buffer.from(`x:${token}`).toString('base64')}`]],
      [['X-API-Key', token]],
      [['X-Tokens-Authorization', `Bearer ${token}`]],
    ];
    for (const form of forms(value)) expect(await statusesOf(options, [...cors, ...form])).toEqual(all(403));
    for (const form of forms(member.value)) expect(await statusesOf(options, [...cors, ...form])).toEqual(all(200));
    const broken: Fields[] = [
      [['Authorization', `Token ${value} more`]],
      [['X-API-Key', `${value}, x`]],
      [
        ['X-API-Key', 'a'],
        ['X-API-Key', value],
      ],
      [
        ['Authorization', `Token ${value}`],
        ['X-API-Key', value],
      ],
    ];
    for (const form of broken) expect(await statusesOf(options, [...cors, ...form])).toEqual(all(401));
  });

  it('is 401 if no trusted proxy sent the method', async () => {
    const untrusting = await startTestServer({ trustedProxies: [] });
    await registerApp(untrusting.store, 'open', { preflight: 'pass' });
    const { headers, ...route } = originals.nginx?.(options) ?? { headers: [] };
    expect((await untrusting.send({ ...route, headers: [...headers, ...cors] })).status).toBe(401);
    await untrusting.stop();
  });
});
