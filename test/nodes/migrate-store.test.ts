import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { moveStore } from '../../server/store/maintenance/move.ts';
import { dataTables, internalTables } from '../../server/store/maintenance/tables.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { addDeveloper, signIn, verify } from '../helpers/daemon/api.ts';
import { superuser, useDaemons } from '../helpers/daemon/daemon.ts';
import { bareEnvironment, programCommand, runProgram, startProgram } from '../helpers/daemon/process.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { startTcpProxy } from '../helpers/peers/tcp-proxy.ts';

const { newDataDir, start, cleanUp } = useDaemons();

describe('tokensd migrate-store', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres('embedded');
  });
  afterAll(() => postgres.remove());

  async function world() {
    const dataDir = await newDataDir();
    const daemon = await start(dataDir);
    const root = await signIn(daemon.url, superuser);
    const dev = await addDeveloper(daemon.url, root);
    const active = await dev.createToken('Prüfstand 測試', { description: "it's; DROP TABLE tokens" });
    const revoked = await dev.createToken('revoked');
    await dev.request('DELETE', `/tokens/${revoked.id}`);
    await root.request('POST', '/clients', { name: 'billing' });
    await verify(daemon.url, active.token, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/builds' });
    const from = `sqlite:${join(dataDir, 'tokens.db')}`;
    await restrict(from, { tokenId: active.id, memberId: dev.user.id });
    return { dataDir, daemon, dev, active, revoked, from, to: await postgres.newDatabase() };
  }

  /** Restricts a token to an app that has a host and a group, and makes its owner a member of that group. */
  async function restrict(url: string, { tokenId, memberId }: { tokenId: string; memberId: string }) {
    const { knex, close } = await openSqlite(url);
    const groups = '["staff"]';
    await knex('apps').insert({ id: 'a1', name: 'wiki', groups, preflight: 'deny', created_at: 1, changed_at: 1 });
    await knex('app_hosts').insert({ host: 'wiki.example.com', app_id: 'a1' });
    await knex('tokens').where({ id: tokenId }).update({ rules: '{"apps":["a1"]}', rules_changed_at: 2 });
    await knex('token_apps').insert({ app_id: 'a1', token_id: tokenId });
    await knex('users').where({ id: memberId }).update({ sso_groups: groups, manual_groups: groups });
    await close();
  }

  const move = (from: string, to: string) => runProgram('tokensd', ['migrate-store', '--from', from, '--to', to]);

  async function rowsIn(url: string): Promise<number> {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<{ n: string }>('SELECT count(*) n FROM tokens');
    await client.end();
    return Number(rows[0]?.n);
  }

  it('moves everything, so that tokens, sessions and revocations stay as they were', async () => {
    const { dataDir, daemon, dev, active, revoked, from, to } = await world();
    expect(await daemon.stop()).toBe(0);
    expect((await runProgram('tokensd', ['migrate'], { env: { TOKENSD_DATABASE_URL: to } })).code).toBe(0);
    const appVersion = 'SELECT version FROM app_version';
    const [before] = await run(to, appVersion);
    const moved = await move(from, to);
    expect(moved).toMatchObject({ code: 0, stdout: '' });
    // A daemon that already uses the target remembers that it has no apps. Under another version, it looks again.
    const [after] = await run(to, appVersion);
    expect([before?.version, after?.version]).toEqual([expect.any(String), expect.any(String)]);
    expect(after).not.toEqual(before);
    const gate = `SELECT a.groups, host, rules, rules_changed_at, sso_groups, manual_groups FROM apps a JOIN app_hosts ON app_id = a.id
      JOIN token_apps USING (app_id) JOIN tokens t ON t.id = token_id JOIN users u ON u.id = owner_id`;
    expect(await run(to, gate)).toEqual([
      {
        ...{ groups: '["staff"]', host: 'wiki.example.com', rules: '{"apps":["a1"]}', rules_changed_at: '2' },
        ...{ sso_groups: '["staff"]', manual_groups: '["staff"]' },
      },
    ]);
    expect(moved.stderr).toContain(
      'Moved and compared. Rows: users 2, maintainers 0, trusts 0, trust pins 0, used subject tokens 0, apps 1, app hosts 1, tokens 1, token apps 1, previous values 0, tombstones 1',
    );
    const { url } = await start(dataDir, { TOKENSD_DATABASE_URL: to });
    expect((await verify(url, active.token, { 'X-Forwarded-Host': 'wiki.example.com' })).status).toBe(200);
    expect((await verify(url, active.token)).headers.get('x-tokens-reason')).toBe('app');
    expect((await verify(url, revoked.token)).headers.get('x-tokens-reason')).toBe('revoked');
    const headers = { Authorization: `Bearer ${dev.session}` };
    const list = (await (await fetch(`${url}/api/v1/tokens`, { headers })).json()) as { items: unknown[] };
    expect(list.items).toEqual([
      expect.objectContaining({ name: 'Prüfstand 測試', last_used: expect.objectContaining({ path: '/builds' }) }),
    ]);
  });

  it('rejects a target with data, and a source that is in use or missing, without changes', async () => {
    const { daemon, from, to } = await world();
    const inUse = await move(from, to);
    expect(inUse.code).toBe(1);
    expect(inUse.stderr).toContain('Another tokensd holds');
    await daemon.stop();
    expect((await move(from, to)).code).toBe(0);
    await run(to, "UPDATE tokens SET name = 'otherwise'");
    const other = await move(from, to);
    expect(other.code).toBe(5);
    expect(other.stderr).toContain('already contains other data');
    expect(await rowsIn(to)).toBe(1);
    for (const [source, target] of [
      [`${from}.none`, to],
      [to, from],
      [from, from],
    ] as const) {
      expect((await move(source, target)).code).toBe(2);
    }
  });

  it('lets nobody else write to the source or to the target meanwhile', async () => {
    const { daemon, from, to } = await world();
    await daemon.stop();
    /** Runs a script that prints the code of an error. Blocks this process, and so the move. */
    const attempt = (script: string, url: string) =>
      spawnSync(process.execPath, ['-e', script, url], { encoding: 'utf8', cwd: import.meta.dirname }).stdout;
    const writeToSource = `const { Database } = require('sqlite3');
      const database = new Database(process.argv[1].slice('sqlite:'.length));
      database.exec('BEGIN IMMEDIATE; ROLLBACK', (error) => process.stdout.write(error?.code ?? 'written'));`;
    const writeToTarget = `const { Client } = require('pg');
      const client = new Client(process.argv[1]);
      client.connect();
      client.query("SET lock_timeout = '500ms'").then(() => client.query('DELETE FROM outbox'))
        .then(() => 'written', (error) => error.code).then((code) => { process.stdout.write(code); client.end(); });`;
    let outcomes: string[] = [];
    await moveStore({ from, to }, ({ phase, table }) => {
      if (phase === 'checking' && table === 'users') {
        outcomes = [attempt(writeToSource, from), attempt(writeToTarget, to)];
      }
    });
    expect(outcomes).toEqual(['SQLITE_BUSY', '55P03']);
    expect(attempt(writeToSource, from)).toBe('written');
    expect(attempt(writeToTarget, to)).toBe('written');
  });

  it('leaves the target empty if it is killed, and can be repeated', async () => {
    const { daemon, dev, from, to } = await world();
    for (let i = 0; i < 300; i += 1) await dev.createToken(`more-${i}`);
    await daemon.stop();
    for (let round = 0; round < 3; round += 1) {
      const [command, ...args] = programCommand('tokensd', ['migrate-store', '--from', from, '--to', to]);
      const child = spawn(command, args, { env: bareEnvironment() });
      await new Promise<void>((resolve) => {
        child.stderr.on(
          'data',
          (text: Buffer) => text.includes(`Moving ${['users', 'tokens', 'audit'][round]} (`) && resolve(),
        );
        child.once('close', () => resolve());
      });
      child.kill('SIGKILL');
      await new Promise((resolve) => child.once('close', resolve));
      expect(await rowsIn(to)).toBe(0);
    }
    expect((await move(from, to)).code).toBe(0);
    expect(await rowsIn(to)).toBe(301);
  });

  it('finds the data already moved when repeated after its commit was cut off', async () => {
    const { daemon, from, to } = await world();
    await daemon.stop();
    const { port, pathname } = new URL(to);
    const proxy = await startTcpProxy(Number(port));
    cleanUp(proxy.stop);
    const through = `postgres://tokens:tokens@127.0.0.1:${proxy.port}${pathname}`;
    const child = startProgram('tokensd', ['migrate-store', '--from', from, '--to', through], {});
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (text.includes('Moving outbox')) proxy.cutAfter('COMMIT');
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    expect(stderr).toContain('Run the same command again.');
    expect(await rowsIn(to)).toBe(1);
    const again = await move(from, to);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain(
      'The target already holds everything. Rows compared: users 2, maintainers 0, trusts 0, trust pins 0, used subject tokens 0, apps 1, app hosts 1, tokens 1, token apps 1, previous values 0, tombstones 1',
    );
  });

  const run = async (url: string, sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(sql).finally(() => client.end());
    return rows;
  };

  it('moves nothing if a row arrives changed, and everything once none does', async () => {
    const { daemon, from, to } = await world();
    await daemon.stop();
    const env = { TOKENSD_DATABASE_URL: to, TOKENSD_DATA_DIR: daemon.dataDir };
    expect((await runProgram('tokensd', ['migrate'], { env })).code).toBe(0);
    for (const [table, meddling] of [
      ['tombstones', 'RETURN NULL'],
      ['tokens', "NEW.name := 'otherwise'; RETURN NEW"],
      ['outbox', 'NEW.attempts := NEW.attempts + 1; RETURN NEW'],
      ['users', 'NEW.can_manage_tokens := false; RETURN NEW'],
      ['audit', "NEW.target_name := coalesce(NEW.target_name, ''); RETURN NEW"],
    ] as const) {
      await run(to, `CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${meddling}; END $$`);
      await run(to, `CREATE TRIGGER meddle BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION meddle()`);
      const result = await move(from, to);
      expect(result.code).toBe(1);
      expect(result.stderr).toContain(`The copy of the table ${table} differs from the original. Nothing was moved.`);
      expect(await rowsIn(to)).toBe(0);
      await run(to, 'DROP FUNCTION meddle CASCADE');
    }
    expect((await move(from, to)).code).toBe(0);
    expect(await rowsIn(to)).toBe(1);
  });

  it('shows the progress of each table on a terminal', async () => {
    const { daemon, from, to } = await world();
    await daemon.stop();
    const words = programCommand('tokensd', ['migrate-store', '--from', from, '--to', to]);
    const child = spawn('script', ['-qefc', `stty cols 120; ${words.join(' ')}`, '/dev/null'], {
      env: bareEnvironment({ TERM: 'xterm' }),
    });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      screen += text;
    });
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    const shown = stripVTControlCharacters(screen);
    for (const [table, rows] of Object.entries({ users: 2, tokens: 1, clients: 1 })) {
      expect(shown).toMatch(new RegExp(`copying ${table} \\[=+\\] ${rows}/${rows}`));
      expect(shown).toMatch(new RegExp(`checking ${table} \\[=+\\] ${rows}/${rows}`));
    }
    expect(shown).toContain(
      'Moved and compared. Rows: users 2, maintainers 0, trusts 0, trust pins 0, used subject tokens 0, apps 1, app hosts 1, tokens 1',
    );
  });

  it('covers every table', async () => {
    const { path, close } = await openTestStore();
    cleanUp(close);
    const engine = await openSqlite(`sqlite:${path}`);
    const tables = await engine.knex('sqlite_schema').where({ type: 'table' }).whereNot('name', 'like', 'sqlite_%');
    await engine.close();
    const known = [...dataTables.map(({ name }) => name), ...internalTables];
    expect(tables.map(({ name }) => name).sort()).toEqual(known.sort());
  });
});
