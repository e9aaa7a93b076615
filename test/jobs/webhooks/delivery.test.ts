import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createToken, jsonOf, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { answerStatus, type Receiver, startReceiver, verifySignature } from '../../helpers/webhooks/receiver.ts';
import { addHook, createWorker, deliveriesOf } from '../../helpers/webhooks/worker.ts';
import { auditRecord } from '../../store/contract/records.ts';

let app: TestApp;
let receiver: Receiver;
let worker: ReturnType<typeof createWorker>;
beforeEach(async () => {
  app = await openTestApp();
  receiver = await startReceiver();
  worker = createWorker(app);
});
afterEach(async () => {
  await worker.close();
  await receiver.close();
  await app.close();
});

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const token = () => createToken(app, app.dev, { name: `ci-${Math.random().toString(36).slice(2)}` });
/** Records an event as a change does, although sessions may have ended. */
const record = () => app.store.audit.insert(auditRecord({ action: 'token.created', at: app.clock.now() }));
const stateOf = async (id: string) => (await deliveriesOf(app, id)).map(({ status, attempts }) => [status, attempts]);
const isDisabled = async (id: string) => (await app.store.webhooks.findById(id))?.disabled;

describe('a delivery', () => {
  it('is the audit event, signed as Standard Webhooks describes', async () => {
    const { id, secret } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    const { token: value } = await createToken(app, app.dev, { name: 'ci <&>' });
    await worker.run();
    const [request] = receiver.received;
    if (request === undefined) throw new Error('Nothing was received.');
    verifySignature(secret, request, app.clock.now());
    const other = `whsec_${Buffer.alloc(32).toString('base64')}`;
    expect(() => verifySignature(other, request, app.clock.now())).toThrow('No matching signature');
    expect(() => verifySignature(secret, request, app.clock.now() + 10 * minute)).toThrow('too old');
    const page = app.ask('/api/v1/audit?action=token.created', { as: app.root });
    const [event] = (await jsonOf<{ items: Array<{ id: string; at: string }> }>(page)).items;
    expect(request.json).toEqual({ type: 'token.created', timestamp: event?.at, data: event });
    expect(request.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'tokensd/test',
      'webhook-id': event?.id,
    });
    expect(request.body).not.toContain(value);
    expect(await deliveriesOf(app, id)).toMatchObject([
      { id: event?.id, status: 'delivered', attempts: 1, error: null, delivered_at: expect.any(String) },
    ]);
    await worker.run();
    expect(receiver.received).toHaveLength(1);
  });

  it('is signed with both secrets for 24 hours after a rotation', async () => {
    const { id, secret } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    const rotate = app.ask(`/api/v1/webhooks/${id}/secret`, { as: app.root, method: 'POST' });
    const { secret: next } = await jsonOf<{ secret: string }>(rotate);
    await token();
    app.clock.advance(day - 1000);
    await worker.run();
    const [during] = receiver.received;
    if (during === undefined) throw new Error('Nothing was received.');
    for (const one of [secret, next]) verifySignature(one, during, app.clock.now());
    await record();
    app.clock.advance(1000);
    await worker.run();
    const [, after] = receiver.received;
    expect(after?.headers['webhook-signature']?.split(' ')).toHaveLength(1);
  });

  it('is one line of text for Slack, in which no name is a link', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['*'], format: 'slack' });
    await createToken(app, app.dev, { name: '<!channel> & <https://evil.example|ci>' });
    await app.ask(`/api/v1/webhooks/${id}/test`, { as: app.root, method: 'POST' });
    await worker.run();
    const texts = receiver.received.map(({ body }) => JSON.parse(body)).sort((a, b) => (a.text < b.text ? -1 : 1));
    const server = 'https://tokens.example.com';
    expect(texts).toEqual([
      {
        text: `Created a token: “&lt;!channel&gt; &amp; &lt;https://evil.example|ci&gt;”, by ${app.dev.email} (203.0.113.9) – ${server}`,
      },
      { text: expect.stringMatching(/^Created a webhook: “http:\/\/127\.0\.0\.1:\d+”, by .*– https:/) },
      { text: `Test of this webhook, by tokensd – ${server}` },
    ]);
  });

  it('has at most 20 KiB, and says that changes were left out', async () => {
    await addHook(app, { url: receiver.url, events: ['app.changed'] });
    const ask = (path: string, method: string, json: object) =>
      app.ask(`/api/v1/apps${path}`, { as: app.root, method, json });
    const { id } = await jsonOf<{ id: string }>(ask('', 'POST', { name: 'wiki' }));
    const groups = Array.from({ length: 50 }, (_, index) => `${index}`.padEnd(39, 'x'));
    const hosts = Array.from(
      { length: 50 },
      (_, index) => `${Array.from({ length: 4 }, () => `${index}`.padEnd(60, 'h')).join('.')}.example`,
    );
    expect((await ask(`/${id}`, 'PATCH', { groups, hosts })).status).toBe(200);
    expect((await ask(`/${id}`, 'PATCH', { hosts: hosts.map((host) => `2${host.slice(1)}`) })).status).toBe(200);
    await worker.run();
    expect(receiver.received).toHaveLength(2);
    for (const { body } of receiver.received) expect(Buffer.byteLength(body)).toBeLessThanOrEqual(20 * 1024);
    const shortened = receiver.received.filter(({ json }) => json.data.changes === null);
    expect(shortened.length).toBeGreaterThan(0);
    for (const { json } of shortened) expect(json.data).toMatchObject({ changes_omitted: true });
  });

  it('is attempted again after any answer but 2xx, with the same ID and a new signature', async () => {
    const { id, secret } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    await token();
    for (const [attempts, status] of [500, 404, 302, 429].entries()) {
      receiver.answer(answerStatus(status, { location: `http://127.0.0.1:${receiver.port}/elsewhere` }));
      await worker.run();
      expect(await deliveriesOf(app, id)).toMatchObject([
        { status: 'pending', attempts: attempts + 1, error: expect.stringContaining(`HTTP ${status}.`) },
      ]);
      app.clock.advance(3 * hour);
    }
    receiver.answer(answerStatus(200));
    await worker.run();
    expect(await stateOf(id)).toEqual([['delivered', 5]]);
    expect(new Set(receiver.received.map((request) => request.id)).size).toBe(1);
    expect(new Set(receiver.received.map(({ headers }) => headers['webhook-signature'])).size).toBe(5);
    const last = receiver.received.at(-1);
    if (last) verifySignature(secret, last, app.clock.now());
  });

  it('is sent again on request, with the same ID', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    await token();
    await worker.run();
    const [delivery] = await deliveriesOf(app, id);
    await app.ask(`/api/v1/webhooks/${id}/deliveries/${delivery?.id}/retry`, { as: app.root, method: 'POST' });
    await worker.run();
    expect(receiver.received.map((request) => request.id)).toEqual([delivery?.id, delivery?.id]);
  });

  it('never reaches a webhook that was deleted or disabled after the event', async () => {
    const gone = await addHook(app, { url: `${receiver.url}/1`, events: ['token.*'] });
    const off = await addHook(app, { url: `${receiver.url}/2`, events: ['token.*'] });
    await token();
    const patch = (disabled: boolean) =>
      app.ask(`/api/v1/webhooks/${off.id}`, { as: app.root, method: 'PATCH', json: { disabled } });
    await app.ask(`/api/v1/webhooks/${gone.id}`, { as: app.root, method: 'DELETE' });
    await patch(true);
    await worker.run();
    expect(receiver.received).toEqual([]);
    await patch(false);
    await worker.run();
    expect(receiver.received).toHaveLength(1);
  });
});

