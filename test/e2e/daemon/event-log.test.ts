import { execFileSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openEventLog } from '../../../server/commands/serve/event-log.ts';
import type { AuditLogTarget } from '../../../server/config/settings/audit-settings.ts';
import { createIds } from '../../../server/domain/secrets.ts';
import { createFileSink } from '../../../server/observability/event-log/file-sink.ts';
import { createLog } from '../../../server/observability/log.ts';
import { OutcomeUnknown } from '../../../server/store/errors.ts';
import type { Store } from '../../../server/store/store.ts';
import { openTestStore } from '../../helpers/app/store.ts';
import { eventually } from '../../helpers/daemon/process.ts';

const now = 1_800_000_000_000;
const uid = process.geteuid?.() ?? 0;

const noWrite = async (_text: string) => {};

async function open(target: (directory: string) => AuditLogTarget, { write = noWrite, as = uid } = {}) {
  const directory = await newDirectory();
  const { store, close } = await openTestStore();
  const logged: Array<Record<string, unknown>> = [];
  const log = createLog('debug', (line) => logged.push(JSON.parse(line)));
  let hangUp = () => {};
  const context = {
    stdout: { write },
    uid: as,
    onReopenSignal(listener: () => void) {
      hangUp = listener;
    },
  };
  const eventLog = openEventLog({ context, config: { auditLog: target(directory) }, log, store });
  if (eventLog === null) throw new Error('There is no log.');
  onTestFinished(async () => {
    await eventLog.close();
    await close();
  });
  const newId = createIds({ now: () => now });
  const insert = (to: Store, name = 'ci') =>
    to.audit.insert({
      ...{ id: newId(), at: now, action: 'token.created', ownerId: null, ip: null, userAgent: 'curl/8' },
      actor: { kind: 'system', id: null, email: null },
      target: { kind: 'token', id: 't', name },
    });
  const messages = () => logged.map(({ msg }) => msg);
  return {
    directory,
    store,
    observed: eventLog.observe(store),
    eventLog,
    insert,
    hangUp: () => hangUp(),
    messages,
    logged,
  };
}

async function newDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-event-log-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

