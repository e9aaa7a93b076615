import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { assembleToken, base62Alphabet, checksum } from '../../../shared/token-format.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import {
  credentialForms,
  type Endpoint,
  endpointsOf,
  introspect,
  type OAuthClient,
  ownForms,
  present,
  tokenOnlyRoutes,
  type VerifyingRoute,
  verdictOf,
  verdictsOn,
  verifyingRoutes,
} from './endpoints.ts';
import { otherHeaders, otherSchemes } from './misplaced-tokens.ts';

let server: TestServer;
let client: OAuthClient;
let endpoints: Endpoint[];
let active: string;
let other: string;
beforeAll(async () => {
  server = await startTestServer();
  client = await addClient(server, 'gateway');
  endpoints = endpointsOf(server, client);
  active = (await server.issue('active')).value;
  other = (await server.issue('other', { as: server.root })).value;
});
// Both original tokens must still be accepted everywhere after each attack.
afterEach(async () => {
  for (const value of [active, other]) {
    for (const [name, verdict] of await verdictsOn(endpoints, value))
      expect([name, verdict.allowed]).toEqual([name, true]);
  }
});
afterAll(() => server.stop());

const verifyForwardAuth: VerifyingRoute = { path: '/verify/forward-auth', method: 'GET', allowedStatus: 200 };

/** Expects every endpoint to reject the value. */
async function expectRejected(value: string): Promise<void> {
  for (const [name, verdict] of await verdictsOn(endpoints, value)) {
    expect({ value, name, allowed: verdict.allowed }).toEqual({ value, name, allowed: false });
  }
}

/** Expects rejection of every value. Sends each to one endpoint, in turn, because sending all to every one is slow. */
async function expectEachRejected(values: readonly string[]): Promise<void> {
  for (let from = 0; from < values.length; from += 100) {
    const results = values.slice(from, from + 100).map(async (value, i) => {
      const endpoint = endpoints[(from + i) % endpoints.length];
      return { value, name: endpoint?.name, allowed: endpoint?.verdictOf(await endpoint.send(value)).allowed };
    });
    for (const result of await Promise.all(results)) expect(result).toEqual({ ...result, allowed: false });
  }
}

/** Replaces the character at `at`. */
const edited = (value: string, at: number, character: string) => value.slice(0, at) + character + value.slice(at + 1);
const positions = () => [...active].map((character, at) => ({ character, at }));

