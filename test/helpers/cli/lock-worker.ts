import { randomUUID } from 'node:crypto';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { privateDirectory } from '../../../cli/session/private-file.ts';

// A process that changes x.json while it holds the lock. `lock-processes.ts` bundles and starts it.
const [path = '', startAt = '0', holdMs = '0'] = process.argv.slice(2);
const directory = privateDirectory(path, {
  isOwn: true,
  warn: async () => undefined,
  uuid: randomUUID,
  signal: new AbortController().signal,
});
const log = (event: string) => appendFile(join(path, 'log'), `${event} ${process.pid}\n`);

await setTimeout(Math.max(0, Number(startAt) - Date.now()));
const change = directory.withLock('x.json', async () => {
  await log('enter');
  process.stdout.write('entered\n');
  const pids: number[] = JSON.parse((await directory.read('x.json')) ?? '[]');
  await setTimeout(Number(holdMs));
  await directory.write('x.json', JSON.stringify([...pids, process.pid]));
  await log('leave');
});
await change.catch(() => {
  process.exitCode = 1;
});
