import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { encodeIdentity } from '../../../server/http/verify/identity.ts';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';

let server: TestServer;
/** Presented values, and what the response to each of them says. */
let presented: Array<{ value: string; told: string[] }>;

beforeAll(async () => {
  server = await startTestServer();
  presented = [
    { value: generateToken('tok').reveal(), told: ['401', 'unknown'] },
    { value: 'tok_malformed', told: ['401', 'unknown'] },
  ];
  for (const as of [server.dev, server.root]) {
    for (const name of ['ci', 'Löve 😀', '100% a,b: c']) {
      const { token, value } = await server.issue(name, { as });
      const isRoot = as === server.root;
      presented.push({ value, told: ['200', as.email, as.id, token.id, encodeIdentity(name), String(isRoot)] });
    }
  }
});
afterAll(() => server.stop());

const identity = ['X-Auth-User', 'X-Auth-User-Id', 'X-Auth-Token-Id', 'X-Auth-Token-Name', 'X-Auth-Superuser'];

/** Returns the status of a response, and its identity or its reason. */
function readResponse(text: string): string[] {
  const field = (name: string) => new RegExp(`\r\n${name}: (.*)\r\n`).exec(text)?.[1] ?? '';
  const status = text.slice(0, 3);
  return [status, ...(status === '200' ? identity.map(field) : [field('X-Tokens-Reason')])];
}

it('responds to pipelined requests in order, and never with the identity of another token', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(presented.length - 1), { minLength: 1, maxLength: 12 }), async (order) => {
      const requests = order.map((index, position) => {
        const last = position === order.length - 1 ? 'Connection: close\r\n' : '';
        return `GET /verify/forward-auth HTTP/1.1\r\nHost: x\r\nX-API-Key: ${presented[index]?.value}\r\n${last}\r\n`;
      });
      const { text } = await server.exchange(requests.join(''));
      const responses = text.split('HTTP/1.1 ').slice(1).map(readResponse);
      expect(responses).toEqual(order.map((index) => presented[index]?.told));
    }),
    { numRuns: 40 },
  );
});
