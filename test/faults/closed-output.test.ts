import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../server/store/open.ts';
import { useDaemons } from '../helpers/daemon/daemon.ts';
import { bareEnvironment, programCommand } from '../helpers/daemon/process.ts';

const { newDataDir } = useDaemons();

/** More than a pipe holds (64 KiB), so that the program is still writing when the reader ends. */
const manyProxies = Array.from({ length: 8_000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`).join(',');

let dataDir: string;
beforeEach(async () => {
  dataDir = await newDataDir();
});

/** Runs `tokensd ARGS | READER` in a shell. Returns what `tokensd` wrote on stderr and its exit code. */
async function pipeTo(reader: string, args: string[], env: Record<string, string> = {}, redirect = '') {
  // The exit code goes to fd 3, because the shell reports the reader's.
  const script = `{ "$@" ${redirect}; echo $? >&3; } | ${reader}`;
  const child = spawn('sh', ['-c', script, 'sh', ...programCommand('tokensd', args)], {
    env: bareEnvironment({ TOKENSD_DATA_DIR: dataDir, ...env }),
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  const [stderr, code] = await Promise.all([
    text(child.stderr as Readable),
    text(child.stdio[3] as Readable),
    once(child, 'close'),
  ]);
  return { stderr, code: code.trim() };
}

async function addDeadLetters(count: number): Promise<void> {
  const store = await openStore(`sqlite:${dataDir}/tokens.db`);
  for (let number = 0; number < count; number += 1) {
    const id = `mail-${number}`;
    const content = { to: `member-${number}@example.com`, subject: 'x'.repeat(500), text: '', html: '' };
    await store.outbox.enqueue({ id, ...content, messageId: `<${id}@example.com>`, createdAt: 1 });
    await store.outbox.claim({ now: 2, leaseMs: 1_000_000, leaseId: id, limit: 1 });
    await store.outbox.giveUp(id, id, 3, 'no such mailbox');
  }
  await store.close();
}

describe('a tokensd command whose stdout is closed early', () => {
  it('exits 0 without a message: config | head -n 1', async () => {
    const finished = await pipeTo('head -n 1', ['config'], { TOKENSD_TRUSTED_PROXIES: manyProxies });
    expect(finished).toEqual({ stderr: '', code: '0' });
  });

  it('exits 0 without a message: mail list | head -n 1', async () => {
    await addDeadLetters(300);
    expect(await pipeTo('head -n 1', ['mail', 'list'])).toEqual({ stderr: '', code: '0' });
  });

  it.each(['--help', '--version', 'config', 'mail --help', 'mail list --help'])(
    'exits 0 without a message if the reader ends first: %s',
    async (command) => {
      expect(await pipeTo('true', command.split(' '))).toEqual({ stderr: '', code: '0' });
    },
  );
});

describe('a tokensd command whose stderr is closed early', () => {
  it.each([
    ['migrate', '0'],
    ['mail retry', '0'],
    ['nonsense', '2'],
  ])('exits with its usual code: %s', async (command, code) => {
    const finished = await pipeTo('true', command.split(' '), {}, '2>&1');
    expect(finished).toEqual({ stderr: '', code });
  });
});

describe('a tokensd command whose stdout cannot be written', () => {
  it.each([['config'], ['--help']])('exits 1 and says why: %s', async (command) => {
    const { stderr, code } = await pipeTo('true', [command], {}, '>/dev/full');
    expect(code).toBe('1');
    expect(stderr).toMatch(/^Cannot write to standard output: ENOSPC.*\n$/);
  });
});
