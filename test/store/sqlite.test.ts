import { chmod, link, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reserveLogFiles } from '../../server/store/engine/sqlite/files.ts';
import { openReader } from '../../server/store/engine/sqlite/reader.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { lockForDaemon, openStore } from '../../server/store/open.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { describeStore } from './contract.ts';
import { useRecordedStore } from './every-statement.ts';

describeStore('the store on SQLite', useRecordedStore());

describe('rate-limit counts on SQLite', () => {
  it('keep the 100,000 keys that were used last', async () => {
    const { store, close } = await openTestStore();
    const limiter = store.limiter({ name: 'asked', limit: 1, windowSeconds: 60 });
    await limiter.consume('first');
    await limiter.consume('second');
    for (let i = 2; i < 100_000; i += 1) await limiter.consume(`network ${i}`);
    expect(await limiter.consume('first')).toMatchObject({ allowed: false, count: 2 });
    await limiter.consume('one more');
    expect(await limiter.get('second')).toEqual({ count: 0, retryAfterMs: 0 });
    expect(await limiter.get('first')).toMatchObject({ count: 2 });
    await close();
  });
});

describe('a SQLite file', () => {
  let directory: string;
  let path: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-sqlite-'));
    path = join(directory, 'a', 'b', 'tokens.db');
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('is created for its owner only, like the files beside it, even if the umask allows more', async () => {
    const umask = process.umask(0);
    try {
      const store = await openStore(`sqlite:${path}`);
      await store.migrate();
      expect(await readdir(join(directory, 'a', 'b'))).toEqual(['tokens.db', 'tokens.db-shm', 'tokens.db-wal']);
      for (const suffix of ['', '-shm', '-wal']) expect(await modeOf(path + suffix)).toBe(0o600);
      for (const made of ['a', 'a/b']) expect(await modeOf(join(directory, made))).toBe(0o700);
      await store.close();
    } finally {
      process.umask(umask);
    }
  });

  it('that other users could read is closed to them', async () => {
    path = join(directory, 'restored.db');
    await writeFile(path, '', { mode: 0o644 });
    await chmod(path, 0o644);
    const store = await openStore(`sqlite:${path}`);
    expect(await modeOf(path)).toBe(0o600);
    await store.close();
  });

  it('leaves an empty log after the store is closed, with which it can be opened on a full disk', async () => {
    const store = await openStore(`sqlite:${path}`);
    await store.migrate();
    await store.close();
    expect(await readdir(join(directory, 'a', 'b'))).toEqual(['tokens.db', 'tokens.db-shm', 'tokens.db-wal']);
    expect(await Promise.all(['-shm', '-wal'].map(async (part) => (await stat(path + part)).size))).toEqual([
      32_768, 0,
    ]);
    for (const part of ['-shm', '-wal']) expect(await modeOf(path + part)).toBe(0o600);
  });

  it('keeps the shared memory that another process uses, even beside leftovers of a killed process', async () => {
    const store = await openStore(`sqlite:${path}`);
    await store.migrate();
    await store.close();
    await writeFile(`${path}-shm`, 'in use');
    await link(`${path}-shm`, `${path}-reserve`);
    await reserveLogFiles(path);
    expect(await readFile(`${path}-shm`, 'utf8')).toBe('in use');
  });

  it('is not created anew while the log of a database that was moved away still holds changes', async () => {
    const store = await openStore(`sqlite:${path}`);
    await store.migrate();
    await rename(path, `${path}.moved`);
    await store.close();
    const missing = `${path} is missing, but its write-ahead log ${path}-wal is not empty. Put the database back beside it, or restore a backup.`;
    await expect(openStore(`sqlite:${path}`)).rejects.toThrow(missing);
    await rename(`${path}.moved`, path);
    const again = await openStore(`sqlite:${path}`);
    expect(await again.migrate()).toEqual([]);
    await again.close();
  });

  it('is opened with the same safeguards on every connection', async () => {
    const engine = await openSqlite(`sqlite:${path}`);
    const expected = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      busy_timeout: 1500,
      trusted_schema: 0,
      secure_delete: 1,
    };
    const reader = await openReader(path);
    for (const [pragma, value] of Object.entries(expected)) {
      for (const rows of [await engine.knex.raw(`PRAGMA ${pragma}`), await reader.all(`PRAGMA ${pragma}`, [])]) {
        expect([pragma, ...Object.values(rows[0] ?? {})]).toEqual([pragma, value]);
      }
    }
    await reader.close();
    await engine.close();
  });

  it('cannot be written through the reading connection', async () => {
    const engine = await openSqlite(`sqlite:${path}`);
    await engine.knex.raw('CREATE TABLE things (id text)');
    const reader = await openReader(path);
    await expect(reader.all('DELETE FROM things', [])).rejects.toThrow('SQLITE_READONLY');
    await reader.close();
    await engine.close();
  });
});

describe('a database URL', () => {
  const urls = [
    '',
    'tokens.db',
    'mariadb://ada:hunter2@db/tokens',
    'mysql://x',
    '__proto__:x',
    'SQLITE',
    ':',
    'sqlit:/x',
  ];
  it.each(urls)('%j of an unknown kind is rejected with an example, and is not shown', async (url) => {
    for (const attempt of [openStore(url), lockForDaemon(url)]) {
      const error: Error = await attempt.then(
        () => new Error('It was accepted.'),
        (reason) => reason,
      );
      expect(error.message).toContain('sqlite:/var/lib/tokensd/tokens.db');
      expect(error.message).not.toContain('hunter2');
    }
  });

  it.each(['sqlite:', 'sqlite::memory:'])('%j is rejected because it names no file', async (url) => {
    await expect(openStore(url)).rejects.toThrow('must name a file');
  });

  it('of a file that cannot be created is rejected with its path and the reason', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tokens-sqlite-'));
    await chmod(directory, 0o755);
    await writeFile(join(directory, 'file'), '');
    await symlink('nowhere', join(directory, 'dangling'));
    for (const name of ['file/tokens.db', 'dangling', 'with\0nul', '.']) {
      const error: Error = await openStore(`sqlite:${directory}/${name}`).then(
        () => new Error('It was opened.'),
        (reason) => reason,
      );
      expect(error.message).toMatch(/^Cannot .* \/.*tokens-sqlite-.* \((E|ERR_|SQLITE_)\w+\)/);
    }
    expect(await modeOf(directory)).toBe(0o755);
    await rm(directory, { recursive: true });
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
