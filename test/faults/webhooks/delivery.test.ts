import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import type { CreatedWebhook } from '../../../shared/schemas/webhooks.ts';
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

it('drains a long queue while one of two receivers is dead', async () => {
  const count = isFullLength ? 100_000 : 3_000;
  const dataDir = await newDataDir();
  const [alive, dead] = [await receive(), await receive(() => undefined)];
  const first = await start(dataDir);
  const root = await signIn(first.url, superuser);
  const hooks = [
    await addWebhook(root, alive.url, ['token.rotated']),
    await addWebhook(root, dead.url, ['token.rotated']),
  ];
  await first.stop();
  const engine = await openSqlite(`sqlite:${join(dataDir, 'tokens.db')}`);
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const id = "printf('019ab2c4-5f7e-7c3a-9d52-%012x', i)";
  const now = Date.now();
  await engine.knex.raw(
    `${numbers} INSERT INTO audit (id, at, action, actor_kind, target_kind) SELECT ${id}, ${now}, 'token.rotated', 'system', 'token' FROM n`,
  );
  for (const hook of hooks) {
    await engine.knex.raw(
      `${numbers} INSERT INTO webhook_deliveries (webhook_id, id, event, at, status, attempts, give_up_at, due_at)
       SELECT '${hook.id}', ${id}, 'token.rotated', ${now}, 'pending', 0, ${now + 3 * 86_400_000}, ${now} FROM n`,
    );
  }
  await engine.close();
  await start(dataDir, { TOKENSD_LOG_LEVEL: 'info' });
  await eventually(() => uniqueIds(alive).size === count, 'every event', isFullLength ? 900_000 : 120_000);
  expect(alive.received).toHaveLength(count);
  expect(dead.received.length).toBeLessThan(50);
}, 1_000_000);
