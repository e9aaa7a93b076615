import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
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

const openDirectory = (at: string) =>
  privateDirectory(at, {
    warn: async (text) => void warnings.push(text),
    uuid: randomUUID,
    signal: new AbortController().signal,
  });

const isDamaged = expect.objectContaining({ problem: expect.objectContaining({ code: 'damaged-file' }) });

test('what is written is read back, private, and no temporary file stays', async () => {
  expect(await directory.read('x.json')).toBeNull();
  await directory.write('x.json', 'one');
  await directory.write('x.json', 'two');
  expect(await directory.read('x.json')).toBe('two');
  expect(await readdir(path)).toEqual(['x.json']);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  expect((await stat(join(path, 'x.json'))).mode & 0o777).toBe(0o600);
  expect(warnings).toEqual([]);
});

test('looser modes are tightened once, each with a warning', async () => {
  await directory.write('x.json', 'one');
  await chmod(path, 0o750);
  await chmod(join(path, 'x.json'), 0o604);
  expect(await directory.read('x.json')).toBe('one');
  expect(warnings).toHaveLength(2);
  await directory.read('x.json');
  expect(warnings).toHaveLength(2);
});

test.runIf(existsSync('/proc/self/comm'))('a mode that cannot be changed is told, and the file is used', async () => {
  const kernel = openDirectory(`/proc/${process.pid}`);
  expect(await kernel.read('comm')).toMatch(/./);
  expect(warnings).toEqual([
    expect.stringContaining('cannot be changed'),
    expect.stringContaining('cannot be changed'),
  ]);
});

test('a link instead of the file is refused on reading and replaced on writing; its target stays', async () => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const target = join(root, 'target');
  await writeFile(target, 'precious');
  await symlink(target, join(path, 'x.json'));
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await directory.write('x.json', 'new');
  expect(await readFile(target, 'utf8')).toBe('precious');
  expect(await directory.read('x.json')).toBe('new');
});

test('a link instead of the directory is refused, also dangling', async () => {
  await mkdir(join(root, 'a'));
  await symlink(join(root, 'elsewhere'), path);
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await mkdir(join(root, 'elsewhere'));
  await expect(directory.write('x.json', 'new')).rejects.toEqual(isDamaged);
  expect(await readdir(join(root, 'elsewhere'))).toEqual([]);
});

test('a named pipe or a directory in its place is refused at once', async () => {
  await mkdir(join(path, 'y.json'), { recursive: true, mode: 0o700 });
  execFileSync('mkfifo', [join(path, 'x.json')]);
  await expect(directory.read('x.json')).rejects.toEqual(isDamaged);
  await expect(directory.read('y.json')).rejects.toEqual(isDamaged);
});

test('a file where the directory should be is told as such', async () => {
  await mkdir(join(root, 'a'));
  await writeFile(path, '');
  await expect(directory.write('x.json', 'new')).rejects.toMatchObject({ exitCode: 1 });
});

test('changes made at the same time are made in turn, and none is lost', async () => {
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

test('a turn that failed is over, and one that died is not waited for for ever', async () => {
  await expect(directory.withLock('x.json', () => Promise.reject(new Error('odd')))).rejects.toThrow('odd');
  await writeFile(join(path, '.x.json.lock'), '');
  expect(await directory.withLock('x.json', async () => 'done')).toBe('done');
});
