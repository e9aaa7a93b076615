import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateToken } from '../../server/domain/secrets.ts';
import { createToken } from '../helpers/app/app.ts';
import { useEngines } from '../helpers/app/engines.ts';
import { startTestServer, type TestServer } from '../helpers/app/http.ts';

const tries = 3000;
/** Repeats a measurement that is off, because the machine may be busy. The tolerance stays. */
const measurements = 4;
const tolerance = 0.02;
const engines = useEngines();

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1] ?? 0;
}

/** Returns the median of the differences of each pair, as a share of the median time. A machine that gets busier changes both times of a pair. */
function difference(one: readonly number[], other: readonly number[]): number {
  return Math.abs(median(one.map((time, index) => time - (other[index] ?? 0)))) / median(other);
}

/** Returns the function that sends a request and resolves with the response, on one connection. Node's client would add its own time. */
function createAsk(socket: Socket): (request: string) => Promise<string> {
  let received = (_response: string) => {};
  let closed = () => {};
  socket.setNoDelay(true).setEncoding('latin1');
  socket.on('data', (text) => received(String(text)));
  socket.on('close', () => closed());
  return (request) =>
    new Promise((resolve, reject) => {
      let response = '';
      closed = () => reject(new Error(`The server closed the connection after “${response}”.`));
      received = (text) => {
        response += text;
        if (response.endsWith('}')) resolve(response);
      };
      socket.write(request);
    });
}

/** Requests with a value. */
const forms: Record<string, (value: string) => string> = {
  'X-API-Key': (value) =>
    `GET /verify/auth-request HTTP/1.1\r\nHost: tokens.test\r\nX-API-Key: ${value}\r\nX-Original-Method: GET\r\nX-Original-URI: /a\r\n\r\n`,
  'Basic for an app': (value) =>
    `GET /verify/apps/wiki/auth-request?challenge=basic HTTP/1.1\r\nHost: tokens.test\r\nAuthorization: Basic ${btoa(`x:${value}`)}\r\n\r\n`,
};

describe.each(['SQLite', 'PostgreSQL'] as const)('on %s', (engine) => {
  let server: TestServer;
  let values: Record<'canary' | 'unknown', string[]>;
  beforeAll(async () => {
    server = await startTestServer({}, 0, engines[engine]());
    const canaries: string[] = [];
    for (let made = 0; made < 20; made += 1) {
      canaries.push((await createToken(server, server.dev, { name: `canary-${made}`, canary: true })).token);
    }
    values = { canary: canaries, unknown: canaries.map(() => generateToken('tok').reveal()) };
  });
  afterAll(() => server.stop());

  test.each(Object.keys(forms))(
    'a canary is denied after the same time as a value that was never issued, and so is the next value, with %s',
    async (form) => {
      const socket = connect(server.port, '127.0.0.1');
      const ask = createAsk(socket);
      const present = async (value: string) => {
        const request = forms[form]?.(value) ?? '';
        const began = performance.now();
        const response = await ask(request);
        const ms = performance.now() - began;
        if (!response.startsWith('HTTP/1.1 401')) throw new Error(response);
        return ms;
      };
      /** Returns the differences between the two kinds, over interleaved tries: of their own times, and of those of the value after them. */
      const measure = async (rounds: number) => {
        const own = { canary: [] as number[], unknown: [] as number[] };
        const next = { canary: [] as number[], unknown: [] as number[] };
        const probe = generateToken('tok').reveal();
        for (let round = 0; round < rounds; round += 1) {
          const kinds = ['canary', 'unknown'] as const;
          for (const kind of round % 2 === 0 ? kinds : [...kinds].reverse()) {
            own[kind].push(await present(values[kind][(round >> 1) % 20] ?? ''));
            next[kind].push(await present(probe));
          }
        }
        return Math.max(difference(own.canary, own.unknown), difference(next.canary, next.unknown));
      };
      await measure(500);
      const differences: number[] = [];
      while (differences.length < measurements && !differences.some((share) => share <= tolerance)) {
        differences.push(await measure(tries));
      }
      expect(Math.min(...differences), `differences ${differences.join(', ')}`).toBeLessThanOrEqual(tolerance);
      socket.destroy();
    },
    120_000,
  );
});
