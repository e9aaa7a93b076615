import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { type Client, signIn } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { bareEnvironment, eventually, programCommand } from '../helpers/daemon/process.ts';
import { isFullLength } from '../helpers/length.ts';

const { cleanUp, newDataDir, start } = useDaemons();

const linesOf = async (file: string) =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const idsOf = async (file: string) => (await linesOf(file)).map((line) => (JSON.parse(line) as AuditEvent).id);

/** Returns every event of the database, oldest first. */
async function allEvents(root: Client): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for (let after = ''; ; after = events.at(-1)?.id ?? '') {
    const response = await root.request('GET', `/audit?after=${after}&limit=200`);
    const { items } = (await response.json()) as { items: AuditEvent[] };
    events.push(...items);
    if (items.length < 200) return events;
  }
}

it('writes every event once across a reopened file, with the built daemon', async () => {
  const dataDir = await newDataDir();
  const file = join(dataDir, 'audit.jsonl');
  const daemon = await start(dataDir, { TOKENSD_AUDIT_LOG: file });
  const root = await signIn(daemon.url, superuser);
  const create = (names: string[]) => Promise.all(names.map((name) => root.createToken(name)));
  await create(['a', 'b', 'c']);
  await eventually(async () => (await linesOf(file)).length === 4, 'four lines');
  await rename(file, `${file}.1`);
  process.kill(daemon.pid, 'SIGHUP');
  await eventually(() => stat(file).catch(() => null), 'the new file');
  await create(['d', 'e']);
  expect(await daemon.stop()).toBe(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const logged = [...(await idsOf(`${file}.1`)), ...(await idsOf(file))];
  const again = await start(dataDir);
  const events = await allEvents(await signIn(again.url, superuser));
  // Those before the first sign-in are from `tokensd init`. The last one is the sign-in that reads them.
  const signedIn = events.findIndex(({ action }) => action === 'session.created');
  expect(logged.sort()).toEqual(
    events
      .slice(signedIn, -1)
      .map(({ id }) => id)
      .sort(),
  );
});

it('delays no request for a reader of standard output that reads nothing, and stops all the same', async () => {
  const dataDir = await newDataDir();
  const [command, ...words] = programCommand('tokensd', ['serve']);
  const env = { TOKENSD_LISTEN: '127.0.0.1:0', TOKENSD_DATA_DIR: dataDir, TOKENSD_AUDIT_LOG: 'stdout' };
  // Nobody reads this pipe.
  const child = spawn(command, words, { env: bareEnvironment(env), stdio: ['ignore', 'pipe', 'pipe'] });
  cleanUp(async () => child.kill('SIGKILL'));
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const url = await eventually(() => /"url":"([^"]+)".*"msg":"listening"/.exec(log)?.[1], 'the daemon to listen');
  const root = await signIn(url, superuser);
  // A pipe and both ends of it hold some 200 KB, and an event has 400 bytes.
  for (let number = 0; number < 1_200; number += 1) {
    const begun = performance.now();
    const { status } = await root.request('PATCH', `/users/${root.user.id}`, { name: `Root ${number}` });
    expect(status).toBe(200);
    expect(performance.now() - begun).toBeLessThan(5_000);
  }
  const begun = performance.now();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  expect(performance.now() - begun).toBeLessThan(15_000);
  expect(log).toContain('the audit log lacks events, which the database has');
}, 120_000);

it('leaves whole lines of saved events when the daemon is killed, and a follower learns the rest', async () => {
  const dataDir = await newDataDir();
  const file = join(dataDir, 'audit.jsonl');
  for (let round = 0; round < (isFullLength ? 20 : 3); round += 1) {
    const daemon = await start(dataDir, { TOKENSD_AUDIT_LOG: file });
    const root = await signIn(daemon.url, superuser);
    const write = async (writer: number) => {
      for (let number = 0; ; number += 1) await root.createToken(`${round}-${writer}-${number}`);
    };
    const writing = [0, 1, 2, 3].map((writer) => write(writer).catch(() => undefined));
    await new Promise((resolve) => setTimeout(resolve, 300 + 40 * round));
    await daemon.stop('SIGKILL');
    await Promise.all(writing);
  }
  const logged = await idsOf(file);
  const daemon = await start(dataDir);
  const events = (await allEvents(await signIn(daemon.url, superuser))).map(({ id }) => id);
  expect(new Set(logged).size).toBe(logged.length);
  expect(new Set(events).size).toBe(events.length);
  expect(logged.filter((id) => !events.includes(id))).toEqual([]);
  expect(logged.length).toBeGreaterThan(10);
}, 180_000);
