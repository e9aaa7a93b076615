import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMailer } from '../../../server/commands/create-mailer.ts';
import { pseudonymOf } from '../../../server/pseudonym.ts';
import { backUp } from '../../../server/store/maintenance/backup.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { useEngines } from '../../helpers/app/engines.ts';
import { type Cell, cellsOf } from '../secrets/sqlite-rows.ts';
import { fillWorld, first, name, second, third } from './erased-world.ts';

const engines = useEngines();
const erase = (app: TestApp, { id }: { id: string }, as: Member) =>
  app.ask(`/api/v1/users/${id}/erase`, { as, method: 'POST' });
const disable = (app: TestApp, { id }: { id: string }) =>
  app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json: { disabled: true } });

describe.each(Object.entries(engines))('erasure on %s', (_engine, openStore) => {
  async function open(): Promise<TestApp> {
    const app = await openTestApp({}, openStore());
    onTestFinished(app.close);
    return app;
  }

  it('is refused for a member who is not disabled, for oneself, and for a member who never was', async () => {
    const app = await open();
    const enabled = await erase(app, app.dev, app.root);
    expect(enabled.status).toBe(409);
    expect(await jsonOf(enabled)).toMatchObject({ code: 'disable-first' });
    expect(await jsonOf(await erase(app, app.root, app.root))).toMatchObject({ code: 'own-account' });
    const nobody = { id: '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b' };
    expect((await erase(app, nobody, app.root)).status).toBe(404);
    await disable(app, app.dev);
    const plain = await app.addMember({ email: 'plain@example.com' });
    expect((await erase(app, app.dev, plain)).status).toBe(403);
    expect(await app.store.users.findById(app.dev.id)).not.toBeNull();
  });

  it('revokes what tokens are left, mails the member nothing, and can be repeated', async () => {
    const app = await open();
    const { token } = await createToken(app, app.dev, { name: 'ci' });
    await disable(app, app.dev);
    const before = (await app.mails()).length;
    expect((await erase(app, app.dev, app.root)).status).toBe(204);
    expect(await verdict(app, token)).toBe('revoked');
    expect((await app.mails()).slice(before).filter(({ to }) => to === app.dev.email)).toEqual([]);
    const { items } = await jsonOf<{ items: object[] }>(app.ask('/api/v1/audit?action=user.erased', { as: app.root }));
    expect(items).toMatchObject([{ target: { id: app.dev.id, name: pseudonymOf(app.dev.id) } }]);
    expect((await erase(app, app.dev, app.root)).status).toBe(204);
  });

  it('erases the last mail to a member who was deleted', async () => {
    const app = await open();
    await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' });
    await erase(app, app.dev, app.root);
    expect((await app.mails()).filter(({ to }) => to === app.dev.email)).toEqual([]);
  });

  it('leaves the addresses and the name in no text of the database, and in no line of the log', async () => {
    const app = await open();
    const member = await fillWorld(app);
    const before = await textsOf(app);
    const named = [...new Set(before.filter(isTelling).map(({ table, column }) => `${table}.${column}`))].sort();
    expect(named).toEqual(expect.arrayContaining(expectedBefore));
    expect((await erase(app, member, app.root)).status).toBe(204);
    const after = await textsOf(app);
    const found = after.filter(isTelling);
    const similar = after.filter(({ value }) => value === `x${second} and ${second}.au`);
    expect(similar.length).toBeGreaterThan(0);
    expect(found.map(({ table, column, value }) => `${table}.${column}: ${value.slice(0, 200)}`)).toEqual([]);
    expect(app.logLines.filter((line) => tells(line))).toEqual([]);
  });
});

