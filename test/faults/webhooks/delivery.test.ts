import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { CreatedWebhook, Delivery } from '../../../shared/schemas/webhooks.ts';
import { addDeveloper, type Client, signIn } from '../../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { isFullLength } from '../../helpers/length.ts';
import { type Answer, type Receiver, startReceiver, verifySignature } from '../../helpers/webhooks/receiver.ts';

const { newDataDir, start } = useDaemons();
const receivers: Receiver[] = [];
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.close();
});

async function receive(answer?: Answer): Promise<Receiver> {
  const receiver = await startReceiver(answer);
  receivers.push(receiver);
  return receiver;
}

async function addWebhook(root: Client, url: string, events = ['token.created']): Promise<CreatedWebhook> {
  const response = await root.request('POST', '/webhooks', { url, events });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as CreatedWebhook;
}

async function deliveriesOf(client: Client, webhookId: string): Promise<Delivery[]> {
  const page = (await (await client.request('GET', `/webhooks/${webhookId}/deliveries`)).json()) as {
    items: Delivery[];
  };
  return page.items;
}

const uniqueIds = ({ received }: Receiver) => new Set(received.map(({ id }) => id));

it('loses no event to kill -9 at any moment, and sends again what was in progress, with the same ID', async () => {
  const rounds = isFullLength ? 30 : 6;
  const dataDir = await newDataDir();
  const receiver = await receive(async (_request, response) => {
    await pause(20);
    response.writeHead(204).end();
  });
  let daemon = await start(dataDir);
  const { secret } = await addWebhook(await signIn(daemon.url, superuser), receiver.url);
  await addDeveloper(daemon.url, await signIn(daemon.url, superuser));
  const created: string[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const dev = await signIn(daemon.url, {
      email: 'dev@example.com',
      password: 'analytical engines for dev@example.com',
    });
    for (let i = 0; i < 30; i += 1) created.push((await dev.createToken(`ci-${round}-${i}`)).id);
    await pause((1500 * round) / rounds);
    expect(await daemon.stop('SIGKILL')).toBeNull();
    daemon = await start(dataDir);
  }
  const wanted = new Set(created);
  const idsOfTokens = () => new Set(receiver.received.map(({ body }) => JSON.parse(body).data.target.id as string));
  await eventually(() => idsOfTokens().size === wanted.size, 'every event', 60_000);
  expect(idsOfTokens()).toEqual(wanted);
  expect(uniqueIds(receiver).size).toBe(wanted.size);
  for (const request of receiver.received) verifySignature(secret, request, Date.now());
}, 300_000);

it('finishes what is being sent when it is stopped, and gives up nothing', async () => {
  const dataDir = await newDataDir();
  let answered = 0;
  const receiver = await receive(async (_request, response) => {
    await pause(500);
    answered += 1;
    response.writeHead(204).end();
  });
  const daemon = await start(dataDir);
  const root = await signIn(daemon.url, superuser);
  const { id } = await addWebhook(root, receiver.url);
  const dev = await addDeveloper(daemon.url, root);
  for (let i = 0; i < 10; i += 1) await dev.createToken(`ci-${i}`);
  await eventually(() => receiver.received.length > 0, 'the first request');
  expect(await daemon.stop()).toBe(0);
  expect(answered).toBe(receiver.received.length);
  const again = await start(dataDir);
  await eventually(() => uniqueIds(receiver).size === 10, 'every event', 30_000);
  expect(receiver.received).toHaveLength(10);
  const page = await (await signIn(again.url, superuser)).request('GET', `/webhooks/${id}/deliveries?status=failed`);
  expect(await page.json()).toMatchObject({ items: [] });
}, 60_000);

it('sends an event again with the same ID if the daemon was killed before the receiver answered', async () => {
  const dataDir = await newDataDir();
  const receiver = await receive(() => undefined);
  const killed = await start(dataDir);
  const root = await signIn(killed.url, superuser);
  const { id, secret } = await addWebhook(root, receiver.url);
  const dev = await addDeveloper(killed.url, root);
  await dev.createToken('ci');
  await eventually(() => receiver.received.length === 1, 'the first request');
  expect(await killed.stop('SIGKILL')).toBeNull();
  receiver.answer((_request, response) => response.writeHead(204).end());
  const again = await start(dataDir);
  await eventually(() => receiver.received.length === 2, 'the second request');
  expect(uniqueIds(receiver).size).toBe(1);
  for (const request of receiver.received) verifySignature(secret, request, Date.now());
  const client = await signIn(again.url, superuser);
  const isDelivered = async () => (await deliveriesOf(client, id)).every(({ status }) => status === 'delivered');
  await eventually(isDelivered, 'the delivery to be recorded');
}, 60_000);

it('waits 15 seconds for an answer, and sends the event again if there was none', async () => {
  const dataDir = await newDataDir();
  const times: number[] = [];
  const receiver = await receive(async (_request, response) => {
    times.push(performance.now());
    // The first answer comes too late, and the second one in time.
    await pause(times.length === 1 ? 17_000 : 10_000);
    response.writeHead(204).end();
  });
  const daemon = await start(dataDir);
  const root = await signIn(daemon.url, superuser);
  const { id } = await addWebhook(root, receiver.url);
  const dev = await addDeveloper(daemon.url, root);
  await dev.createToken('ci');
  const delivery = async () => (await deliveriesOf(root, id))[0];
  await eventually(async () => typeof (await delivery())?.error === 'string', 'the first attempt to fail', 30_000);
  expect(await delivery()).toMatchObject({ attempts: 1, error: 'There was no answer within 15 seconds.' });
  await eventually(async () => (await delivery())?.status === 'delivered', 'the second attempt', 60_000);
  expect(await delivery()).toMatchObject({ attempts: 2, error: null });
  expect(receiver.received).toHaveLength(2);
  expect(uniqueIds(receiver).size).toBe(1);
  const [first = 0, second = 0] = times;
  expect(second - first).toBeGreaterThan(15_000 + 5_000 - 500);
}, 120_000);
