import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type TokenFile, withTokenFile } from '../../../cli/token-file/token-file.ts';

let root: string;
let directory: string;
let path: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tokens-file-'));
  directory = join(root, 'etc');
  path = join(directory, 'token');
  await mkdir(directory, { mode: 0o700 });
});
afterEach(() => rm(root, { recursive: true }));

const isRoot = process.getuid?.() === 0;
const stranger = 65_534;

function open<T>(act: (file: TokenFile) => Promise<T>, at = path): Promise<T> {
  return withTokenFile({ signal: new AbortController().signal, uuid: randomUUID }, at, act);
}

const write = (text: string) => open((file) => file.replace(text));
const modeOf = async (at: string) => ((await stat(at)).mode & 0o777).toString(8);

describe('a token file', () => {
  it('is created with mode 600, and replaced by a new file', async () => {
    const before = process.umask(0o277);
    try {
      await write('first');
    } finally {
      process.umask(before);
    }
    expect([await readFile(path, 'utf8'), await modeOf(path)]).toEqual(['first\n', '600']);
    const { ino } = await stat(path);
    await chmod(path, 0o644);
    await write('second');
    expect([await readFile(path, 'utf8'), await modeOf(path)]).toEqual(['second\n', '600']);
    expect((await stat(path)).ino).not.toBe(ino);
    expect(await readdir(directory)).toEqual(['token']);
  });

  it.each([
    ['value\n', 'value'],
    ['value\r\n', 'value'],
    ['value', 'value'],
    ['\n', null],
    ['', null],
  ])('reads %j as %j', async (content, text) => {
    await writeFile(path, content);
    expect(await open(async (file) => file.text)).toBe(text);
  });

  it('stays the same in a test of whether it can be written', async () => {
    await open((file) => file.proveWritable());
    expect(await readdir(directory)).toEqual([]);
    await writeFile(path, 'old\r\n\n');
    await open((file) => file.proveWritable());
    expect(await readFile(path, 'utf8')).toBe('old\r\n\n');
    expect(await readdir(directory)).toEqual(['token']);
  });

  it.skipIf(!isRoot)('keeps its owner if root replaces it', async () => {
    await writeFile(path, 'old');
    await chown(path, stranger, stranger);
    await chmod(directory, 0o755);
    await write('new');
    expect(await stat(path)).toMatchObject({ uid: stranger, gid: stranger });
    expect(await modeOf(path)).toBe('600');
  });

  it.skipIf(!isRoot)('is not given to a user who may have placed it in a directory of a group', async () => {
    await chmod(directory, 0o775);
    await writeFile(path, '');
    await chown(path, stranger, stranger);
    await expect(write('new')).rejects.toMatchObject({ exitCode: 2, message: expect.stringContaining('another user') });
    expect(await readFile(path, 'utf8')).toBe('');
    await chown(directory, stranger, stranger);
    await write('new');
    expect(await stat(path)).toMatchObject({ uid: stranger });
  });

  it('is refused in a directory where every user can replace it', async () => {
    for (const mode of [0o777, 0o1777]) {
      await chmod(directory, mode);
      await expect(write('new')).rejects.toMatchObject({ exitCode: 2 });
    }
    expect(await readdir(directory)).toEqual([]);
  });

  it.each(['', '.', '..', '/', 'etc/'])('is refused at the path %j, which names no file', async (end) => {
    await expect(open((file) => file.replace('new'), `${root}/${end}`)).rejects.toMatchObject({ exitCode: 2 });
  });

  it('is refused in a directory that does not exist', async () => {
    await expect(open((file) => file.replace('new'), join(directory, 'no', 'token'))).rejects.toMatchObject({
      exitCode: 1,
      message: expect.stringContaining('Create it first'),
    });
  });

  const obstacles: Record<string, (at: string) => unknown> = {
    'a symbolic link': (at) => symlink(join(root, 'target'), at),
    'a symbolic link to nothing': (at) => symlink(join(root, 'nothing'), at),
    'a named pipe': (at) => execFileSync('mkfifo', [at]),
    'a directory': (at) => mkdir(at),
    'a long file': (at) => writeFile(at, 'x'.repeat(5000)),
  };

  it.each(Object.entries(obstacles))('is refused if %s is at its path', async (_what, place) => {
    await writeFile(join(root, 'target'), 'target');
    await place(path);
    await expect(write('new')).rejects.toMatchObject({ exitCode: 1, problem: { code: 'damaged-file' } });
    expect(await readFile(join(root, 'target'), 'utf8')).toBe('target');
    await expect(stat(join(root, 'nothing'))).rejects.toThrow('ENOENT');
    expect(await readdir(directory)).toEqual(['token']);
  });

  it.each(Object.entries(obstacles))('is not written if %s takes its place meanwhile', async (_what, place) => {
    await writeFile(join(root, 'target'), 'target');
    await writeFile(path, 'old');
    const attempt = open(async (file) => {
      await file.proveWritable();
      await rm(path);
      await place(path);
      await file.replace('new');
    });
    await expect(attempt).rejects.toMatchObject({ exitCode: 1 });
    expect(await readFile(join(root, 'target'), 'utf8')).toBe('target');
    expect((await lstat(path)).isFile()).toBe(_what === 'a long file');
    expect(await readdir(directory)).toEqual(['token']);
  });

  it('is not written over a change by another program', async () => {
    await writeFile(path, 'old');
    const attempt = open(async (file) => {
      await writeFile(path, 'other');
      await file.replace('new');
    });
    await expect(attempt).rejects.toMatchObject({ exitCode: 1, message: expect.stringContaining('at the same time') });
    expect(await readFile(path, 'utf8')).toBe('other');
  });

  it.skipIf(process.platform !== 'linux')('stays in its directory if a link takes the place of that', async () => {
    await mkdir(join(root, 'victim'));
    await open(async (file) => {
      await rename(directory, join(root, 'moved'));
      await symlink(join(root, 'victim'), directory);
      await file.replace('new');
    });
    expect(await readdir(join(root, 'victim'))).toEqual([]);
    expect(await readFile(join(root, 'moved', 'token'), 'utf8')).toBe('new\n');
    expect(await readdir(join(root, 'moved'))).toEqual(['token']);
  });

  it('is taken away from other users, unless another file took its place', async () => {
    const restrict = (meanwhile?: () => Promise<void>) =>
      open(async (file) => {
        await meanwhile?.();
        return file.restrictMode();
      });
    const nothing = { before: null, failure: null };
    expect(await restrict()).toEqual(nothing);
    for (const mode of [0o644, 0o640, 0o602]) {
      await writeFile(path, 'value\n');
      await chmod(path, mode);
      expect(await restrict()).toEqual({ before: mode.toString(8), failure: null });
      expect([await modeOf(path), await readFile(path, 'utf8')]).toEqual(['600', 'value\n']);
      expect(await restrict()).toEqual(nothing);
    }
    const replaced = await restrict(async () => {
      await writeFile(path, 'something else');
      await chmod(path, 0o644);
    });
    expect([replaced, await modeOf(path)]).toEqual([nothing, '644']);
  });

  it('loses the temporary files of processes that were killed, and no others', async () => {
    const others = [
      '.token.backup.new',
      `.token.${randomUUID()}`,
      `.token.${randomUUID().toUpperCase()}.new`,
      '.token.d',
      '.tokens.x.new',
      '.token.a.b.new',
      'token.new',
      '.other.x.new',
    ];
    for (const name of [...others, `.token.${randomUUID()}.new`]) await writeFile(join(directory, name), 'x');
    await write('new');
    expect((await readdir(directory)).sort()).toEqual(['token', ...others].sort());
  });

  it('is changed by one process at a time', async () => {
    let inside = 0;
    const runs = Array.from({ length: 8 }, (_, index) =>
      open(async (file) => {
        inside += 1;
        expect(inside).toBe(1);
        await file.replace(`${file.text ?? ''}${index}`);
        inside -= 1;
      }),
    );
    await Promise.all(runs);
    expect((await readFile(path, 'utf8')).trim()).toHaveLength(8);
  });
});
