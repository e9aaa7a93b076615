import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { createToken } from '../helpers/app/app.ts';
import { onTerminal, openTestCliWithApp } from '../helpers/cli/cli.ts';
import { answerStatus, startReceiver } from '../helpers/webhooks/receiver.ts';
import { addHook, createWorker } from '../helpers/webhooks/worker.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp({}, onTerminal);
});
afterEach(() => cli.close());

const url = 'https://hooks.example.com/tokens';
const run = (...argv: string[]) => cli.run(['webhooks', ...argv], cli.as(cli.app.root));
const shown = async (name = url) => JSON.parse((await run('show', name, '--json')).stdout);

it('creates a webhook with every option, and prints its secret once', async () => {
  const options = [
    '--event',
    'token.*',
    '--event',
    'session.failed',
    '--format',
    'slack',
    '--description',
    'To the team',
  ];
  const { code, stdout } = await run('create', url, ...options);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^Webhook ID:\t[0-9a-f-]{36}\nSecret:\twhsec_\S+\n$/);
  expect(await shown()).toMatchObject({
    url,
    events: ['session.failed', 'token.*'],
    format: 'slack',
    description: 'To the team',
    disabled: false,
  });
  expect((await run('show', url)).stdout).not.toContain('whsec_');
  const json = JSON.parse((await run('create', `${url}/2`, '--event', '*', '--json')).stdout);
  expect(json).toMatchObject({ url: `${url}/2`, events: ['*'], secret: expect.stringMatching(/^whsec_/) });
});

it('changes only what its options name', async () => {
  await run('create', url, '--event', '*', '--description', 'Before');
  const steps: Array<[string[], object]> = [
    [['--event', 'user.*', '--event', 'token.*'], { events: ['token.*', 'user.*'] }],
    [['--format', 'slack'], { format: 'slack' }],
    [['--description', 'After'], { description: 'After' }],
    [['--no-description'], { description: null }],
    [['--disable'], { disabled: true }],
    [['--enable'], { disabled: false }],
  ];
  let expected = await shown();
  for (const [options, fields] of steps) {
    expect(await run('edit', url, ...options)).toMatchObject({ code: 0, stdout: '', stderr: `Changed ${url}.\n` });
    expected = { ...expected, ...fields };
    expect(await shown()).toEqual(expected);
  }
  expect((await run('edit', url, '--url', 'https://other.example.com')).code).toBe(0);
  expect(await shown('https://other.example.com')).toEqual({ ...expected, url: 'https://other.example.com/' });
});

it('rejects options that contradict each other or cannot be read, before any request', async () => {
  const wrong = [
    ['create', url],
    ['create', url, '--event', '*', '--format', 'teams'],
    ['edit', url],
    ['edit', url, '--enable', '--disable'],
  ];
  for (const argv of wrong) expect([argv, (await run(...argv)).code]).toEqual([argv, 2]);
  expect((await run('list')).stdout).toBe('URL\tEVENTS\tFORMAT\tSTATUS\tID\n');
});

describe('a test of a webhook', () => {
  /** Creates a webhook to a receiver that answers with this status. The worker runs while the command waits. */
  async function testOf(status: number) {
    const receiver = await startReceiver(answerStatus(status));
    const worker = createWorker(cli.app);
    onTestFinished(async () => {
      await worker.close();
      await receiver.close();
    });
    const { id } = await addHook(cli.app, { url: receiver.url, events: ['token.*'] });
    const waits: number[] = [];
    const sleep = async (ms: number) => {
      waits.push(ms);
      if (waits.length === 2) await worker.run();
    };
    const test = (...argv: string[]) => cli.run(['webhooks', 'test', id, ...argv], { ...cli.as(cli.app.root), sleep });
    return { id, url: receiver.url, receiver, worker, waits, test };
  }

  it('waits until the event is delivered', async () => {
    const { url, waits, receiver, test } = await testOf(204);
    expect(await test()).toEqual({ code: 0, stdout: '', stderr: `Delivered webhook.test to ${url}.\n` });
    expect(waits).toEqual([1000, 1000]);
    expect(receiver.received.map(({ json }) => json.type)).toEqual(['webhook.test']);
  });

  it('prints the delivery with --json, also if it failed', async () => {
    const delivered = await (await testOf(200)).test('--json');
    expect(delivered).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(delivered.stdout)).toMatchObject({ event: 'webhook.test', status: 'delivered', attempts: 1 });
    const failed = await (await testOf(500)).test('--json');
    expect(failed).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(failed.stdout)).toMatchObject({
      status: 'pending',
      attempts: 1,
      error: expect.stringMatching('500'),
    });
  });

  it('says why the first attempt failed, and exits with 1', async () => {
    const { id, url, test } = await testOf(503);
    expect(await test()).toEqual({
      code: 1,
      stdout: '',
      stderr: `webhook.test was not delivered to ${url}. The receiver answered HTTP 503. It is tried again. To see what becomes of it: tokens webhooks deliveries ${id}\n`,
    });
  });

  it('is sent at once and first when the receiver is repaired, although earlier events wait', async () => {
    const { receiver, worker, test } = await testOf(503);
    for (const name of ['a', 'b']) await createToken(cli.app, cli.app.dev, { name });
    await worker.run();
    receiver.answer(answerStatus(204));
    receiver.received.length = 0;
    expect(await test()).toMatchObject({ code: 0 });
    expect(receiver.received[0]?.json.type).toBe('webhook.test');
  });

  it('names the last failed attempt if the event was not sent', async () => {
    const { id, url, worker } = await testOf(503);
    await createToken(cli.app, cli.app.dev, { name: 'ci' });
    await worker.run();
    const ran = await cli.run(['webhooks', 'test', id], { ...cli.as(cli.app.root), sleep: async () => {} });
    expect(ran).toEqual({
      code: 1,
      stdout: '',
      stderr: `webhook.test was not sent to ${url} within 20 seconds. The last failed attempt: The receiver answered HTTP 503. To see what becomes of it: tokens webhooks deliveries ${id}\n`,
    });
  });

  it('gives up after 20 seconds without an attempt', async () => {
    await run('create', url, '--event', 'token.*');
    const waits: number[] = [];
    const sleep = async (ms: number) => void waits.push(ms);
    const ran = await cli.run(['webhooks', 'test', url], { ...cli.as(cli.app.root), sleep });
    expect(ran).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('within 20 seconds') });
    expect(waits).toEqual(Array(20).fill(1000));
  });
});

