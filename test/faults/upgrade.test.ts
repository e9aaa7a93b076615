import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Engine } from '../../server/store/engine/engine.ts';
import { openPostgres } from '../../server/store/engine/postgres/postgres.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import type { User } from '../../shared/schemas/accounts/users.ts';
import type { Token } from '../../shared/schemas/tokens/tokens.ts';
import {
  columnsOf,
  loadPostgres,
  loadSqlite,
  type Release,
  releases,
  rowsOf,
  shapeOf,
  type World,
  worldOf,
} from '../fixtures/databases/load.ts';
import { signIn, verify } from '../helpers/daemon/api.ts';
import { useDaemons } from '../helpers/daemon/daemon.ts';
import { eventually, runProgram, startProgram } from '../helpers/daemon/process.ts';
import { randomFrom } from '../helpers/faults/kill-load.ts';
import { isFullLength } from '../helpers/length.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { codeAt } from '../helpers/sign-in/totp.ts';

const seed = Number(process.env.KILL_SEED ?? randomInt(2 ** 31));
const kills = isFullLength ? 20 : 8;
/** Enough members and sessions that a migration can be killed in the middle. */
const bulk = 20_000;

let postgres: TestPostgres;
let directory: string;
beforeAll(async () => {
  postgres = await startPostgres('embedded', { durable: true });
});
afterAll(() => postgres.remove());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tokens-upgrade-'));
  return () => rm(directory, { recursive: true, force: true });
});

type Kind = 'SQLite' | 'PostgreSQL';
const kinds: Kind[] = ['SQLite', 'PostgreSQL'];

const open = (url: string): Promise<Engine> => (url.startsWith('sqlite:') ? openSqlite(url) : openPostgres(url));

async function using<T>(url: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await open(url);
  return work(engine).finally(() => engine.close());
}

const newDatabase = async (kind: Kind, name = 'new.db') =>
  kind === 'SQLite' ? `sqlite:${join(directory, name)}` : postgres.newDatabase();

async function load(kind: Kind, release: Release): Promise<string> {
  const url = await newDatabase(kind, 'tokens.db');
  if (kind === 'SQLite') await loadSqlite(release, join(directory, 'tokens.db'));
  else await loadPostgres(release, url, join(directory, 'source.db'));
  return url;
}

const migrate = (url: string) =>
  runProgram('tokensd', ['migrate'], { env: { TOKENSD_DATABASE_URL: url, TOKENSD_DATA_DIR: join(directory, 'data') } });

describe.each(kinds)('an upgrade on %s', (kind) => {
  const { start } = useDaemons();

  it.each(releases)('from schema %s produces the schema of a new database and keeps every row', async (release) => {
    const url = await load(kind, release);
    const fresh = await newDatabase(kind);
    await using(fresh, (engine) => createKnexStore(engine, migrations).migrate());
    const columns = await using(url, columnsOf);
    const before = await using(url, (engine) => rowsOf(engine, columns));
    expect(
      Object.values(before).filter((rows) => rows.length === 0),
      'empty tables',
    ).toEqual([]);

    expect(await migrate(url)).toMatchObject({ code: 0 });
    const after = await using(url, (engine) => rowsOf(engine, columns));
    // Each migration adds a row of its own to this table.
    const [{ compatibility: rows = [], ...kept }, { compatibility, ...others }] = [before, after];
    expect(others).toEqual(kept);
    if (release >= '0003') expect(compatibility).toEqual(expect.arrayContaining(rows));
    const { schema } = await using(fresh, shapeOf);
    expect((await using(url, shapeOf)).schema).toEqual(schema);
  });

  it.each(releases)('from schema %s keeps tokens, members, sessions and sign-in methods working', async (release) => {
    const world = worldOf(release);
    const dataDir = join(directory, 'data');
    const { url } = await start(dataDir, { TOKENSD_DATABASE_URL: await load(kind, release) });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await expectMails(dataDir, release);
    // Before the tokens are presented, because that replaces their last use.
    await expectSession(url, world);
    await expectTokens(url, world);
    await expectMembers(url, world);
    if (release >= '0002') await expectSignInMethods(url, world);
  });
});

/** Expects the mails that were still due, and none that had been sent. Since 0017, owner and superusers are told of a leaked value. */
async function expectMails(dataDir: string, release: Release): Promise<void> {
  const leaked = release >= '0017' ? Array(2).fill('1 value of an API token leaked') : [];
  const due = [...leaked, 'API token "mail is due" was created'];
  const mail = join(dataDir, 'mail');
  const files = async () => (existsSync(mail) ? (await readdir(mail)).filter((name) => name.endsWith('.eml')) : []);
  await eventually(async () => (await files()).length >= due.length, 'the mails that were due');
  await pause(300);
  const mails = await Promise.all((await files()).map(async (name) => simpleParser(await readFile(join(mail, name)))));
  expect(mails.map(({ subject }) => subject).sort()).toEqual(due.sort());
}