describe('every endpoint', () => {
  it('rejects a token that is cut at either end, at any length', async () => {
    for (let length = 1; length < active.length; length += 1) {
      await expectRejected(active.slice(0, length));
      await expectRejected(active.slice(-length));
    }
    await expectRejected('');
  });

  it('rejects a token with an extra character at either end', async () => {
    for (const character of [
      ...base62Alphabet,
      '_',
      '=',
      '.',
      '%',
      ',',
      ';',
      '"',
      "'",
      '\u00a0',
      '\u200b',
      '\ufeff',
      '\u0301',
      'é',
    ]) {
      await expectRejected(active + character);
      await expectRejected(character + active);
    }
    for (const value of [
      active + active,
      `${active},${active}`,
      `"${active}"`,
      `'${active}'`,
      `<${active}>`,
      `${active}%00`,
      `${active}?`,
    ]) {
      await expectRejected(value);
    }
  });

  it('rejects a token with control characters, which only Basic and form bodies can carry', async () => {
    const carriers = endpoints.filter(({ name }) => name.startsWith('Basic') || name === 'introspection');
    for (const character of ['\0', '\n', '\r\n', '\t', ' ', '\x7f', '\u2028', ':']) {
      for (const value of [active + character, character + active, edited(active, 20, character)]) {
        for (const endpoint of carriers) {
          const response = await endpoint.send(value);
          expect({ value, name: endpoint.name, allowed: endpoint.verdictOf(response).allowed }).toMatchObject({
            allowed: false,
          });
        }
      }
    }
  });

  it('rejects a token with the case of one or all letters changed', async () => {
    const swapped = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());
    for (const { character, at } of positions()) {
      if (/[a-z]/i.test(character)) await expectRejected(edited(active, at, swapped(character)));
    }
    await expectRejected(active.toLowerCase());
    await expectRejected(active.toUpperCase());
    await expectRejected(edited(active, 0, 'T'));
  });

  it('rejects a token with any one character replaced by any other', async () => {
    const values = positions().flatMap(({ character, at }) =>
      [...base62Alphabet, '_', '-', '+', '/', '=']
        .filter((one) => one !== character)
        .map((one) => edited(active, at, one)),
    );
    expect(values.length).toBeGreaterThan(2500);
    await expectEachRejected(values);
  });

  it('rejects a token with one character removed, doubled or swapped with its neighbour', async () => {
    const values = positions().flatMap(({ character, at }) => [
      edited(active, at, ''),
      edited(active, at, character + character),
      active.slice(0, at) + active.charAt(at + 1) + character + active.slice(at + 2),
    ]);
    await expectEachRejected([...values, ...values.toReversed()].filter((value) => value !== active));
  });

  it('rejects a token with one character changed and a matching checksum', async () => {
    const [start, end] = [active.indexOf('_') + 1, active.length - 6];
    const values = positions()
      .filter(({ at }) => at >= start && at < end)
      .flatMap(({ character, at }) =>
        [...base62Alphabet].filter((one) => one !== character).map((one) => edited(active, at, one).slice(0, end)),
      )
      .map((text) => text + checksum(text));
    const body = active.slice(start, end);
    const prefixes = ['tok2', 'to', 'token', 'abc'].map((prefix) => assembleToken(prefix, body));
    for (const prefix of prefixes) await expectRejected(prefix);
    expect(values.length).toBe(32 * 61);
    await expectEachRejected(values);
  });

  it('rejects a token with look-alike letters and digits', async () => {
    const fullWidth = (character: string) => String.fromCodePoint((character.codePointAt(0) ?? 0) + 0xfee0);
    const cyrillic: Record<string, string> = {
      a: 'а',
      c: 'с',
      e: 'е',
      o: 'о',
      p: 'р',
      x: 'х',
      y: 'у',
      A: 'А',
      B: 'В',
      O: 'О',
      T: 'Т',
      k: 'к',
    };
    const mathematical = (character: string) => String.fromCodePoint(0x1d7ce + Number(character));
    for (const { character, at } of positions()) {
      await expectRejected(edited(active, at, fullWidth(character)));
      if (character in cyrillic) await expectRejected(edited(active, at, cyrillic[character] ?? ''));
      if (/[0-9]/.test(character)) await expectRejected(edited(active, at, mathematical(character)));
    }
    await expectRejected([...active].map(fullWidth).join(''));
    for (const invisible of ['\u200b', '\u200d', '\u2060', '\u00ad', '\u202e', '\ufe0f']) {
      await expectRejected(edited(active, 10, active.charAt(10) + invisible));
    }
    for (const bar of ['\uff3f', '\u2017', '\u203f', '-', '.']) await expectRejected(edited(active, 3, bar));
  });

  it('rejects a token in percent, base64, hexadecimal, JSON or HTML encoding', async () => {
    const bytes = Buffer.from(active);
    const percent = [...bytes].map((byte) => `%${byte.toString(16)}`).join('');
    for (const value of [
      percent,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      JSON.stringify(active),
      active.replace('_', '&#95;'),
      active.replace('_', '%5F'),
      active.replace('_', '\\u005f'),
    ]) {
      await expectRejected(value);
    }
  });
});

/** Expects these routes to reject a request with these headers. */
async function expectHeadersRejected(headers: Fields, what: string, routes = verifyingRoutes): Promise<void> {
  for (const route of routes) {
    const verdict = verdictOf(route, await present(server, route, headers));
    expect({ what, path: route.path, allowed: verdict.allowed }).toEqual({ what, path: route.path, allowed: false });
  }
}

