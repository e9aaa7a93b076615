import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { checkPostgres } from '../../server/store/engine/postgres/check.ts';
import { checkSqlite } from '../../server/store/engine/sqlite/check.ts';
import { openSqlite } from '../../server/store/engine/sqlite/sqlite.ts';
import type { DatabaseFinding } from '../../server/store/findings.ts';
import { createKnexStore } from '../../server/store/knex/store.ts';
import { migrations } from '../../server/store/migrations/all.ts';
import { checkDatabase, openStore } from '../../server/store/open.ts';
import type { Store } from '../../server/store/store.ts';
import { openTestStore } from '../helpers/app/store.ts';
import { startPostgres, type TestPostgres } from '../helpers/peers/postgres.ts';
import { addUser } from './contract/records.ts';
import { passkeyRecord } from './contract/sign-in/passkeys.ts';

const newer = { name: '9999-newer', up: async () => {} };
const verdicts = (findings: DatabaseFinding[]) => findings.map(({ subject, ok }) => `${subject} ${ok}`);
const detailOf = (findings: DatabaseFinding[], subject: DatabaseFinding['subject']) =>
  findings.find((finding) => finding.subject === subject)?.detail;

/** Adds a passkey, and checks the database for its host and for another one. */
async function expectPasskeysToBeChecked(url: string, store: Store): Promise<void> {
  const check = (host: string) => checkDatabase(url, Date.now, host);
  expect(detailOf(await check('tokens.example.com'), 'passkeys'), 'there is none').toBeUndefined();
  await store.passkeys.insert(passkeyRecord((await addUser(store)).id));
  expect(verdicts(await check('tokens.example.com'))).toContain('passkeys true');
  const moved = await check('tokens.example.org');
  expect(verdicts(moved)).toContain('passkeys false');
  expect(detailOf(moved, 'passkeys')).toContain('members have 1 passkey for tokens.example.com');
}

