import { spawn } from 'node:child_process';
import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { addDeveloper, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { bareEnvironment, eventually, programCommand, runProgram } from '../helpers/daemon/process.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const { newDataDir, emptyDataDir, start } = useDaemons();

function tokensd(dataDir: string, ...args: string[]) {
  return runProgram('tokensd', args, { env: { TOKENSD_DATA_DIR: dataDir } });
}

/** Runs a program, and kills it at its first such system call on the copy that a restore builds. */
function killAt(call: 'rename' | 'fsync', args: string[], env: { TOKENSD_DATA_DIR: string }): Promise<void> {
  const calls = call === 'rename' ? 'rename,renameat,renameat2' : 'fsync,fdatasync';
  const fault = ['-P', `${env.TOKENSD_DATA_DIR}/tokens.db.restoring`, '-e', `trace=${calls}`];
  const options = ['-f', '-qq', '-o', '/dev/null', ...fault, '-e', `inject=${calls}:error=EINTR:signal=SIGKILL:when=1`];
  const child = spawn('strace', [...options, ...programCommand('tokensd', args)], {
    env: bareEnvironment(env),
    stdio: 'ignore',
  });
  return new Promise((resolve) => child.once('close', () => resolve()));
}

async function world() {
  const dataDir = await newDataDir();
  const daemon = await start(dataDir);
  const root = await signIn(daemon.url, superuser);
  const dev = await addDeveloper(daemon.url, root);
  return { dataDir, daemon, root, dev, file: join(dataDir, 'backup.db') };
}

describe('tokensd backup', () => {
  it('writes a consistent copy with mode 0600 while the daemon creates tokens', async () => {
    const { dataDir, dev, file } = await world();
    const running = { done: false };
    const createdAt: number[] = [];
    const load = Array.from({ length: 8 }, async (_, worker) => {
      for (let i = 0; !running.done; i += 1) {
        await dev.createToken(`t-${worker}-${i}`);
        createdAt.push(performance.now());
      }
    });
    await eventually(() => createdAt.length > 20, 'the load');
    const [before, began] = [createdAt.length, performance.now()];
    const backup = await tokensd(dataDir, 'backup', file);
    const [after, ended] = [createdAt.length, performance.now()];
    running.done = true;
    await Promise.all(load);
    expect(backup).toMatchObject({ code: 0, stdout: '' });
    const [, reported] = /backup\.db: 2 members, ([\d,]+) tokens, SHA-256 [0-9a-f]{64}\n$/.exec(backup.stderr) ?? [];
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(stat(`${file}.unfinished`)).rejects.toThrow();

    expect(createdAt.some((at) => at > began && at < ended)).toBe(true);
    const engine = await openSqlite(`sqlite:${file}`);
    const [tokens, events, mails] = await Promise.all([
      engine.knex('tokens').pluck('name'),
      engine.knex('audit').where({ action: 'token.created' }).pluck('target_name'),
      engine.knex('outbox').where('subject', 'like', '%was created').pluck('id'),
    ]);
    await engine.close();
    expect(tokens.length).toBe(Number(reported?.replaceAll(',', '')));
    // The eight requests in progress at the end of the backup may be in it or not.
    expect(tokens.length).toBeGreaterThanOrEqual(before);
    expect(tokens.length).toBeLessThanOrEqual(after + 8);
    expect(events.sort()).toEqual(tokens.sort());
    expect(mails).toHaveLength(tokens.length);
  });

  it('rejects an existing file and leaves it unchanged', async () => {
    const { dataDir, file } = await world();
    await writeFile(file, 'precious');
    expect(await tokensd(dataDir, 'backup', file)).toMatchObject({ code: 5, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('precious');
  });

  it('reports a path that cannot be written and a missing database', async () => {
    const { dataDir } = await world();
    const nowhere = await tokensd(dataDir, 'backup', join(dataDir, 'no', 'such', 'directory.db'));
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('ENOENT');
    const none = await tokensd(join(dataDir, 'empty'), 'backup', join(dataDir, 'x.db'));
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('There is no database at');
  });

  it('names the tool to use with PostgreSQL', async () => {
    const env = { TOKENSD_DATABASE_URL: 'postgres://tokens@db.example.com/tokens' };
    const result = await runProgram('tokensd', ['backup', '/nonexistent/x.db'], { env });
    expect(result.code).toBe(2);
    expect(result.stderr).toContain('pg_dump');
  });
});

describe('tokensd restore', () => {
  async function backedUp() {
    const before = await world();
    const { dataDir, daemon, dev, root, file } = before;
    const active = await dev.createToken('active');
    const revoked = await dev.createToken('revoked-later');
    const blocked = await addDeveloper(daemon.url, root, 'blocked@example.com');
    const theirs = await blocked.createToken('theirs');
    expect((await tokensd(dataDir, 'backup', file)).code).toBe(0);
    await dev.request('DELETE', `/tokens/${revoked.id}`);
    await root.request('PATCH', `/users/${blocked.user.id}`, { can_manage_tokens: false });
    const createdSince = await dev.createToken('made-later');
    const stop = async (daemon: Daemon) => expect(await daemon.stop()).toBe(0);
    return { ...before, active, revoked, theirs, createdSince, stop };
  }

  const statusOf = async (url: string, { token }: { token: string }) => {
    const response = await verify(url, token);
    return `${response.status} ${response.headers.get('x-tokens-reason') ?? ''}`.trim();
  };

  it('restores the backup, and reports and keeps the revocations made since', async () => {
    const { dataDir, daemon, dev, file, active, revoked, theirs, createdSince, stop } = await backedUp();
    await stop(daemon);
    const restored = await tokensd(dataDir, 'restore', file);
    expect(restored).toMatchObject({ code: 0, stdout: '' });
    expect(restored.stderr).toContain('These tokens were revoked after the backup and stay revoked:');
    expect(restored.stderr).toContain(`${revoked.prefix}  revoked-later  dev@example.com`);
    expect(restored.stderr).toContain('as before the restore: blocked@example.com');
    const [, aside = ''] = /replaced database is now (\S+)\.\n/.exec(restored.stderr) ?? [];
    expect((await stat(aside)).isFile()).toBe(true);

    const { url } = await start(dataDir);
    expect(await statusOf(url, active)).toBe('200');
    expect(await statusOf(url, revoked)).toBe('401 revoked');
    expect(await statusOf(url, theirs)).toBe('401 blocked');
    expect(await statusOf(url, createdSince)).toBe('401 unknown');
    const headers = { Authorization: `Bearer ${dev.session}` };
    expect((await fetch(`${url}/api/v1/me`, { headers })).status).toBe(401);
    await expect(signIn(url, superuser)).resolves.toBeDefined();
  });

  it('keeps tokens revoked whose tombstone has been purged, and says when they were revoked', async () => {
    const { dataDir, daemon, file, active, revoked, stop } = await backedUp();
    await stop(daemon);
    const engine = await openSqlite(`sqlite:${join(dataDir, 'tokens.db')}`);
    await engine.knex('tombstones').delete();
    await engine.close();
    const restored = await tokensd(dataDir, 'restore', file);
    expect(restored.stderr).toMatch(/ {2}revoked-later {2}dev@example\.com {2}20\d\d-.*Z\n/);
    const { url } = await start(dataDir);
    expect(await statusOf(url, active)).toBe('200');
    expect(await statusOf(url, revoked)).toBe('401 unknown');
  });

  it('restores everything over the database of another installation', async () => {
    const { dataDir, daemon, file, active, stop } = await backedUp();
    await stop(daemon);
    const other = await newDataDir();
    const refused = await tokensd(other, 'restore', file);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('belongs to another installation') });
    expect((await tokensd(other, 'restore', '--without-history', file)).code).toBe(0);
    const { url } = await start(other);
    expect(await statusOf(url, active)).toBe('200');
    expect(dataDir).not.toBe(other);
  });

  it('reports if no token was revoked since the backup', async () => {
    const { dataDir, daemon, file } = await world();
    expect((await tokensd(dataDir, 'backup', file)).code).toBe(0);
    expect(await daemon.stop()).toBe(0);
    const { stderr } = await tokensd(dataDir, 'restore', file);
    expect(stderr).toContain('\nNo token of the backup was revoked after it was made.\n');
    expect(stderr).not.toContain('stay revoked');
  });

  it('restores nothing without confirmation if the replaced database is missing, even if a daemon made an empty one', async () => {
    const { dataDir, daemon, file, revoked, stop } = await backedUp();
    await stop(daemon);
    for (const part of ['', '-wal', '-shm']) await rm(join(dataDir, `tokens.db${part}`), { force: true });
    const missing = await tokensd(dataDir, 'restore', file);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('Nobody knows what was revoked') });
    const empty = await start(dataDir);
    expect(await statusOf(empty.url, revoked)).toBe('401 unknown');
    await stop(empty);
    expect(await tokensd(dataDir, 'restore', file)).toMatchObject({ code: 2 });
    const restored = await tokensd(dataDir, 'restore', file, '--without-history');
    expect(restored).toMatchObject({
      code: 0,
      stderr: expect.stringContaining(
        'Tokens that were revoked or paused since then and are not listed here work again',
      ),
    });
    const { url } = await start(dataDir);
    expect(await statusOf(url, revoked)).toBe('200');
  });

  it.skipIf(!hasRealParts('strace'))(
    'is refused by serve and init when it was killed, until the command that they print was run',
    async () => {
      const { dataDir, daemon, file, active, revoked, stop } = await backedUp();
      await stop(daemon);
      const env = { TOKENSD_DATA_DIR: dataDir };
      const refuses = async (...command: string[]) => {
        const refused = await runProgram('tokensd', command, { env, input: superuser.password });
        expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('tokensd restore --undo') });
      };
      await killAt('fsync', ['restore', file], env);
      await refuses('serve');
      expect(await tokensd(dataDir, 'restore', '--undo')).toMatchObject({ code: 0 });
      await killAt('rename', ['restore', file], env);
      await refuses('init', '--email', 'new@example.com', '--password-stdin');
      const repeated = await tokensd(dataDir, 'restore', file);
      expect(repeated).toMatchObject({ code: 0, stderr: expect.stringContaining('was undone first') });
      const { url } = await start(dataDir);
      expect([await statusOf(url, active), await statusOf(url, revoked)]).toEqual(['200', '401 revoked']);
    },
  );

  it('runs once at a time', async () => {
    const { dataDir, daemon, file, stop } = await backedUp();
    await stop(daemon);
    const codes = await Promise.all([1, 2, 3].map(async () => (await tokensd(dataDir, 'restore', file)).code));
    expect(codes.filter((code) => code === 0).length).toBeGreaterThan(0);
    expect(codes.every((code) => code === 0 || code === 1)).toBe(true);
    expect((await readdir(dataDir)).filter((name) => name.includes('restoring'))).toEqual([]);
  });

  it('changes nothing while a daemon runs, or if the file is not a backup', async () => {
    const { dataDir, daemon, file, createdSince, stop } = await backedUp();
    const running = await tokensd(dataDir, 'restore', file);
    expect(running.code).toBe(1);
    expect(running.stderr).toContain('Another tokensd holds');
    await stop(daemon);
    const cut = join(dataDir, 'cut.db');
    await writeFile(cut, (await readFile(file)).subarray(0, 20_000));
    await chmod(cut, 0o600);
    for (const bad of [cut, join(dataDir, 'none.db')]) {
      const result = await tokensd(dataDir, 'restore', bad);
      expect(result.code).toBe(1);
      expect(result.stderr).not.toContain('    at ');
    }
    const { url } = await start(dataDir);
    expect(await statusOf(url, createdSince)).toBe('200');
  });
});