describe('a receiver that fails', () => {
  it('for a day gets every event once it answers again', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    receiver.answer(answerStatus(503));
    for (let i = 0; i < 30; i += 1) await token();
    await worker.runFor(day, 5 * minute);
    expect(await isDisabled(id)).toBe(false);
    const attempts = receiver.received.length;
    // One probe at most every five minutes, and the first few sooner.
    expect(attempts).toBeLessThan(300);
    receiver.answer(answerStatus(204));
    // The next attempt is at most ten hours away. All others follow at once.
    await worker.runFor(10 * hour, 5 * minute);
    expect(new Set((await stateOf(id)).map(([status]) => status))).toEqual(new Set(['delivered']));
    const delivered = receiver.received.slice(attempts).map((request) => request.id);
    expect(new Set(delivered).size).toBe(30);
    expect(delivered).toHaveLength(30);
  }, 60_000);

  it('for three days is disabled, and all superusers get a mail', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.created'], description: 'SIEM' });
    receiver.answer(answerStatus(500));
    await token();
    await worker.runFor(3 * day - 2 * hour, hour);
    expect(await isDisabled(id)).toBe(false);
    await worker.runFor(3 * hour, hour);
    expect(await isDisabled(id)).toBe(true);
    expect(await deliveriesOf(app, id)).toMatchObject([{ status: 'failed', error: 'The receiver answered HTTP 500.' }]);
    const [event] = await app.store.audit.list({ limit: 1, before: null });
    expect(event).toMatchObject({
      action: 'webhook.disabled',
      actor: { kind: 'system' },
      changes: [{ field: 'reason', to: 'Every attempt failed for three days.' }],
    });
    const mails = (await app.mails()).filter(({ subject }) => subject.includes('A webhook was disabled'));
    expect(mails.map(({ to }) => to)).toEqual([app.root.email]);
    expect(mails[0]?.text).toMatch(new RegExp(`Receiver +http://127.0.0.1:${receiver.port}\\n`));
    expect(mails[0]?.text).not.toContain('/hook');
    // Enabled again, it starts from the beginning.
    await app.store.webhooks.edit(id, { disabled: false, changedAt: app.clock.now() });
    await record();
    await worker.run();
    expect(await isDisabled(id)).toBe(false);
  }, 60_000);

  it('is not disabled because the daemon was off for three days', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    receiver.answer(answerStatus(500));
    await token();
    await worker.run();
    app.clock.advance(4 * day);
    await record();
    await worker.run();
    expect(await isDisabled(id)).toBe(false);
  });

  it('with 410 is disabled at once', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    receiver.answer(answerStatus(410));
    await token();
    await worker.run();
    expect([await isDisabled(id), await stateOf(id)]).toEqual([true, [['failed', 1]]]);
    await token();
    await worker.run();
    expect(receiver.received).toHaveLength(1);
  });

  it('with 410 is not disabled if it got another URL during the attempt', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    await token();
    receiver.answer(async (_request, response) => {
      receiver.answer(answerStatus(204));
      const edit = { url: `${receiver.url}/new`, changedAt: app.clock.now() + 1 };
      expect(await app.store.webhooks.edit(id, edit)).toBe('edited');
      response.writeHead(410).end();
    });
    await worker.run();
    expect(await isDisabled(id)).toBe(false);
    await worker.run();
    expect(await stateOf(id)).toEqual([['delivered', 1]]);
  });

  it('with one event gets the others', async () => {
    const { id } = await addHook(app, { url: receiver.url, events: ['token.*'] });
    const [poison] = [await token(), await token(), await token()];
    receiver.answer(({ body }, response) => response.writeHead(body.includes(poison.id) ? 500 : 200).end());
    await worker.run();
    app.clock.advance(5000);
    await worker.run();
    app.clock.advance(10_000);
    await worker.run();
    expect((await stateOf(id)).map(([status]) => status)).toEqual(['delivered', 'delivered', 'pending']);
    await worker.runFor(4 * day, 2 * hour);
    expect((await stateOf(id)).map(([status]) => status)).toEqual(['delivered', 'delivered', 'failed']);
    expect(app.logLines.join('')).not.toContain('"level":"error"');
  }, 60_000);
});

