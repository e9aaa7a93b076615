import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { assembleToken, base62Alphabet, checksum } from '../../../shared/token-format.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';
import {
  credentialForms,
  demandingRoutes,
  introspect,
  type Place,
  placesOf,
  present,
  type Service,
  verdictOf,
  verdictsOn,
  verifyingRoutes,
} from './everywhere.ts';
import { otherFields, otherSchemes } from './wrong-places.ts';

let server: TestServer;
let service: Service;
let places: Place[];
let good: string;
let other: string;
beforeAll(async () => {
  server = await startTestServer();
  service = await addClient(server, 'gateway');
  places = placesOf(server, service);
  good = (await server.issue('good')).value;
  other = (await server.issue('other', { as: server.root })).value;
});
// Whatever was tried, the value that was meddled with still works everywhere.
afterEach(async () => {
  for (const value of [good, other]) {
    for (const [name, verdict] of await verdictsOn(places, value))
      expect([name, verdict.allowed]).toEqual([name, true]);
  }
});
afterAll(() => server.stop());

/** No place takes the value. */
async function expectBad(value: string): Promise<void> {
  for (const [name, verdict] of await verdictsOn(places, value)) {
    expect({ value, name, allowed: verdict.allowed }).toEqual({ value, name, allowed: false });
  }
}

/** Each value at one place, in turn: with enough of them every place sees hundreds. */
async function expectBadSomewhere(values: readonly string[]): Promise<void> {
  for (let from = 0; from < values.length; from += 100) {
    const some = values.slice(from, from + 100).map(async (value, i) => {
      const place = places[(from + i) % places.length];
      return { value, name: place?.name, allowed: place?.judge(await place.ask(value)).allowed };
    });
    for (const answered of await Promise.all(some)) expect(answered).toEqual({ ...answered, allowed: false });
  }
}

/** With the one character at `at` in another's place. */
const edited = (value: string, at: number, character: string) => value.slice(0, at) + character + value.slice(at + 1);
const positions = () => [...good].map((character, at) => ({ character, at }));