describe.skipIf(!hasRealParts('root'))('root', () => {
  it('creates and restores the database for the owner of the directory', async () => {
    const dataDir = await emptyDataDir();
    const otherUser = 12_345;
    await chown(dataDir, otherUser, otherUser);
    const owners = async () =>
      Promise.all((await readdir(dataDir)).map(async (name) => [name, (await stat(join(dataDir, name))).uid]));
    const env = { TOKENSD_DATA_DIR: dataDir };
    const init = ['init', '--email', superuser.email, '--password-stdin'];
    expect(await runProgram('tokensd', init, { env, input: superuser.password })).toMatchObject({ code: 0 });
    expect(await owners()).toEqual(['tokens.db', 'tokens.db-shm', 'tokens.db-wal'].map((name) => [name, otherUser]));

    const elsewhere = await emptyDataDir();
    const backup = await tokensd(dataDir, 'backup', join(elsewhere, 'backup.db'));
    expect(backup).toMatchObject({ code: 0, stderr: expect.stringContaining(': 1 member, 0 tokens, SHA-256 ') });
    const restored = await tokensd(dataDir, 'restore', join(elsewhere, 'backup.db'));
    expect(restored).toMatchObject({ code: 0, stderr: expect.stringContaining('Restored 1 member and 0 tokens. ') });
    const found = await owners();
    expect(found).toContainEqual(['tokens.db', otherUser]);
    expect(found).toContainEqual(['tokens.db.lock', otherUser]);
    expect(found.filter(([, uid]) => uid !== otherUser)).toEqual([]);
  });
});