describe('a path traversal under /verify/ext-authz', () => {
  const traversals = [
    '/..',
    '/../..',
    '/%2e%2e/%2e%2e',
    '/..%2f..',
    '/\\..\\..',
    '/;/../..',
    '//..//..',
    '/../../verify/..',
  ];
  const publicPaths = [
    '/healthz',
    '/readyz',
    '/openapi.json',
    '/login',
    '/assets/console.css',
    '?/healthz',
    '#/healthz',
  ];

  it('still needs an active token', async () => {
    for (const path of traversals.flatMap((traversal) =>
      publicPaths.map((target) => `/verify/ext-authz${traversal}${target}`),
    )) {
      for (const line of [path, `http://tokens.test${path}`]) {
        const ask = (fields: string) =>
          server.exchange(`GET ${line} HTTP/1.1\r\nHost: tokens.test\r\n${fields}Connection: close\r\n\r\n`);
        expect([line, (await ask('')).text.slice(0, 12)]).toEqual([line, 'HTTP/1.1 401']);
        expect([line, (await ask(`X-API-Key: ${active}\r\n`)).text.slice(0, 12)]).toEqual([line, 'HTTP/1.1 200']);
      }
    }
  });
});

describe('a request with two credentials', () => {
  const pairs = Object.entries(credentialForms).flatMap(([first, a]) =>
    Object.entries(credentialForms).map(([second, b]) => ({
      first,
      second,
      both: (x: string, y: string) => [...a(x), ...b(y)],
    })),
  );

  it.each(pairs)('is rejected if they are sent as $first and $second', async ({ first, second, both }) => {
    const isOneField = (first === 'X-API-Key') === (second === 'X-API-Key');
    for (const [x, y] of [
      [active, active],
      [active, other],
      // In another field, this is a credential of the API.
      ...(isOneField ? [[active, 'invalid'] as const, ['invalid', active] as const] : []),
    ] as const) {
      await expectHeadersRejected(both(x, y), `${first} and ${second}: ${x}, ${y}`);
    }
  });

  it('is accepted if one of them is in the field of our own', async () => {
    for (const own of Object.values(ownForms)) {
      for (const form of Object.values(credentialForms)) {
        for (const value of [active, other, 'invalid', '']) {
          for (const fields of [
            [...own(active), ...form(value)],
            [...form(value), ...own(active)],
          ]) {
            const response = await present(server, verifyForwardAuth, fields);
            expect([fields, response.status]).toEqual([fields, 200]);
          }
        }
      }
    }
  });

  it('is rejected if two fields of our own are sent, or a bad one beside a good credential', async () => {
    for (const own of Object.values(ownForms)) {
      await expectHeadersRejected([...own(active), ...own(active)], 'twice');
      for (const form of Object.values(credentialForms)) {
        await expectHeadersRejected([...own('invalid'), ...form(active)], 'beside a good credential');
      }
    }
  });

  it('is rejected if they are joined in one header by any separator', async () => {
    for (const separator of [', ', ',', '; ', ' ', '\t', ',Token ', ', Token ', ', Bearer ', ' Token ', '\u00a0']) {
      for (const value of [active, 'invalid']) {
        await expectHeadersRejected(
          [['Authorization', `Token ${active}${separator}${value}`]],
          `joined by ${JSON.stringify(separator)}`,
        );
        await expectHeadersRejected(
          [['X-API-Key', `${active}${separator}${value}`]],
          `joined by ${JSON.stringify(separator)}`,
        );
      }
    }
    const pair = Buffer.from(`${active}:${active},${active}`).toString('base64');
    await expectHeadersRejected([['Authorization', `Basic ${pair}`]], 'two passwords');
  });

  it('is rejected if they are in one introspection form', async () => {
    for (const body of [
      `token=${active}&token=${active}`,
      `token=${active}&token=invalid`,
      `token=invalid&token=${active}`,
    ]) {
      expect((await introspect(server, client, body)).body).not.toContain('"active":true');
    }
  });
});