describe('a value that was meddled with is taken nowhere', () => {
  it('cut short at either end, at any length', async () => {
    for (let length = 1; length < good.length; length += 1) {
      await expectBad(good.slice(0, length));
      await expectBad(good.slice(-length));
    }
    await expectBad('');
  });

  it('made longer by one character at either end', async () => {
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
      await expectBad(good + character);
      await expectBad(character + good);
    }
    for (const value of [
      good + good,
      `${good},${good}`,
      `"${good}"`,
      `'${good}'`,
      `<${good}>`,
      `${good}%00`,
      `${good}?`,
    ]) {
      await expectBad(value);
    }
  });

  it('with characters that only a base64 or a form can carry at either end', async () => {
    const carried = places.filter(({ name }) => name.startsWith('Basic') || name === 'introspection');
    for (const character of ['\0', '\n', '\r\n', '\t', ' ', '\x7f', '\u2028', ':']) {
      for (const value of [good + character, character + good, edited(good, 20, character)]) {
        for (const place of carried) {
          const answer = await place.ask(value);
          expect({ value, name: place.name, allowed: place.judge(answer).allowed }).toMatchObject({ allowed: false });
        }
      }
    }
  });

  it('with the case of any letter changed, or of all', async () => {
    const swapped = (text: string) => (text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase());
    for (const { character, at } of positions()) {
      if (/[a-z]/i.test(character)) await expectBad(edited(good, at, swapped(character)));
    }
    await expectBad(good.toLowerCase());
    await expectBad(good.toUpperCase());
    await expectBad(edited(good, 0, 'T'));
  });

  it('with any one character in place of any other', async () => {
    const values = positions().flatMap(({ character, at }) =>
      [...base62Alphabet, '_', '-', '+', '/', '=']
        .filter((one) => one !== character)
        .map((one) => edited(good, at, one)),
    );
    expect(values.length).toBeGreaterThan(2500);
    await expectBadSomewhere(values);
  });

  it('with one character left out, doubled or swapped with its neighbour, at any place', async () => {
    const values = positions().flatMap(({ character, at }) => [
      edited(good, at, ''),
      edited(good, at, character + character),
      good.slice(0, at) + good.charAt(at + 1) + character + good.slice(at + 2),
    ]);
    await expectBadSomewhere([...values, ...values.toReversed()].filter((value) => value !== good));
  });

  it('with one character changed and the checksum made to fit', async () => {
    const [start, end] = [good.indexOf('_') + 1, good.length - 6];
    const values = positions()
      .filter(({ at }) => at >= start && at < end)
      .flatMap(({ character, at }) =>
        [...base62Alphabet].filter((one) => one !== character).map((one) => edited(good, at, one).slice(0, end)),
      )
      .map((text) => text + checksum(text));
    const body = good.slice(start, end);
    const prefixes = ['tok2', 'to', 'token', 'abc'].map((prefix) => assembleToken(prefix, body));
    for (const prefix of prefixes) await expectBad(prefix);
    expect(values.length).toBe(32 * 61);
    await expectBadSomewhere(values);
  });

  it('with letters and digits that only look the same', async () => {
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
      await expectBad(edited(good, at, fullWidth(character)));
      if (character in cyrillic) await expectBad(edited(good, at, cyrillic[character] ?? ''));
      if (/[0-9]/.test(character)) await expectBad(edited(good, at, mathematical(character)));
    }
    await expectBad([...good].map(fullWidth).join(''));
    for (const invisible of ['\u200b', '\u200d', '\u2060', '\u00ad', '\u202e', '\ufe0f']) {
      await expectBad(edited(good, 10, good.charAt(10) + invisible));
    }
    for (const bar of ['\uff3f', '\u2017', '\u203f', '-', '.']) await expectBad(edited(good, 3, bar));
  });

  it('in an encoding of it: percent, base64, hexadecimal, JSON, HTML', async () => {
    const bytes = Buffer.from(good);
    const percent = [...bytes].map((byte) => `%${byte.toString(16)}`).join('');
    for (const value of [
      percent,
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('hex'),
      JSON.stringify(good),
      good.replace('_', '&#95;'),
      good.replace('_', '%5F'),
      good.replace('_', '\\u005f'),
    ]) {
      await expectBad(value);
    }
  });
});

/** Each of these routes refuses these header fields. */
async function expectRefused(headers: Fields, what: string, routes = verifyingRoutes): Promise<void> {
  for (const route of routes) {
    const verdict = verdictOf(route, await present(server, route, headers));
    expect({ what, path: route.path, allowed: verdict.allowed }).toEqual({ what, path: route.path, allowed: false });
  }
}

describe('a path that climbs out of the route whose end anybody may choose', () => {
  const climbs = [
    '/..',
    '/../..',
    '/%2e%2e/%2e%2e',
    '/..%2f..',
    '/\\..\\..',
    '/;/../..',
    '//..//..',
    '/../../verify/..',
  ];
  const open = ['/healthz', '/readyz', '/openapi.json', '/login', '/assets/console.css', '?/healthz', '#/healthz'];

  it('still asks for a good value, and gets in with it alone', async () => {
    for (const path of climbs.flatMap((climb) => open.map((target) => `/verify/ext-authz${climb}${target}`))) {
      for (const line of [path, `http://tokens.test${path}`]) {
        const ask = (fields: string) =>
          server.exchange(`GET ${line} HTTP/1.1\r\nHost: tokens.test\r\n${fields}Connection: close\r\n\r\n`);
        expect([line, (await ask('')).text.slice(0, 12)]).toEqual([line, 'HTTP/1.1 401']);
        expect([line, (await ask(`X-API-Key: ${good}\r\n`)).text.slice(0, 12)]).toEqual([line, 'HTTP/1.1 200']);
      }
    }
  });
});

