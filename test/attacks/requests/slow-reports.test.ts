import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { generateToken } from '../../../server/domain/secrets.ts';
import { createToken } from '../../helpers/app/app.ts';
import { type Fields, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { addClient } from '../../helpers/app/oauth.ts';

/** More than the places of all requests, slow ones included. */
const connections = 1_300;
/** Each network has few enough connections to take places. */
const networks = 10;

/** How many reports may arrive at the same time. */
const maxArriving = 32;

let server: TestServer;
let sockets: Socket[];
beforeEach(async () => {
  server = await startTestServer({
    trustedProxies: ['127.0.0.1/32'],
    githubSecretScanningKeys: 'http://127.0.0.1:1/keys',
  });
  sockets = [];
});
afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  await server.stop();
});

const github = { 'Github-Public-Key-Identifier': 'key-1', 'Github-Public-Key-Signature': 'MEUCIQ==' };

/** Sends the start of large reports that never end, as somebody without credentials can who claims to be GitHub. */
async function sendStarts(path: string, headers: Record<string, string>, start: string): Promise<void> {
  const fields = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  sockets = await Promise.all(
    Array.from({ length: connections }, async (_, number) => {
      const from = `X-Forwarded-For: 198.51.${number % networks}.1\r\n`;
      const socket = connect(server.port, '127.0.0.1')
        .on('error', () => {})
        .resume();
      await new Promise((resolve) => {
        socket
          .once('close', resolve)
          .write(`POST ${path} HTTP/1.1\r\nHost: x\r\n${from}${fields.join('')}\r\n${start}`, resolve);
      });
      return socket;
    }),
  );
}

const other: Fields = [['X-Forwarded-For', '203.0.113.77']];
const declared = { ...github, 'Content-Length': '900000' };
const chunked = { ...github, 'Transfer-Encoding': 'chunked' };
const chunk = `${(70_000).toString(16)}\r\n[${' '.repeat(69_999)}\r\n`;

it.each([
  ['with a length', '/leaks/report', declared, '['],
  ['without a length', '/leaks/report', chunked, chunk],
  ['with a query', '/leaks/report?x', declared, '['],
])('large reports %s that never end take no place of other requests', async (_what, path, headers, start) => {
  await sendStarts(path, headers, start);
  // The places fill up slowly.
  for (let request = 0; request < 10; request += 1) {
    expect((await server.send({ path: '/login', headers: other })).status).toBe(200);
    await pause(200);
  }
});

it('few large reports arrive at the same time, and they do not keep others from reporting', async () => {
  const { credentials } = await addClient(server, 'scanner', false, true);
  const { token } = await createToken(server, server.dev, { name: 'leaked' });
  await sendStarts('/leaks/report', declared, '[');
  const open = () => sockets.filter(({ destroyed }) => !destroyed).length;
  await expect.poll(open, { timeout: 20_000 }).toBe(maxArriving);
  const item = (value: string) => ({
    token: value,
    type: 'acme',
    url: 'https://git.example.com/a',
    padding: ' '.repeat(600),
  });
  const items = [...Array.from({ length: 999 }, () => item(generateToken('tok').reveal())), item(token)];
  const headers: Fields = [...other, ...Object.entries(credentials), ['Content-Type', 'application/json']];
  const answer = await server.send({ path: '/leaks/report', method: 'POST', headers, body: JSON.stringify(items) });
  expect(answer.status).toBe(200);
  expect(JSON.parse(answer.body).at(-1)).toMatchObject({ label: 'true_positive' });
});
