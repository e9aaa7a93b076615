import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import type { Engine } from '../../../server/store/engine/engine.ts';
import { openPostgres } from '../../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../../server/store/engine/sqlite/sqlite.ts';
import type { CreatedWebhook } from '../../../shared/schemas/webhooks.ts';
import { addDeveloper, type Client, signIn } from '../../helpers/daemon/api.ts';
import { prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually } from '../../helpers/daemon/process.ts';
import { residentMb, watchMemory } from '../../helpers/faults/raw-clients.ts';
import { watchVerification } from '../../helpers/faults/watch.ts';
import { isFullLength } from '../../helpers/length.ts';
import { startMailServer } from '../../helpers/peers/mail-server.ts';
import { patientTimes, startPostgres } from '../../helpers/peers/postgres.ts';
import { type Received, startReceiver, verifySignature } from '../../helpers/webhooks/receiver.ts';

const count = isFullLength ? 100_000 : 3_000;
/** How long a mail or the event of another webhook may take meanwhile. Both need less than 2 s on an idle machine. */
const maxDelayMs = isFullLength ? 10_000 : 20_000;
/** The queue takes no memory: at most one batch of it is in the daemon. The rest is the heap, which grows with the number of requests per second. */
const maxGrowthMb = 150;
const day = 86_400_000;

const cleanups: Array<() => unknown> = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Database {
  env: Record<string, string>;
  open(dataDir: string): Promise<Engine>;
}

const databases: Array<[string, () => Promise<Database>]> = [
  ['SQLite', async () => ({ env: {}, open: (dataDir) => openSqlite(`sqlite:${join(dataDir, 'tokens.db')}`) })],
  [
    'PostgreSQL',
    async () => {
      const postgres = await startPostgres('embedded', { durable: true });
      cleanups.push(() => postgres.remove());
      const url = await postgres.newDatabase();
      return { env: { TOKENSD_DATABASE_URL: url }, open: () => openPostgres(url, { times: patientTimes }) };
    },
  ],
];

/** Starts a receiver that keeps the IDs of all requests, and one request in 500. The others would fill the memory of the test. */
async function startCounter() {
  const ids = new Set<string>();
  const sample: Received[] = [];
  let requests = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const id = headers['webhook-id'] ?? '';
    ids.add(id);
    requests += 1;
    if (requests % 500 === 1) sample.push({ id, headers, body, json: JSON.parse(body) });
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/hook`, ids, sample, requests: () => requests };
}

async function addWebhook(root: Client, url: string, event: string): Promise<CreatedWebhook> {
  const response = await root.request('POST', '/webhooks', { url, events: [event] });
  if (response.status !== 201) throw new Error(await response.text());
  return (await response.json()) as CreatedWebhook;
}

/** Queues `count` events for each webhook, as changes would have done. */
async function queueEvents(engine: Engine, webhookIds: readonly string[]): Promise<string[]> {
  const numbers = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})`;
  const id = `'019ab2c4-5f7e-7c3a-9d52-' || ${engine.hexadecimal('i')}`;
  const now = Date.now();
  await engine.knex.raw(
    `${numbers} INSERT INTO audit (id, at, action, actor_kind, target_kind, target_id, target_name, ip, user_agent)
     SELECT ${id}, ${now}, 'token.rotated', 'system', 'token', ${id}, 'nightly build', '203.0.113.9', 'curl/8.9' FROM n`,
  );
  for (const webhookId of webhookIds) {
    await engine.knex.raw(
      `${numbers} INSERT INTO webhook_deliveries (webhook_id, id, event, at, status, attempts, give_up_at, due_at)
       SELECT '${webhookId}', ${id}, 'token.rotated', ${now}, 'pending', 0, ${now + 3 * day}, ${now} FROM n`,
    );
  }
  return Array.from(
    { length: count },
    (_, index) => `019ab2c4-5f7e-7c3a-9d52-${(index + 1).toString(16).padStart(12, '0')}`,
  );
}

it.each(databases)(
  'drains a long queue on %s while a receiver is dead, and delays nothing else',
  async (name, prepare) => {
    const database = await prepare();
    const mailServer = await startMailServer();
    cleanups.push(() => mailServer.close());
    const env = { ...database.env, TOKENSD_LOG_LEVEL: 'info', TOKENSD_SMTP_URL: mailServer.url };
    const { dataDir, remove } = await prepareDaemon(env);
    cleanups.push(remove);
    const [drained, dead, others] = [await startCounter(), await startReceiver(() => undefined), await startReceiver()];
    cleanups.push(
      () => dead.close(),
      () => others.close(),
    );
    const first = await startDaemon(dataDir, env);
    cleanups.push(() => first.stop('SIGKILL'));
    const root = await signIn(first.url, superuser);
    const hook = await addWebhook(root, drained.url, 'token.rotated');
    const deadHook = await addWebhook(root, dead.url, 'token.rotated');
    await addWebhook(root, others.url, 'token.created');
    await addDeveloper(first.url, root);
    await first.stop();
    const engine = await database.open(dataDir);
    const queued = await queueEvents(engine, [hook.id, deadHook.id]);
    await engine.close();

    const daemon = await startDaemon(dataDir, env);
    cleanups.push(() => daemon.stop('SIGKILL'));
    const startedAt = performance.now();
    const dev = await signIn(daemon.url, {
      email: 'dev@example.com',
      password: 'analytical engines for dev@example.com',
    });
    const { token } = await dev.createToken('verified');
    const memoryBefore = residentMb(daemon.pid);
    const memory = watchMemory(daemon.pid);
    const verification = await watchVerification(daemon.url, { active: [token] });
    const delays = { mail: 0, event: 0 };
    for (let round = 0; drained.ids.size < count; round += 1) {
      const tokenName = `ci-${round}`;
      const createdAt = performance.now();
      const { id } = await dev.createToken(tokenName);
      const hasEvent = () => others.received.some(({ body }) => body.includes(id));
      await eventually(hasEvent, 'the event of another webhook', maxDelayMs);
      delays.event = Math.max(delays.event, performance.now() - createdAt);
      const hasMail = () => mailServer.received.some(({ parsed }) => parsed.text?.includes(tokenName));
      await eventually(hasMail, 'a mail', maxDelayMs);
      delays.mail = Math.max(delays.mail, performance.now() - createdAt);
      if (performance.now() - startedAt > 1_200_000) throw new Error(`Only ${drained.ids.size} events arrived`);
      await dev.request('DELETE', `/tokens/${id}`);
    }
    const perSecond = Math.round((1000 * count) / (performance.now() - startedAt));
    const memoryMax = memory.stop();
    const watched = await verification.stop();
    process.stderr.write(`${JSON.stringify({ name, count, perSecond, delays, memoryBefore, memoryMax, watched })}\n`);

    expect(drained.ids).toEqual(new Set(queued));
    expect(drained.requests()).toBe(count);
    if (isFullLength) expect(perSecond).toBeGreaterThan(300);
    for (const request of drained.sample) verifySignature(hook.secret, request, Date.now());
    expect(dead.received.length).toBeLessThan(50);
    expect(memoryMax - memoryBefore).toBeLessThan(maxGrowthMb);
    expect(watched).toMatchObject({ wrong: [] });
  },
  1_300_000,
);
