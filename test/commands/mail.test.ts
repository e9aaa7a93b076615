import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runMailList, runMailRetry } from '../../server/commands/mail.ts';
import { openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { runCommand } from '../helpers/app/commands.ts';

const hour = 3_600_000;
let dataDir: string;
let store: Store;
let now: number;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tokens-mail-list-'));
  store = await openStore(`sqlite:${join(dataDir, 'tokens.db')}`);
  await store.migrate();
  now = Date.now();
});
afterEach(async () => {
  await store.close();
  await rm(dataDir, { recursive: true, force: true });
});

const env = () => ({ TOKENSD_DATA_DIR: dataDir });
const list = async () => (await runCommand(env(), runMailList)).stdout;

async function enqueue(id: string, createdAt: number) {
  const mail = { id, to: `${id}@example.com`, subject: `about ${id}`, text: '', html: '', messageId: `<${id}@x>` };
  await store.outbox.enqueue({ ...mail, createdAt });
}

async function claim() {
  await store.outbox.claim({ now, leaseMs: hour, leaseId: 'test', limit: 10 });
}

it('lists waiting mails with the reason, and then dead letters', async () => {
  await enqueue('failed', now - 3 * hour);
  await enqueue('dead', now - 80 * hour);
  await claim();
  await store.outbox.retryLater('failed', 'test', now + hour / 2, '504 5.5.2: Helo command rejected');
  await store.outbox.giveUp('dead', 'test', now - hour, '550 no such user');
  await enqueue('sending', now - 1000);
  await claim();
  await enqueue('fresh', now);
  const time = (ms: number) => new Date(ms).toISOString();
  const lines = (await list()).split('\n');
  expect(lines).toEqual([
    ['waiting', time(now), '0', time(now), 'fresh@example.com', 'about fresh', 'not tried yet'].join('\t'),
    [
      'waiting',
      time(now + hour / 2),
      '1',
      time(now - 3 * hour),
      'failed@example.com',
      'about failed',
      '504 5.5.2: Helo command rejected',
    ].join('\t'),
    expect.stringMatching(/^sending\t\S+\t1\t\S+\tsending@example\.com\tabout sending\t$/),
    [
      'given-up',
      time(now - hour),
      '1',
      time(now - 80 * hour),
      'dead@example.com',
      'about dead',
      '550 no such user',
    ].join('\t'),
    '',
  ]);
});

it('says so if no mail waits', async () => {
  expect(await runCommand(env(), runMailList)).toEqual({
    code: 0,
    stdout: '',
    stderr: 'No mail waits, and none was given up.\n',
  });
});

it('makes waiting mails and dead letters due, all or those to one address', async () => {
  await enqueue('failed', now);
  await enqueue('dead', now);
  await claim();
  await store.outbox.retryLater('failed', 'test', now + hour, 'down');
  await store.outbox.giveUp('dead', 'test', now, 'no such user');
  const retry = async (options: { to?: string }) =>
    (await runCommand(env(), (context) => runMailRetry(context, options))).stderr;
  expect(await retry({ to: 'nobody@example.com' })).toBe('0 mails will be sent again.\n');
  expect(await retry({ to: 'failed@example.com' })).toBe('1 mail will be sent again.\n');
  expect(await retry({})).toBe('1 mail will be sent again.\n');
  const due = await store.outbox.claim({ now: Date.now(), leaseMs: hour, leaseId: 'next', limit: 10 });
  expect(due.map(({ id }) => id).sort()).toEqual(['dead', 'failed']);
});