it('lists webhooks and their deliveries, sends again, tests, rotates and deletes', async () => {
  const { id, secret } = JSON.parse((await run('create', url, '--event', 'token.created', '--json')).stdout);
  expect((await run('ls')).stdout).toContain(`${url}\ttoken.created\tstandard\tenabled\t${id}\n`);
  await createToken(cli.app, cli.app.dev, { name: 'ci' });
  const [delivery] = JSON.parse((await run('deliveries', url, '--json')).stdout);
  expect(delivery).toMatchObject({ event: 'token.created', status: 'pending' });
  expect((await run('deliveries', id)).stdout).toContain(`\ttoken.created\tpending\t0\t\t${delivery.id}\n`);
  expect(JSON.parse((await run('deliveries', id, '--failed', '--json')).stdout)).toEqual([]);
  expect((await run('retry', id, delivery.id)).stderr).toBe('token.created is sent again.\n');
  expect((await run('retry', id, id)).code).toBe(3);
  expect((await run('test', url)).stderr).toContain(`tokens webhooks deliveries ${id}`);
  expect(JSON.parse((await run('deliveries', url, '--json')).stdout)).toHaveLength(2);
  const rotated = JSON.parse((await run('rotate-secret', url, '--json')).stdout);
  expect(rotated.secret).toMatch(/^whsec_/);
  expect(rotated.secret).not.toBe(secret);
  expect((await run('delete', url)).stderr).toBe(`Deleted the webhook to ${url}.\n`);
  expect(await run('show', url)).toMatchObject({ code: 3, stderr: expect.stringContaining('There is no webhook') });
});

describe('an auditor', () => {
  const server = 'https://hooks.example.com/…';

  it('lists and shows webhooks with the server of their URLs, and their deliveries', async () => {
    const auditor = cli.as(await cli.app.addMember({ email: 'auditor@example.com', auditor: true }));
    const read = (...argv: string[]) => cli.run(['webhooks', ...argv], auditor);
    const { id } = JSON.parse((await run('create', url, '--event', 'token.created', '--json')).stdout);
    await createToken(cli.app, cli.app.dev, { name: 'ci' });
    expect((await read('list')).stdout).toContain(`${server}\ttoken.created\tstandard\tenabled\t${id}\n`);
    for (const name of [id, server]) {
      expect(JSON.parse((await read('show', name, '--json')).stdout)).toMatchObject({ id, url: server });
      expect((await read('deliveries', name)).stdout).toContain('\ttoken.created\tpending\t0\t');
    }
    expect(await read('show', url)).toMatchObject({ code: 3, stderr: expect.stringContaining('There is no webhook') });
    expect(await read('edit', id, '--disable')).toMatchObject({ code: 4, stdout: '' });
  });

  it('names one of several webhooks at a server by its ID', async () => {
    const auditor = cli.as(await cli.app.addMember({ email: 'auditor@example.com', auditor: true }));
    for (const path of ['', '/2']) await run('create', `${url}${path}`, '--event', '*');
    const ran = await cli.run(['webhooks', 'show', server], auditor);
    expect(ran).toMatchObject({ code: 2, stdout: '' });
    const ids = (await cli.app.store.webhooks.list({ limit: 9, before: null })).map(({ id }) => id);
    expect(ran.stderr).toContain(
      `matches more than one webhook. Give the ID of the one that you mean: ${ids.join(', ')}.`,
    );
  });
});