const inFile = (directory: string) => ({ file: join(directory, 'audit.jsonl') });
const linesOf = async (path: string) =>
  (await readFile(path, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
const namesOf = async (path: string) => (await linesOf(path)).map((line) => JSON.parse(line).target.name);

it('writes each event as one line, as the API shows it, to a file of mode 0600', async () => {
  const log = await open(inFile);
  const { file } = inFile(log.directory);
  await log.insert(log.observed, 'a');
  await log.observed.transaction(async (store) => {
    await log.insert(store, 'b');
    await store.transaction((store) => log.insert(store, 'c'));
  });
  await eventually(async () => (await linesOf(file)).length === 3, 'three lines');
  expect(JSON.parse((await linesOf(file))[0] ?? '')).toEqual({
    ...{ id: expect.any(String), at: new Date(now).toISOString(), action: 'token.created' },
    ...{ actor: { kind: 'system', id: null, email: null }, target: { kind: 'token', id: 't', name: 'a', owner: null } },
    ...{ changes: null, ip: null, user_agent: 'curl/8' },
  });
  expect(await namesOf(file)).toEqual(['a', 'b', 'c']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('gives an existing file mode 0600, also one to which a link of the operator leads', async () => {
  const directory = await newDirectory();
  const { file } = inFile(directory);
  const target = join(directory, 'target');
  await writeFile(target, '', { mode: 0o644 });
  await symlink(target, file);
  const log = await open(() => ({ file }));
  await log.insert(log.observed, 'a');
  await eventually(async () => (await linesOf(target)).length === 1, 'a line');
  expect((await stat(target)).mode & 0o777).toBe(0o600);
  await rm(file);
  await writeFile(file, '', { mode: 0o666 });
  log.hangUp();
  await log.insert(log.observed, 'b');
  await eventually(async () => (await linesOf(file)).length === 1, 'a line of the new file');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(log.messages()).toEqual([]);
});

it('follows no link in a directory that others can write', async () => {
  const directory = await newDirectory();
  const { file } = inFile(directory);
  const target = join(directory, 'target');
  await writeFile(target, 'precious', { mode: 0o644 });
  await symlink(target, file);
  await chmod(directory, 0o1777);
  const log = await open(() => ({ file }));
  await log.insert(log.observed, 'a');
  await eventually(() => log.logged.length > 0, 'the message');
  expect(log.messages()).toEqual(['audit events cannot be logged; the database has them']);
  expect(JSON.stringify(log.logged)).toContain('is a symbolic link in a directory that other users can write');
  expect(await readFile(target, 'utf8')).toBe('precious');
  expect((await stat(target)).mode & 0o777).toBe(0o644);
  await rm(file);
  await eventually(async () => (await linesOf(file)).length === 1, 'a line');
});

it('warns once about a file of another user, and writes to it', async () => {
  const directory = await newDirectory();
  const { file } = inFile(directory);
  await writeFile(file, '', { mode: 0o644 });
  const log = await open(() => ({ file }), { as: uid + 1 });
  for (const lines of [1, 2, 3]) {
    await log.insert(log.observed);
    await eventually(async () => (await linesOf(file)).length === lines, 'a line');
    log.hangUp();
  }
  expect((await stat(file)).mode & 0o777).toBe(0o644);
  expect(log.messages()).toEqual([expect.stringContaining('other users may read the audit log')]);
});

it('writes to a file of another user that it cannot read, on a new line, and keeps no descriptor open', async () => {
  const directory = await newDirectory();
  const { file } = inFile(directory);
  await writeFile(file, '{"id":"half');
  await chmod(directory, 0o755);
  await chmod(file, 0o222);
  const descriptors = async () => (await readdir('/proc/self/fd')).length;
  const sink = createFileSink(
    file,
    uid + 1,
    createLog('silent', () => {}),
  );
  const before = await descriptors();
  // Root can read every file.
  if (uid === 0) process.seteuid?.(65_534);
  try {
    await expect(readFile(file)).rejects.toThrow('EACCES');
    for (let opened = 0; opened < 20; opened += 1) {
      await sink.write(`{"id":${opened}}\n`);
      await sink.close();
    }
    expect(await descriptors()).toBe(before);
  } finally {
    if (uid === 0) process.seteuid?.(0);
  }
  await chmod(file, 0o600);
  const lines = await linesOf(file);
  expect(lines).toHaveLength(21);
  expect(lines.slice(1).map((line) => JSON.parse(line).id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
});

it('writes nothing about a transaction that was rolled back, or before its commit', async () => {
  const log = await open(inFile);
  const { file } = inFile(log.directory);
  const failing = log.observed.transaction(async (store) => {
    await log.insert(store, 'rolled-back');
    throw new Error('refused');
  });
  await expect(failing).rejects.toThrow('refused');
  await log.observed.transaction(async (store) => {
    await log.insert(store, 'committed');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await linesOf(file)).toEqual([]);
  });
  await eventually(async () => (await linesOf(file)).length > 0, 'a line');
  expect(await namesOf(file)).toEqual(['committed']);
});

it('writes an event whose commit has an unknown outcome if it exists, and only then', async () => {
  const log = await open(inFile);
  const lost: Store['transaction'] = async (work) => {
    await log.store.transaction(work);
    throw new OutcomeUnknown('lost');
  };
  const undone: Store['transaction'] = async (work) => {
    const rolledBack = log.store.transaction(async (store) => {
      await work(store);
      throw new Error();
    });
    await rolledBack.catch(() => {});
    throw new OutcomeUnknown('lost');
  };
  const { file } = inFile(log.directory);
  for (const [name, transaction] of [
    ['undone', undone],
    ['saved', lost],
  ] as const) {
    const observed = log.eventLog.observe({ ...log.store, transaction });
    await expect(observed.transaction((store) => log.insert(store, name))).rejects.toThrow('lost');
  }
  await eventually(async () => (await linesOf(file)).length > 0, 'a line');
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  expect(await namesOf(file)).toEqual(['saved']);
});

it('lets no text in an event forge a line', async () => {
  const log = await open(inFile);
  const { file } = inFile(log.directory);
  const value = `tok_${'A'.repeat(38)}`;
  await log.insert(log.observed, `a\n{"id":"forged"}\r\u2028\u202e\u0085 ${value}`);
  await eventually(async () => (await linesOf(file)).length > 0, 'a line');
  const text = await readFile(file, 'utf8');
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(text).toMatch(/^[\x20-\x7e]+\n$/);
  expect(JSON.parse(text).target.name).toContain('{"id":"forged"}');
});

it('continues in a new file after SIGHUP, at once, and loses no event', async () => {
  const log = await open(inFile);
  const { file } = inFile(log.directory);
  await log.insert(log.observed, 'before');
  await eventually(async () => (await linesOf(file)).length === 1, 'a line');
  await rename(file, `${file}.1`);
  log.hangUp();
  await eventually(() => stat(file).catch(() => null), 'the new file');
  for (const name of ['a', 'b']) await log.insert(log.observed, name);
  await eventually(async () => (await linesOf(file)).length === 2, 'two lines');
  expect(await namesOf(`${file}.1`)).toEqual(['before']);
  expect(await namesOf(file)).toEqual(['a', 'b']);
});

it('says once that the file cannot be written, and writes everything when it can be written again', async () => {
  const log = await open((directory) => ({ file: join(directory, 'missing', 'audit.jsonl') }));
  await eventually(() => log.logged.length > 0, 'the message');
  for (const name of ['a', 'b', 'c']) await log.insert(log.observed, name);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(log.messages()).toEqual(['audit events cannot be logged; the database has them']);
  await mkdir(join(log.directory, 'missing'));
  await eventually(() => log.logged.length > 1, 'the second message');
  expect(log.messages().slice(1)).toEqual(['audit events are logged again']);
  const file = join(log.directory, 'missing', 'audit.jsonl');
  await eventually(async () => (await linesOf(file)).length === 3, 'three lines');
  expect(await namesOf(file)).toEqual(['a', 'b', 'c']);
});

it('begins a new line after half a line, which a killed daemon left behind', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-half-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'audit.jsonl');
  await writeFile(file, '{"id":"half');
  const log = await open(() => ({ file }));
  await log.insert(log.observed, 'whole');
  await eventually(async () => (await linesOf(file)).length === 2, 'two lines');
  expect(JSON.parse((await linesOf(file))[1] ?? '').target.name).toBe('whole');
});

it('waits for no reader: keeps 10,000 events, and says how many more it left out', async () => {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let written = '';
  const log = await open(() => 'stdout', {
    async write(text) {
      await released;
      written += text;
    },
  });
  const insertMany = (count: number) =>
    log.observed.transaction(async (store) => {
      for (let number = 0; number < count; number += 1) await log.insert(store, `${number}`);
    });
  const begun = performance.now();
  await insertMany(10_100);
  await insertMany(1);
  expect(performance.now() - begun).toBeLessThan(30_000);
  expect(log.messages()).toEqual(['the audit log is too slow; new events are left out of it']);
  release();
  await eventually(() => log.logged.length > 1, 'the second message', 30_000);
  expect(log.logged[1]).toMatchObject({ msg: 'the audit log lacks events, which the database has', left_out: 101 });
  expect(written.split('\n')).toHaveLength(10_001);
}, 60_000);

it('writes to a named pipe that nobody reads without waiting, once somebody does', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tokens-pipe-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const file = join(directory, 'pipe');
  execFileSync('mkfifo', [file]);
  const log = await open(() => ({ file }));
  await log.observed.transaction(async (store) => {
    for (let number = 0; number < 1_000; number += 1) await log.insert(store, `${number}`);
  });
  await eventually(() => log.logged.length > 0, 'the message');
  let text = '';
  const reader = createReadStream(file, 'utf8').on('data', (chunk) => {
    text += chunk;
  });
  onTestFinished(() => void reader.destroy());
  await eventually(() => text.split('\n').length === 1_001, 'every line');
});

it('says when it stops how many events were not written', async () => {
  const log = await open(() => 'stdout', { write: () => new Promise(() => {}) });
  await log.insert(log.observed);
  expect(await log.eventLog.close()).toBe(false);
  expect(log.logged).toMatchObject([{ msg: 'the audit log lacks events, which the database has', left_out: 1 }]);
}, 15_000);