async function expectTokens(url: string, { values }: World): Promise<void> {
  const verdicts: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    const response = await verify(url, value);
    verdicts[name] =
      response.status === 200
        ? String(response.headers.get('x-auth-user'))
        : String(response.headers.get('x-tokens-reason'));
  }
  expect(verdicts).toEqual({
    build: 'ada@example.com',
    'expires later': 'ada@example.com',
    'mail is due': 'ada@example.com',
    expired: 'expired',
    'revoked by Ada': 'revoked',
    'revoked by Root': 'revoked',
    blocked: 'blocked',
    disabled: 'disabled',
    ...('terraform' in values && { terraform: 'management' }),
    ...('canary' in values && { canary: 'unknown', leaked: 'revoked' }),
  });
}

async function expectMembers(url: string, { password, values }: World): Promise<void> {
  const root = await signIn(url, { email: 'root@example.com', password });
  const { items } = (await (await root.request('GET', '/users')).json()) as { items: User[] };
  const flags = Object.fromEntries(
    items.map(({ email, name, ...user }) => [
      email,
      [name, user.superuser, user.disabled, user.can_manage_tokens, user.token_count],
    ]),
  );
  expect(flags).toMatchObject({
    'root@example.com': ['Root', true, false, true, 0],
    'ada@example.com': ['Ada Łódź', false, false, true, 'canary' in values ? 5 : 4],
    'bob@example.com': ['Bob renamed', true, false, false, 1],
    'carol@example.com': ['carol', false, true, true, 1],
  });
  const audit = (await (await root.request('GET', '/audit?action=token.revoked')).json()) as {
    items: Array<{ actor: { email: string }; target: { name: string } }>;
  };
  expect(audit.items.map(({ actor, target }) => `${target.name}: ${actor.email}`)).toEqual([
    ...('leaked' in values ? ['leaked: scanner'] : []),
    'revoked by Root: root@example.com',
    'revoked by Ada: ada@example.com',
  ]);
}

/** Expects that a session and an Idempotency-Key from before the upgrade still work. */
async function expectSession(url: string, { session }: World): Promise<void> {
  const headers = { Authorization: `Bearer ${session}`, 'Content-Type': 'application/json' };
  const listed = await fetch(`${url}/api/v1/tokens`, { headers });
  const { items } = (await listed.json()) as { items: Token[] };
  const build = items.find(({ name }) => name === 'build');
  expect(build).toMatchObject({
    description: 'Prüfstand 測試',
    expires_at: null,
    last_used: expect.objectContaining({ method: 'GET', path: '/builds/42' }),
  });
  const body = JSON.stringify({ name: 'build', description: 'Prüfstand 測試' });
  const replay = { method: 'POST', headers: { ...headers, 'Idempotency-Key': 'key-1' }, body };
  const again = await fetch(`${url}/api/v1/tokens`, replay);
  expect([again.status, ((await again.json()) as Token).id]).toEqual([200, build?.id]);
}

async function expectSignInMethods(url: string, { totp, client, deviceCode = '', resetLink, values, password }: World) {
  const post = (path: string, fields: Record<string, string>) =>
    fetch(url + path, { method: 'POST', body: new URLSearchParams(fields) });
  const { email = '', secret = '', recoveryCode = '' } = totp ?? {};
  const signInWith = async (code?: string) => {
    const body = JSON.stringify({ email, password, ...(code !== undefined && { code }) });
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch(`${url}/api/v1/sessions`, { method: 'POST', headers, body })).status;
  };
  expect(await signInWith(), 'a password alone').toBe(401);
  expect(await signInWith(codeAt(secret, Date.now())), 'a code').toBe(201);
  expect(await signInWith(recoveryCode), 'a recovery code').toBe(201);

  const { id = '', secret: clientSecret = '' } = client ?? {};
  const caller = { client_id: id, client_secret: clientSecret };
  const introspected = await post('/oauth/introspect', { ...caller, token: values.build ?? '' });
  expect(await introspected.json()).toMatchObject({ active: true, username: 'ada@example.com' });
  const polled = await post('/oauth/token', {
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: deviceCode, client_id: 'tokens' },
  });
  expect(await polled.json()).toMatchObject({ error: 'authorization_pending' });
  expect((await fetch(url + resetLink)).status, 'a mailed link').toBe(200);
}

