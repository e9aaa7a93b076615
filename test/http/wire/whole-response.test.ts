import { createServer, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import {
  closesConnection,
  createSendWhole,
  fieldLines,
  keepAliveTimeoutMs,
} from '../../../server/http/wire/whole-response.ts';
import { exchange, listen } from '../../helpers/app/http.ts';

const stops: Array<() => void> = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A response for which our own code may compose the text. */
const OwnResponse = class extends ServerResponse {
  readonly [closesConnection] = false;
} as typeof ServerResponse;

const noon = Date.UTC(2026, 10, 30, 12);

/** Starts a server that sends the same response to each request. With a plain `ServerResponse`, Node composes it. */
async function start(Response: typeof ServerResponse, { status = 401, body = '{"detail":"\xc3\xbc"}' } = {}) {
  let now = noon;
  const sendWhole = createSendWhole({ now: () => now });
  const lines = fieldLines([
    ['WWW-Authenticate', 'Token'],
    ['WWW-Authenticate', 'Bearer realm="tokensd", error="invalid_token"'],
    ['X-Empty', ''],
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
  ]);
  const server = createServer({ ServerResponse: Response, keepAliveTimeout: keepAliveTimeoutMs }, (_req, res) =>
    sendWhole(res, status, lines, body),
  );
  stops.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const setClock = (at: number) => {
    now = at;
  };
  return { setClock, port: await listen(server) };
}

const withoutDate = (text: string) => text.replaceAll(/Date: [^\r]+/g, 'Date: …');

describe('a composed response', () => {
  it.each([
    ['a GET request', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', false],
    ['a HEAD request', 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n', false],
    ['a request with a body', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc', false],
    ['a request that closes the connection', 'GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n', true],
    ['an HTTP/1.0 request', 'GET / HTTP/1.0\r\n\r\n', true],
    ['an HTTP/1.0 request that keeps it', 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', false],
    ['pipelined requests', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3), false],
  ])('to %s has the bytes that Node itself sends', async (_request, bytes, closed) => {
    for (const status of [200, 401, 503]) {
      const [own, plain] = [await start(OwnResponse, { status }), await start(ServerResponse, { status })];
      const [sent, expected] = await Promise.all([own, plain].map(({ port }) => exchange(port, bytes, 300)));
      expect(withoutDate(sent?.text ?? '')).toBe(withoutDate(expected?.text ?? ''));
      expect(sent?.text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
      expect([sent?.closed, expected?.closed]).toEqual([closed, closed]);
    }
  });

  it('has a date that follows the clock', async () => {
    const { setClock, port } = await start(OwnResponse);
    const dateOf = async () =>
      /Date: (.*)\r/.exec((await exchange(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 100)).text)?.[1];
    expect(await dateOf()).toBe('Mon, 30 Nov 2026 12:00:00 GMT');
    setClock(noon + 999);
    expect(await dateOf()).toBe('Mon, 30 Nov 2026 12:00:00 GMT');
    setClock(noon + 1000);
    expect(await dateOf()).toBe('Mon, 30 Nov 2026 12:00:01 GMT');
    setClock(noon - 1);
    expect(await dateOf()).toBe('Mon, 30 Nov 2026 11:59:59 GMT');
  });
});

describe('fieldLines', () => {
  it.each(['a\r\nX-Auth-Superuser: true', 'a\n', 'a\0', '\x7f', 'ü', '😀'])('throws for the value %j', (value) => {
    expect(() => fieldLines([['X-Auth-User', value]])).toThrow('The field X-Auth-User has a character');
  });
});