it('leaves them in no byte of the SQLite file, its log and a backup', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const member = await fillWorld(app);
  const bytesOf = async (path: string) => tells((await readFile(path)).toString('latin1'));
  expect((await bytesOf(app.path)) || (await bytesOf(`${app.path}-wal`))).toBe(true);
  expect((await erase(app, member, app.root)).status).toBe(204);
  const backup = `${app.path}.backup`;
  await backUp(app.path, backup);
  for (const path of [app.path, `${app.path}-wal`, backup])
    expect({ path, tells: await bytesOf(path) }).toEqual({ path, tells: false });
});

it('deletes the files of mails that name the member, and no others', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'tokens-erasure-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  const app = await openTestApp({ dataDir });
  onTestFinished(app.close);
  const mailer = await createMailer(app.config);
  onTestFinished(() => mailer.close());
  const member = await fillWorld(app);
  for (const mail of await app.mails()) await mailer.send(mail);
  const texts = async () => {
    const directory = join(dataDir, 'mail');
    const names = await readdir(directory);
    return Promise.all(names.map(async (file) => decoded(await readFile(join(directory, file), 'utf8'))));
  };
  const before = await texts();
  const telling = before.filter(tells).length;
  expect(telling).toBeGreaterThan(5);
  expect((await erase(app, member, app.root)).status).toBe(204);
  const after = await texts();
  expect(after.filter(tells)).toEqual([]);
  expect(after).toHaveLength(before.length - telling);
  expect(after.length).toBeGreaterThan(0);
});

/** Columns that name the member before the erasure. If one is missing, the world is not as full as it was. */
const expectedBefore = [
  'audit.actor_email',
  'audit.changes',
  'audit.target_name',
  'outbox.html',
  'outbox.last_error',
  'outbox.recipient',
  'outbox.text',
  'clients.name',
  'tokens.last_used_path',
  'tokens.last_used_user_agent',
  'usage_seen.value',
  'tokens.description',
  'tokens.name',
  'tokens.name_folded',
  'tokens.paused_by_email',
  'tokens.paused_reason',
  'tombstones.actor_email',
  'trusts.claims',
  'users.email',
  'users.email_folded',
  'users.name',
  'webhooks.description',
  'webhooks.url',
];

/** Reports whether a text has one of the member's addresses, or their name where the daemon wrote it. Leaves out longer addresses. */
function tells(text: string): boolean {
  const read = text.replaceAll('\\n', ' ').replaceAll('[.]', '.');
  const plain = read.replaceAll(`x${second}`, '').replaceAll(`${second}.au`, '');
  const readings = [plain, fromUrl(plain), fromUrl(fromUrl(plain))].map((reading) => reading.toLowerCase());
  return [first, second, third, third.replace('bücher', 'xn--bcher-kva'), name].some((secret) =>
    readings.some((reading) => reading.includes(secret.toLowerCase())),
  );
}

function fromUrl(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString());
}

const isTelling = ({ value }: Cell) => tells(value);

/** Returns every text of every table. */
async function textsOf(app: TestApp): Promise<Cell[]> {
  if (!app.path.startsWith('postgres:')) return cellsOf(app.path);
  const client = new pg.Client(app.path);
  await client.connect();
  const tables = await client.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
  const cells: Cell[] = [];
  for (const { tablename: table } of tables.rows) {
    for (const row of (await client.query(`SELECT * FROM ${table}`)).rows) {
      for (const [column, value] of Object.entries(row)) {
        if (typeof value === 'string') cells.push({ table, column, value });
      }
    }
  }
  await client.end();
  return cells;
}

/** Decodes the quoted-printable parts of a message, and adds its base64 parts. */
function decoded(message: string): string {
  const plain = message
    .replace(/=\r\n/g, '')
    .replace(/(?:=[0-9A-F]{2})+/g, (codes) => Buffer.from(codes.replaceAll('=', ''), 'hex').toString());
  const blocks = message.match(/^(?:[0-9A-Za-z+/=]{60,}\r\n)+.*$/gm) ?? [];
  return plain + blocks.map((block) => Buffer.from(block, 'base64').toString()).join('');
}