describe('the check of a PostgreSQL database', () => {
  let postgres: TestPostgres;
  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);
  afterAll(() => postgres.remove());

  const query = async (url: string, sql: string) => {
    const client = new pg.Client(url);
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  const as = (role: string, url: string) => url.replace('tokens:tokens@', `${role}:secret@`);

  it('passes for a migrated database, and leaves nothing behind', async () => {
    const url = await postgres.newMigratedDatabase();
    const all = ['connection true', 'primary true', 'encoding true', 'clock true', 'rights true', 'schema true'];
    expect(verdicts(await checkDatabase(url, Date.now))).toEqual(all);
    expect(verdicts(await checkDatabase(url, Date.now))).toEqual(all);
    await expect(query(url, 'SELECT * FROM tokensd_check')).rejects.toThrow('does not exist');
  });

  it('fails if passkeys are for another host', async () => {
    const url = await postgres.newMigratedDatabase();
    const store = await openStore(url);
    onTestFinished(() => store.close());
    await expectPasskeysToBeChecked(url, store);
  });

  it.each([
    [-31, "The server's clock is 31 seconds ahead of this machine's."],
    [3600, "The server's clock is 3,600 seconds behind this machine's."],
  ])('fails if our clock is off by %i seconds', async (seconds, detail) => {
    const findings = await checkDatabase(await postgres.newDatabase(), () => Date.now() + seconds * 1000);
    expect(verdicts(findings)).toContain('clock false');
    expect(detailOf(findings, 'clock')).toContain(detail);
  });

  it('says that an empty database will be filled, and which migrations an older one lacks', async () => {
    const empty = await postgres.newDatabase();
    expect(detailOf(await checkDatabase(empty, Date.now), 'schema')).toBe(
      'The database is empty. tokensd serve creates its tables.',
    );
    const older = await checkPostgres(await postgres.newMigratedDatabase(), [...migrations, newer], Date.now);
    expect(detailOf(older, 'schema')).toBe(
      'The schema is behind by 9999-newer. tokensd serve or tokensd migrate updates it.',
    );
    expect(verdicts(older)).toContain('schema true');
  });

  it('fails for a schema of a newer version', async () => {
    // Unlike later migrations, the third one is not additive.
    const findings = await checkPostgres(await postgres.newMigratedDatabase(), migrations.slice(0, 2), Date.now);
    expect(verdicts(findings)).toContain('schema false');
    expect(detailOf(findings, 'schema')).toMatch(/^A newer tokensd migrated the database \(.*Install that version/);
  });

  it('names the GRANT that a role without rights on the schema needs', async () => {
    const url = await postgres.newDatabase();
    await query(
      url,
      `CREATE ROLE "weak-1" LOGIN PASSWORD 'secret'; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC`,
    );
    const findings = await checkDatabase(as('weak-1', url), Date.now);
    expect(verdicts(findings)).toEqual([
      'connection true',
      'primary true',
      'encoding true',
      'clock true',
      'rights false',
    ]);
    expect(detailOf(findings, 'rights')).toBe(
      '"weak-1" cannot create tables in the schema public. Run GRANT USAGE, CREATE ON SCHEMA public TO "weak-1" as its owner.',
    );
  });

  it('names the tables that belong to another role', async () => {
    const url = await postgres.newMigratedDatabase();
    await query(url, "CREATE ROLE other LOGIN PASSWORD 'secret'; GRANT ALL ON SCHEMA public TO other");
    expect(detailOf(await checkDatabase(as('other', url), Date.now), 'rights')).toBe(
      'other does not own audit, knex_migrations, tokens, users. Run ALTER TABLE … OWNER TO other, or connect as the owner.',
    );
  });

  it('fails for an encoding other than UTF8', async () => {
    const url = await postgres.newDatabase();
    const { pathname } = new URL(url);
    await query(url, "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    const findings = await checkDatabase(url.replace(pathname, '/latin'), Date.now);
    expect(verdicts(findings)).toContain('encoding false');
    expect(detailOf(findings, 'encoding')).toContain('LATIN1');
  });

  it('reports only the connection if there is none', async () => {
    const url = (await postgres.newDatabase()).replace(/\/tokens_.*/, '/missing');
    expect(verdicts(await checkDatabase(url, Date.now))).toEqual(['connection false']);
  });
});

describe('the check of a SQLite database', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tokens-check-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('passes for a migrated database', async () => {
    const { path, close } = await openTestStore();
    expect(verdicts(await checkDatabase(`sqlite:${path}`, Date.now))).toEqual([
      'connection true',
      'encoding true',
      'rights true',
      'schema true',
    ]);
    await close();
  });

  it('fails if passkeys are for another host', async () => {
    const { path, store, close } = await openTestStore();
    await expectPasskeysToBeChecked(`sqlite:${path}`, store);
    await close();
  });

  it('does not create a missing file', async () => {
    const path = join(directory, 'sub', 'tokens.db');
    const expected = {
      subject: 'connection',
      ok: true,
      detail: `${path} does not exist yet. tokensd serve creates it.`,
    };
    expect(await checkDatabase(`sqlite:${path}`, Date.now)).toEqual([expected]);
    expect(await checkDatabase(`sqlite:${path}`, Date.now)).toEqual([expected]);
  });

  it('fails for a file that is not a database, and for a directory', async () => {
    await writeFile(join(directory, 'text'), 'This is a text that is long enough to be no database.'.repeat(20));
    await mkdir(join(directory, 'folder'));
    for (const name of ['text', 'folder']) {
      expect(verdicts(await checkDatabase(`sqlite:${join(directory, name)}`, Date.now))).toEqual(['connection false']);
    }
  });

  it('says that another program holds the write lock', async () => {
    const url = `sqlite:${join(directory, 'tokens.db')}`;
    const engine = await openSqlite(url);
    await createKnexStore(engine, migrations).migrate();
    const trx = await engine.knex.transaction();
    expect(detailOf(await checkSqlite(url, migrations), 'rights')).toBe(
      'The database cannot be written (SQLITE_BUSY). Another program holds the write lock. Stop it, and check again.',
    );
    await trx.rollback();
    await engine.close();
  });
});