it('sends to others while one receiver does not answer', async () => {
  const slow = await startReceiver(() => undefined);
  const held = await addHook(app, { url: slow.url, events: ['token.*'] });
  const served = await addHook(app, { url: receiver.url, events: ['token.*'] });
  for (let i = 0; i < 30; i += 1) await token();
  await worker.job.run(worker.stopping.signal);
  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(30);
  await expect.poll(async () => (await stateOf(served.id)).every(([status]) => status === 'delivered')).toBe(true);
  // The slow one holds four connections, and nothing more is sent to it meanwhile.
  expect(slow.received).toHaveLength(4);
  await token();
  await worker.job.run(worker.stopping.signal);
  await expect.poll(() => receiver.received.length, { timeout: 10_000 }).toBe(31);
  // Stopping gives back what was not answered, without an attempt.
  worker.stopping.abort();
  await worker.close();
  await worker.drain();
  expect(new Set((await stateOf(held.id)).map((state) => state.join()))).toEqual(new Set(['pending,0']));
  await slow.close();
}, 60_000);

it('counts its attempts, and what waits or failed', async () => {
  await addHook(app, { url: receiver.url, events: ['token.*'] });
  await token();
  const metrics = async () => (await app.metrics.expose()).text;
  expect(await metrics()).toContain('tokensd_webhook_deliveries{state="waiting"} 1\n');
  await worker.run();
  expect(await metrics()).toContain('tokensd_webhook_attempts_total{outcome="delivered"} 1\n');
  expect(await metrics()).toContain('tokensd_webhook_deliveries{state="waiting"} 0\n');
});
