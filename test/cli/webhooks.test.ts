import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken } from '../helpers/app/app.ts';
import { openTestCliWithApp } from '../helpers/cli/cli.ts';

let cli: Awaited<ReturnType<typeof openTestCliWithApp>>;
beforeEach(async () => {
  cli = await openTestCliWithApp();
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