describe('an active token in the wrong place', () => {
  it.each(Object.entries(otherSchemes))('is rejected %s', async (what, field) => {
    await expectHeadersRejected([['Authorization', field(active)]], what, tokenOnlyRoutes);
  });

  it.each(otherHeaders)('is rejected in %s', async (what, fields) => {
    await expectHeadersRejected(fields(active), what, tokenOnlyRoutes);
  });

  const names = [
    'token',
    'access_token',
    'api_key',
    'apikey',
    'key',
    'authorization',
    'Authorization',
    'X-API-Key',
    'bearer_token',
  ];

  it('is rejected in the query', async () => {
    for (const name of names) {
      for (const { path } of tokenOnlyRoutes) {
        expect((await server.send({ path: `${path}?${name}=${active}` })).status).toBe(401);
      }
      const body = 'token_type_hint=access_token';
      const headers: Fields = [
        ['Authorization', `Basic ${Buffer.from(`${client.client_id}:${client.client_secret}`).toString('base64')}`],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ];
      const response = await server.send({
        method: 'POST',
        path: `/oauth/introspect?${name}=${active}`,
        headers,
        body,
      });
      expect(response.status).toBe(400);
    }
  });

  it('is rejected in the path', async () => {
    const paths = ['/verify/ext-authz', '/verify/auth-request', '/verify/forward-auth', '/api/v1/token'].flatMap(
      (path) => [`${path}/${active}`, `${path}/Token%20${active}`, `${path};token=${active}`, `${path}#${active}`],
    );
    for (const path of [
      ...paths,
      `//any:${active}@tokens.test/verify/auth-request`,
      `http://any:${active}@tokens.test/api/v1/token`,
    ]) {
      const { status } = await server.send({ path });
      expect([path, status === 401 || status === 404]).toEqual([path, true]);
    }
  });

  it('is rejected in a body', async () => {
    const bodies: Array<[string, string]> = [
      ['application/x-www-form-urlencoded', names.map((name) => `${name}=${active}`).join('&')],
      ['application/json', JSON.stringify(Object.fromEntries(names.map((name) => [name, active])))],
      ['text/plain', `Authorization: Token ${active}`],
    ];
    for (const [type, body] of bodies) {
      for (const { path, method } of verifyingRoutes) {
        const headers: Fields = [['Content-Type', type]];
        const { status } = await server.send({ path, method: method === 'GET' ? 'POST' : method, headers, body });
        expect([path, [400, 401, 405, 415].includes(status)]).toEqual([path, true]);
        expect((await server.send({ path, method: 'GET', headers, body })).status).toBe(
          path === '/api-token-auth' ? 405 : 401,
        );
      }
      const { status } = await server.send({
        method: 'POST',
        path: '/oauth/introspect',
        headers: [['Content-Type', type]],
        body,
      });
      expect([400, 401]).toContain(status);
    }
  });

  it('is rejected in place of a client secret or a session', async () => {
    const asClient = { client_id: client.client_id, client_secret: active };
    expect((await introspect(server, asClient, `token=${active}`)).status).toBe(401);
    expect((await introspect(server, { client_id: active, client_secret: active }, `token=${active}`)).status).toBe(
      401,
    );
    for (const headers of Object.values(credentialForms).map((form) => form(active))) {
      expect((await server.send({ path: '/api/v1/me', headers })).status).toBe(403);
      expect((await server.send({ path: '/profile', headers })).status).toBe(303);
    }
  });

  it('is rejected in a trailer', async () => {
    for (const path of ['/verify/forward-auth', '/api/v1/token']) {
      const { text } = await server.exchange(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\nConnection: close\r\n\r\n0\r\nAuthorization: Token ${active}\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 401 /);
    }
  });
});
