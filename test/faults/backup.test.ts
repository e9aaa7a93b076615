import { chmod, chown, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { addDeveloper, signIn, verify } from '../helpers/daemon/api.ts';
import { type Daemon, superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually, runProgram } from '../helpers/daemon/process.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';

const { newDataDir, emptyDataDir, start } = useDaemons();

function tokensd(dataDir: string, ...args: string[]) {
  return runProgram('tokensd', args, { env: { TOKENSD_DATA_DIR: dataDir } });
}

async function world() {
  const dataDir = await newDataDir();
  const daemon = await start(dataDir);
  const root = await signIn(daemon.url, superuser);
  const dev = await addDeveloper(daemon.url, root);
  return { dataDir, daemon, root, dev, file: join(dataDir, 'backup.db') };
}

describe('tokensd backup', () => {
  it('writes a whole copy for its owner only, of one moment, while the daemon goes on creating', async () => {
    const { dataDir, dev, file } = await world();
    const running = { done: false };
    const made: number[] = [];
    const load = Array.from({ length: 8 }, async (_, worker) => {
      for (let i = 0; !running.done; i += 1) {
        await dev.createToken(`t-${worker}-${i}`);
        made.push(performance.now());
      }
    });
    await eventually(() => made.length > 20, 'the load');
    const [before, began] = [made.length, performance.now()];
    const backup = await tokensd(dataDir, 'backup', file);
    const [after, ended] = [made.length, performance.now()];
    running.done = true;
    await Promise.all(load);
    expect(backup).toMatchObject({ code: 0, stdout: '' });
    const [, told] = /backup\.db: 2 members, (\d+) tokens, SHA-256 [0-9a-f]{64}\n$/.exec(backup.stderr) ?? [];
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await expect(stat(`${file}.unfinished`)).rejects.toThrow();

    expect(made.some((at) => at > began && at < ended)).toBe(true);
    const engine = await openSqlite(`sqlite:${file}`);
    const [tokens, events, mails] = await Promise.all([
      engine.knex('tokens').pluck('name'),
      engine.knex('audit').where({ action: 'token.created' }).pluck('target_name'),
      engine.knex('outbox').where('subject', 'like', '%was created').pluck('id'),
    ]);
    await engine.close();
    expect(tokens.length).toBe(Number(told));
    // What the last eight answered may be in it or not.
    expect(tokens.length).toBeGreaterThanOrEqual(before);
    expect(tokens.length).toBeLessThanOrEqual(after + 8);
    expect(events.sort()).toEqual(tokens.sort());
    expect(mails).toHaveLength(tokens.length);
  });

  it('refuses a file that exists, and leaves it as it is', async () => {
    const { dataDir, file } = await world();
    await writeFile(file, 'precious');
    expect(await tokensd(dataDir, 'backup', file)).toMatchObject({ code: 5, stdout: '' });
    expect(await readFile(file, 'utf8')).toBe('precious');
  });

  it('says what is wrong with a place it cannot write to, or a database that is not there', async () => {
    const { dataDir } = await world();
    const nowhere = await tokensd(dataDir, 'backup', join(dataDir, 'no', 'such', 'directory.db'));
    expect(nowhere.code).toBe(1);
    expect(nowhere.stderr).toContain('ENOENT');
    const none = await tokensd(join(dataDir, 'empty'), 'backup', join(dataDir, 'x.db'));
    expect(none.code).toBe(1);
    expect(none.stderr).toContain('There is no database at');
  });

  it('is for SQLite, and names the tool of PostgreSQL', async () => {
    const env = { TOKENSD_DATABASE_URL: 'postgres://tokens@db.example.com/tokens' };
    const refused = await runProgram('tokensd', ['backup', '/nonexistent/x.db'], { env });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('pg_dump');
  });
});

describe('tokensd restore', () => {
  async function backedUp() {
    const before = await world();
    const { dataDir, daemon, dev, root, file } = before;
    const kept = await dev.createToken('kept');
    const revoked = await dev.createToken('revoked-later');
    const blocked = await addDeveloper(daemon.url, root, 'blocked@example.com');
    const theirs = await blocked.createToken('theirs');
    expect((await tokensd(dataDir, 'backup', file)).code).toBe(0);
    await dev.request('DELETE', `/tokens/${revoked.id}`);
    await root.request('PATCH', `/users/${blocked.user.id}`, { can_manage_tokens: false });
    const young = await dev.createToken('made-later');
    const stop = async (daemon: Daemon) => expect(await daemon.stop()).toBe(0);
    return { ...before, kept, revoked, theirs, young, stop };
  }

  const statusOf = async (url: string, { token }: { token: string }) => {
    const answer = await verify(url, token);
    return `${answer.status} ${answer.headers.get('x-tokens-reason') ?? ''}`.trim();
  };

  it('brings back the backup, reports what was revoked since, and lets none of it work again', async () => {
    const { dataDir, daemon, dev, file, kept, revoked, theirs, young, stop } = await backedUp();
    await stop(daemon);
    const restored = await tokensd(dataDir, 'restore', file);
    expect(restored).toMatchObject({ code: 0, stdout: '' });
    expect(restored.stderr).toContain('These tokens were revoked after the backup and stay revoked:');
    expect(restored.stderr).toContain(`${revoked.prefix}  revoked-later  dev@example.com`);
    expect(restored.stderr).toContain('as before the restore: blocked@example.com');
    const [, aside = ''] = /replaced database is now (\S+)\.\n/.exec(restored.stderr) ?? [];
    expect((await stat(aside)).isFile()).toBe(true);

    const { url } = await start(dataDir);
    expect(await statusOf(url, kept)).toBe('200');
    expect(await statusOf(url, revoked)).toBe('401 revoked');
    expect(await statusOf(url, theirs)).toBe('401 blocked');
    expect(await statusOf(url, young)).toBe('401 unknown');
    const headers = { Authorization: `Bearer ${dev.session}` };
    expect((await fetch(`${url}/api/v1/me`, { headers })).status).toBe(401);
    await expect(signIn(url, superuser)).resolves.toBeDefined();
  });

  it('lets nothing work again that was revoked so long ago that its tombstone is gone', async () => {
    const { dataDir, daemon, file, kept, revoked, stop } = await backedUp();
    await stop(daemon);
    const engine = await openSqlite(`sqlite:${join(dataDir, 'tokens.db')}`);
    await engine.knex('tombstones').delete();
    await engine.close();
    const restored = await tokensd(dataDir, 'restore', file);
    expect(restored.stderr).toContain('revoked-later  dev@example.com  more than 90 days ago');
    const { url } = await start(dataDir);
    expect(await statusOf(url, kept)).toBe('200');
    expect(await statusOf(url, revoked)).toBe('401 unknown');
  });

  it('takes no other installation’s database for the one that the backup is of', async () => {
    const { dataDir, daemon, file, kept, stop } = await backedUp();
    await stop(daemon);
    const other = await newDataDir();
    expect((await tokensd(other, 'restore', file)).code).toBe(0);
    const { url } = await start(other);
    expect(await statusOf(url, kept)).toBe('200');
    expect(dataDir).not.toBe(other);
  });

  it('says that no token was revoked since, where none was', async () => {
    const { dataDir, daemon, file } = await world();
    expect((await tokensd(dataDir, 'backup', file)).code).toBe(0);
    expect(await daemon.stop()).toBe(0);
    const { stderr } = await tokensd(dataDir, 'restore', file);
    expect(stderr).toContain('\nNo token was revoked after the backup.\n');
    expect(stderr).not.toContain('stay revoked');
  });

  it('says that revocations are not known when the database is lost', async () => {
    const { dataDir, daemon, file, revoked, stop } = await backedUp();
    await stop(daemon);
    for (const part of ['', '-wal', '-shm']) await rm(join(dataDir, `tokens.db${part}`), { force: true });
    const restored = await tokensd(dataDir, 'restore', file);
    expect(restored.code).toBe(0);
    expect(restored.stderr).toContain('tokens revoked after the backup are active again');
    const { url } = await start(dataDir);
    expect(await statusOf(url, revoked)).toBe('200');
  });

  it('changes nothing while a daemon runs, or for a file that is no backup', async () => {
    const { dataDir, daemon, file, young, stop } = await backedUp();
    const running = await tokensd(dataDir, 'restore', file);
    expect(running.code).toBe(1);
    expect(running.stderr).toContain('Another tokensd holds');
    await stop(daemon);
    const cut = join(dataDir, 'cut.db');
    await writeFile(cut, (await readFile(file)).subarray(0, 20_000));
    await chmod(cut, 0o600);
    for (const bad of [cut, join(dataDir, 'none.db')]) {
      const refused = await tokensd(dataDir, 'restore', bad);
      expect(refused.code).toBe(1);
      expect(refused.stderr).not.toContain('    at ');
    }
    const { url } = await start(dataDir);
    expect(await statusOf(url, young)).toBe('200');
  });
});

describe.skipIf(!hasRealParts('root'))('root', () => {
  it('makes and restores a database for whom the directory belongs to', async () => {
    const dataDir = await emptyDataDir();
    const somebody = 12_345;
    await chown(dataDir, somebody, somebody);
    const owners = async () =>
      Promise.all((await readdir(dataDir)).map(async (name) => [name, (await stat(join(dataDir, name))).uid]));
    const env = { TOKENSD_DATA_DIR: dataDir };
    const init = ['init', '--email', superuser.email, '--password-stdin'];
    expect(await runProgram('tokensd', init, { env, input: superuser.password })).toMatchObject({ code: 0 });
    expect(await owners()).toEqual([['tokens.db', somebody]]);

    const elsewhere = await emptyDataDir();
    expect(await tokensd(dataDir, 'backup', join(elsewhere, 'backup.db'))).toMatchObject({ code: 0 });
    expect(await tokensd(dataDir, 'restore', join(elsewhere, 'backup.db'))).toMatchObject({ code: 0 });
    const found = await owners();
    expect(found).toContainEqual(['tokens.db', somebody]);
    expect(found).toContainEqual(['tokens.db.lock', somebody]);
    expect(found.filter(([, uid]) => uid !== somebody)).toEqual([]);
  });
});