describe('two values at once are no credential', () => {
  const pairs = Object.entries(credentialForms).flatMap(([first, a]) =>
    Object.entries(credentialForms).map(([second, b]) => ({
      first,
      second,
      both: (x: string, y: string) => [...a(x), ...b(y)],
    })),
  );

  it.each(pairs)('$first beside $second', async ({ first, second, both }) => {
    for (const [x, y] of [
      [good, good],
      [good, other],
      [good, 'bad'],
      ['bad', good],
    ] as const) {
      await expectRefused(both(x, y), `${first} and ${second}: ${x}, ${y}`);
    }
  });

  it('joined in one field, whatever parts them', async () => {
    for (const part of [', ', ',', '; ', ' ', '\t', ',Token ', ', Token ', ', Bearer ', ' Token ', '\u00a0']) {
      for (const value of [good, 'bad']) {
        await expectRefused([['Authorization', `Token ${good}${part}${value}`]], `joined by ${JSON.stringify(part)}`);
        await expectRefused([['X-API-Key', `${good}${part}${value}`]], `joined by ${JSON.stringify(part)}`);
      }
    }
    const pair = Buffer.from(`${good}:${good},${good}`).toString('base64');
    await expectRefused([['Authorization', `Basic ${pair}`]], 'two passwords');
  });

  it('in a form twice, or beside the client as a credential of its own', async () => {
    for (const body of [`token=${good}&token=${good}`, `token=${good}&token=bad`, `token=bad&token=${good}`]) {
      expect((await introspect(server, service, body)).body).not.toContain('"active":true');
    }
  });
});

describe('a good value in the wrong place is no credential', () => {
  it.each(Object.entries(otherSchemes))('%s', async (what, field) => {
    await expectRefused([['Authorization', field(good)]], what, demandingRoutes);
  });

  it.each(otherFields)('in %s', async (what, fields) => {
    await expectRefused(fields(good), what, demandingRoutes);
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

  it('in the query', async () => {
    for (const name of names) {
      for (const { path } of demandingRoutes) {
        expect((await server.send({ path: `${path}?${name}=${good}` })).status).toBe(401);
      }
      const body = 'token_type_hint=access_token';
      const headers: Fields = [
        ['Authorization', `Basic ${Buffer.from(`${service.client_id}:${service.client_secret}`).toString('base64')}`],
        ['Content-Type', 'application/x-www-form-urlencoded'],
      ];
      const answer = await server.send({ method: 'POST', path: `/oauth/introspect?${name}=${good}`, headers, body });
      expect(answer.status).toBe(400);
    }
  });

  it('in the path', async () => {
    const paths = ['/verify/ext-authz', '/verify/auth-request', '/verify/forward-auth', '/api/v1/token'].flatMap(
      (path) => [`${path}/${good}`, `${path}/Token%20${good}`, `${path};token=${good}`, `${path}#${good}`],
    );
    for (const path of [
      ...paths,
      `//any:${good}@tokens.test/verify/auth-request`,
      `http://any:${good}@tokens.test/api/v1/token`,
    ]) {
      const { status } = await server.send({ path });
      expect([path, status === 401 || status === 404]).toEqual([path, true]);
    }
  });

  it('in a body', async () => {
    const bodies: Array<[string, string]> = [
      ['application/x-www-form-urlencoded', names.map((name) => `${name}=${good}`).join('&')],
      ['application/json', JSON.stringify(Object.fromEntries(names.map((name) => [name, good])))],
      ['text/plain', `Authorization: Token ${good}`],
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

  it('instead of what names a service, or a session', async () => {
    const asClient = { client_id: service.client_id, client_secret: good };
    expect((await introspect(server, asClient, `token=${good}`)).status).toBe(401);
    expect((await introspect(server, { client_id: good, client_secret: good }, `token=${good}`)).status).toBe(401);
    for (const headers of Object.values(credentialForms).map((form) => form(good))) {
      expect((await server.send({ path: '/api/v1/me', headers })).status).toBe(403);
      expect((await server.send({ path: '/profile', headers })).status).toBe(303);
    }
  });

  it('in a trailer', async () => {
    for (const path of ['/verify/forward-auth', '/api/v1/token']) {
      const { text } = await server.exchange(
        `GET ${path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\nConnection: close\r\n\r\n0\r\nAuthorization: Token ${good}\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 401 /);
    }
  });
});
