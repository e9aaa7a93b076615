import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type PrivateDirectory, privateDirectory } from '../../../cli/session/private-file.ts';

let root: string;
let path: string;
let warnings: string[];
let directory: PrivateDirectory;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tokens-private-'));
  path = join(root, 'a', 'tokens');
  warnings = [];
  directory = openDirectory(path);
});
afterEach(() => rm(root, { recursive: true, force: true }));

const openDirectory = (at: string, isOwn = true) =>
  privateDirectory(at, {
    isOwn,
    warn: async (text) => void warnings.push(text),
    uuid: randomUUID,
    signal: new AbortController().signal,
  });

const isDamaged = expect.objectContaining({ problem: expect.objectContaining({ code: 'damaged-file' }) });

it('reads back written text, with private modes and no leftover temporary file', async () => {
  expect(await directory.read('x.json')).toBeNull();
  await directory.write('x.json', 'one');
  await directory.write('x.json', 'two');
  expect(await directory.read('x.json')).toBe('two');
  expect(await readdir(path)).toEqual(['x.json']);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, 'x.json'))).mode & 0o777).toBe(0o600);
  expect(warnings).toEqual([]);
});

it.runIf(existsSync('/proc/self'))('fails at once where no directory can be made', async () => {
  const writing = openDirectory('/proc/home/ada/tokens').write('x.json', 'one');
  await expect(writing).rejects.toThrow('/proc/home/ada/tokens/x.json cannot be written (ENOENT).');
});

it('restricts permissive modes with one warning each', async () => {
  await directory.write('x.json', 'one');
  await chmod(path, 0o750);
  await chmod(join(path, 'x.json'), 0o604);
  expect(await directory.read('x.json')).toBe('one');
  expect(warnings).toHaveLength(2);
  await directory.read('x.json');
  expect(warnings).toHaveLength(2);
});

it.runIf(existsSync('/proc/self/comm'))('warns about a mode that it cannot change, and uses the file', async () => {
  const procDirectory = openDirectory(`/proc/${process.pid}`);
  expect(await procDirectory.read('comm')).toMatch(/./);
  expect(warnings).toEqual([
    expect.stringContaining('cannot be changed'),
    expect.stringContaining('cannot be changed'),
  ]);
});

it('rejects a symbolic link on read, and replaces the link but not its target on write', async () => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const target = join(root, 'target');
  await writeFile(target, 'precious');
  await symlink(target, join(path, 'x.json'));
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await directory.write('x.json', 'new');
  expect(await readFile(target, 'utf8')).toBe('precious');
  expect(await directory.read('x.json')).toBe('new');
});

it('rejects a symbolic link as the directory, even a dangling one', async () => {
  await mkdir(join(root, 'a'));
  await symlink(join(root, 'elsewhere'), path);
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await mkdir(join(root, 'elsewhere'));
  await expect(directory.write('x.json', 'new')).rejects.toEqual(isDamaged);
  expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
});

it('rejects a named pipe or a directory without hanging', async () => {
  await mkdir(join(path, 'y.json'), { recursive: true, mode: 0o700 });
  execFileSync('mkfifo', [join(path, 'x.json')]);
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await expect(directory.read('y.json')).rejects.toEqual(isDamaged);
});

it('reports a file in place of the directory', async () => {
  await mkdir(join(root, 'a'));
  await writeFile(path, '');
  await expect(directory.write('x.json', 'new')).rejects.toMatchObject({ exitCode: 1 });
});

it('serializes concurrent changes and loses none', async () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const add = (number: number) =>
    directory.withLock('x.json', async () => {
      const list: number[] = JSON.parse((await directory.read('x.json')) ?? '[]');
      await directory.write('x.json', JSON.stringify([...list, number]));
    });
  await Promise.all(numbers.map(add));
  const list: number[] = JSON.parse((await directory.read('x.json')) ?? '[]');
  expect(list.sort((one, other) => one - other)).toEqual(numbers);
  expect(await readdir(path)).toEqual(['x.json']);
});

it('releases the lock after a failure, and takes over an abandoned lock', async () => {
  await expect(directory.withLock('x.json', () => Promise.reject(new Error('odd')))).rejects.toThrow('odd');
  await writeFile(join(path, '.x.json.lock'), '');
  expect(await directory.withLock('x.json', async () => 'done')).toBe('done');
});

it.each([
  ['with files of another program', 0o755, ['config.json', 'other.txt']],
  ['with files of another program that others may write', 0o777, ['other.txt']],
  ['that several users share, although it is empty', 0o1777, []],
])('leaves a chosen directory alone %s', async (_what, mode, names) => {
  await mkdir(path, { recursive: true });
  for (const name of names) await writeFile(join(path, name), '{}');
  await chmod(path, mode);
  const chosen = openDirectory(path, false);
  const refusal = expect.objectContaining({ exitCode: 2, message: expect.stringContaining('TOKENS_CONFIG_DIR') });
  await expect(chosen.read('config.json')).rejects.toEqual(refusal);
  await expect(chosen.write('config.json', 'x')).rejects.toEqual(refusal);
  await expect(chosen.withLock('config.json', async () => 'done')).rejects.toEqual(refusal);
  expect((await stat(path)).mode & 0o7777).toBe(mode);
  expect((await readdir(path)).sort()).toEqual(names);
});

it('restricts a chosen directory that is empty or holds nothing but its own files', async () => {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o755);
  const chosen = openDirectory(path, false);
  await chosen.write('config.json', 'x');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await writeFile(join(path, '.config.json.0b5a'), '');
  await chmod(path, 0o755);
  expect(await chosen.read('config.json')).toBe('x');
  expect((await stat(path)).mode & 0o777).toBe(0o700);
});

it('uses a chosen directory that others cannot open, whatever else it holds', async () => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  await writeFile(join(path, 'other.txt'), '');
  const chosen = openDirectory(path, false);
  await chosen.write('config.json', 'x');
  expect(await chosen.read('config.json')).toBe('x');
});
