import type { LookupAddress } from 'node:dns';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Resolve } from '../../../server/checked-lookup.ts';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { answerStatus, type Receiver, startReceiver } from '../../helpers/webhooks/receiver.ts';
import { addHook, createWorker, deliveriesOf } from '../../helpers/webhooks/worker.ts';

let app: TestApp;
/** Something inside the network that an attacker would like to reach. */
let inside: Receiver;
beforeEach(async () => {
  app = await openTestApp({ webhookHosts: ['listed.example.com'] });
  inside = await startReceiver();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await inside.close();
  await app.close();
});

const publicAddress = { address: '93.184.215.14', family: 4 };
const loopback = { address: '127.0.0.1', family: 4 };
const answering =
  (...addresses: LookupAddress[]): Resolve =>
  (_hostname, _options, callback) =>
    callback(null, addresses);

/** Creates a webhook, sends the test event to it, and returns what became of that. */
async function attempt(url: string, resolve: Resolve, from: TestApp = app) {
  const worker = createWorker(from, resolve);
  const { id } = await addHook(app, { url, events: ['token.*'] });
  await app.ask(`/api/v1/webhooks/${id}/test`, { as: app.root, method: 'POST' });
  await worker.run();
  await worker.close();
  const [delivery] = await deliveriesOf(app, id);
  return { status: delivery?.status, error: delivery?.error };
}

const refused = {
  status: 'pending',
  error: 'The name leads to an internal address. The operator can list the host in TOKENSD_WEBHOOK_HOSTS.',
};

describe('a webhook to a name', () => {
  const internal = [
    '127.0.0.1',
    '127.255.0.1',
    '0.0.0.0',
    '10.0.0.1',
    '172.31.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.100.100.200',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::7f00:1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:93.184.215.14',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'fd00:ec2::254',
    'ff02::1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::',
    '2001::1',
    '2001:db8::1',
    'not an address',
  ];
  test.each(internal)('does not connect to %s, not even beside a public address', async (address) => {
    const one = { address, family: address.includes(':') ? 6 : 4 };
    const url = `https://rebind.example.com:${inside.port}/`;
    expect(await attempt(url, answering(one))).toEqual(refused);
    expect(await attempt(`${url}2`, answering(publicAddress, one))).toEqual(refused);
    expect(await attempt(`${url}3`, answering(one, publicAddress))).toEqual(refused);
    expect(inside.received).toEqual([]);
  });

  test('does not follow a name that leads to loopback at the second look', async () => {
    let looks = 0;
    const rebinding: Resolve = (_hostname, _options, callback) => {
      looks += 1;
      callback(null, [looks === 1 ? publicAddress : loopback]);
    };
    // Whoever checks the name before connecting sees a public address.
    const seen = await new Promise((resolve) =>
      rebinding('rebind.example.com', { all: true }, (_error, addresses) => resolve(addresses)),
    );
    expect(seen).toEqual([publicAddress]);
    expect(await attempt(`https://rebind.example.com:${inside.port}/`, rebinding)).toEqual(refused);
    expect(looks).toBe(2);
  });

  test('connects to the addresses that were checked, without a second look', async () => {
    let looks = 0;
    const counting: Resolve = (_hostname, _options, callback) => {
      looks += 1;
      callback(null, [loopback]);
    };
    const { status } = await attempt(`http://listed.example.com:${inside.port}/`, counting);
    expect([status, looks, inside.received.length]).toEqual(['delivered', 1, 1]);
  });

  test('does not take another address for localhost', async () => {
    const url = `http://localhost:${inside.port}/`;
    expect(await attempt(url, answering({ address: '10.0.0.1', family: 4 }))).toEqual(refused);
    expect((await attempt(`${url}2`, answering(loopback))).status).toBe('delivered');
  });
});

test('a webhook reaches no host that the operator took off the list', async () => {
  const before = await openTestApp({ webhookHosts: ['listed.example.com', '10.1.2.3'] });
  const { id } = await addHook(before, { url: `https://listed.example.com:${inside.port}/`, events: ['*'] });
  const literal = await addHook(before, { url: `https://10.1.2.3:${inside.port}/`, events: ['*'] });
  const worker = createWorker(before.restart({ webhookHosts: [] }), answering(loopback));
  await worker.run();
  await worker.close();
  const errors = [...(await deliveriesOf(before, id)), ...(await deliveriesOf(before, literal.id))].map(
    ({ error }) => error,
  );
  expect(errors).toContain(refused.error);
  expect(errors).toContainEqual(expect.stringContaining('10.1.2.3 is an internal address.'));
  expect(inside.received).toEqual([]);
  await before.close();
});

test.each([301, 302, 303, 307, 308])('a webhook follows no redirect with status %i', async (status) => {
  const outside = await startReceiver(answerStatus(status, { location: inside.url }));
  expect(await attempt(outside.url, answering(loopback))).toEqual({
    status: 'pending',
    error: `The receiver answered HTTP ${status}. Redirects are not followed.`,
  });
  expect([outside.received.length, inside.received.length]).toEqual([1, 0]);
  await outside.close();
});

test('a webhook goes through no proxy that the environment names', async () => {
  const receiver = await startReceiver();
  for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY', 'https_proxy', 'ALL_PROXY', 'all_proxy']) {
    vi.stubEnv(name, inside.url);
  }
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  expect((await attempt(receiver.url, answering(loopback))).status).toBe('delivered');
  expect([receiver.received.length, inside.received.length]).toEqual([1, 0]);
  await receiver.close();
});

test('a receiver cannot make the daemon read or keep what it sends', async () => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let sent = 0;
  inside.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const more = () => {
      while (!response.destroyed && sent < 512 && response.write(chunk)) sent += 1;
    };
    response.on('drain', more);
    more();
  });
  const before = process.memoryUsage().rss;
  expect(await attempt(inside.url, answering(loopback))).toEqual({ status: 'delivered', error: null });
  expect(sent).toBeLessThan(64);
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
  inside.answer((_request, response) => response.writeHead(500).end('<b>whsec_ and other text</b>'));
  const { error } = await attempt(`${inside.url}2`, answering(loopback));
  expect(error).toBe('The receiver answered HTTP 500.');
});