const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${bulk})`;
const bulkInserts = [
  `INSERT INTO users ${numbers}
    SELECT 'bulk-' || n, 'bulk-' || n, 'bulk-' || n, name, name_folded, superuser, disabled, can_manage_tokens,
      password_hash, sso, created_at FROM users, numbers WHERE email = 'ada@example.com'`,
  `INSERT INTO sessions ${numbers}
    SELECT 'bulk-' || n, user_id, 'bulk-' || n, created_at, last_seen_at, expires_at, ip, user_agent
    FROM (SELECT * FROM sessions LIMIT 1) AS one, numbers`,
];

async function fill(kind: Kind, url: string): Promise<void> {
  for (const sql of bulkInserts) {
    if (kind === 'SQLite') await using(url, ({ knex }) => knex.raw(sql));
    else await inPostgres(url, sql);
  }
}

const countApplied = async ({ knex }: Engine) => (await knex('knex_migrations')).length;

const pathOf = (sqliteUrl: string) => sqliteUrl.slice('sqlite:'.length);

async function inPostgres(url: string, sql: string, values: string[] = []): Promise<number> {
  const client = new pg.Client(url);
  await client.connect();
  const { rowCount } = await client.query(sql, values).finally(() => client.end());
  return rowCount ?? 0;
}

const serverOf = (postgresUrl: string) => postgresUrl.replace(/[^/]*$/, 'postgres');
const nameOf = (postgresUrl: string) => postgresUrl.split('/').at(-1) ?? '';

async function copyOf(kind: Kind, url: string, name: string): Promise<string> {
  if (kind === 'SQLite') {
    const path = join(directory, `${name}.db`);
    await copyFile(pathOf(url), path);
    return `sqlite:${path}`;
  }
  await inPostgres(serverOf(url), `CREATE DATABASE ${name} TEMPLATE ${nameOf(url)}`);
  return url.replace(/[^/]*$/, name);
}

/** Starts a migration and waits until its database is open, and on PostgreSQL until it holds the advisory lock. */
async function startMigration(kind: Kind, url: string) {
  const env = { TOKENSD_DATABASE_URL: url, TOKENSD_DATA_DIR: join(directory, 'data') };
  const child = startProgram('tokensd', ['migrate'], env);
  const finished = new Promise<number | NodeJS.Signals | null>((resolve) => {
    child.once('close', (code, signal) => resolve(signal ?? code));
  });
  const locks = `SELECT 1 FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND datname = $1`;
  const hasBegun = async () =>
    kind === 'SQLite' ? existsSync(`${pathOf(url)}-wal`) : inPostgres(serverOf(url), locks, [nameOf(url)]);
  while (child.exitCode === null && !(await hasBegun())) await pause(1);
  return { finished, kill: () => child.kill('SIGKILL') };
}

describe.each(kinds)('an upgrade on %s that is killed at any moment', (kind) => {
  it(`is rolled back or complete, and the next one completes it, ${kills} times`, async () => {
    const random = randomFrom(seed);
    const template = await load(kind, '0001');
    await fill(kind, template);
    const uninterrupted = await copyOf(kind, template, 'uninterrupted');
    const first = await startMigration(kind, uninterrupted);
    const begun = performance.now();
    expect(await first.finished).toBe(0);
    let takesMs = performance.now() - begun;
    const expected = await using(uninterrupted, shapeOf);
    expect(expected.counts).toMatchObject({ users: bulk + 4, sessions: bulk + 3 });

    let early = 0;
    for (let round = 0; early < kills && round < 4 * kills; round += 1) {
      const where = `KILL_SEED=${seed}, ${kind}, round ${round}`;
      const url = await copyOf(kind, template, `round_${round}`);
      const migration = await startMigration(kind, url);
      const roundBegun = performance.now();
      const tookMs = migration.finished.then(() => performance.now() - roundBegun);
      await pause(random() * takesMs);
      migration.kill();
      if ((await migration.finished) === 'SIGKILL') early += 1;
      // A migration that ended before the kill took less time than those before. The next kills come earlier.
      else takesMs = Math.min(takesMs, await tookMs);
      // Only every other round looks, so that in the others the next migration is the first to open the database.
      if (round % 2 === 0) expect([1, migrations.length], where).toContain(await using(url, countApplied));
      expect(await migrate(url), where).toMatchObject({ code: 0 });
      expect(await using(url, shapeOf), where).toEqual(expected);
    }
    expect(early, `KILL_SEED=${seed}: kills that came before the end`).toBe(kills);
  });
});
