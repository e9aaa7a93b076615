import { afterEach, beforeEach, expect, it } from 'vitest';
import { aboutNoMember } from '../../../server/store/knex/member-data/parts.ts';
import { createToken, jsonOf, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';
import { cellsOf, rowsOf } from '../secrets/sqlite-rows.ts';
import { fillWorld } from './erased-world.ts';

type Data = Record<string, Record<string, unknown>[]>;

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const read = ({ id }: { id: string }, as: Member) => app.ask(`/api/v1/users/${id}/data`, { as });
const reads = async () =>
  (await app.store.audit.list({ limit: 9, before: null, action: 'user.data_read' })).map(({ actor, target }) => [
    actor.id,
    target.id,
  ]);

it('is read by superusers and by the member, and by nobody else', async () => {
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  for (const as of [other, auditor]) {
    const response = await read(app.dev, as);
    expect(response.status).toBe(403);
    expect(await jsonOf(response)).toMatchObject({ code: 'superuser-required' });
  }
  const account = await storeServiceAccount(app, 'platform');
  const key = await storeKey(app, account, ['users:read', 'users:write', 'audit:read'], { name: 'key' });
  const byKey = await app.ask(`/api/v1/users/${app.dev.id}/data`, { headers: key.headers });
  expect(await jsonOf(byKey)).toMatchObject({ code: 'not-for-keys' });
  for (const as of [app.dev, app.root]) {
    const { account } = await jsonOf<Data>(read(app.dev, as));
    expect(account).toMatchObject([{ id: app.dev.id, email: app.dev.email }]);
  }
  expect((await read(account, app.root)).status).toBe(404);
});

it('is recorded if it is about another member, and shown to that member', async () => {
  await read(app.dev, app.dev);
  await read(app.root, app.root);
  expect(await reads()).toEqual([]);
  expect((await read(app.dev, app.root)).status).toBe(200);
  expect(await reads()).toEqual([[app.root.id, app.dev.id]]);
  const { audit } = await jsonOf<Data>(read(app.dev, app.dev));
  expect(audit).toEqual([expect.objectContaining({ action: 'user.data_read', actor_email: app.root.email })]);
});

it('has every row that names the member by their ID', async () => {
  const member = await fillWorld(app);
  const data = await jsonOf<Data>(read(member, app.root));
  const text = JSON.stringify(data);
  const naming = Object.entries(await rowsOf(app.path)).flatMap(([table, rows]) =>
    rows
      .filter((row) => Object.values(row).includes(member.id))
      .map((row) => ({ table, id: String(row.id ?? row.token_id ?? row.user_id) })),
  );
  expect(new Set(naming.map(({ table }) => table)).size).toBeGreaterThan(6);
  for (const { table } of naming) expect(Object.keys(aboutNoMember)).not.toContain(table);
  expect(naming.filter(({ id }) => !text.includes(id))).toEqual([]);
});

it('holds no secret, and no hash of one', async () => {
  await turnOn(app, app.dev);
  await createToken(app, app.dev, { name: 'rotated' });
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  const rotated = await jsonOf<{ token: string }>(app.ask(`/api/v1/tokens/${id}/rotate`, { as: app.dev, json: {} }));
  const response = await read(app.dev, app.root);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('content-disposition')).toBe(`attachment; filename="member-${app.dev.id}.json"`);
  const text = await response.text();
  expect(text).toContain('"password_hash":"(not shown)"');
  const secret = (await cellsOf(app.path)).filter(({ column }) => /hash$|secret$|^text$|^html$/.test(column));
  expect(new Set(secret.map(({ table }) => table)).size).toBeGreaterThan(4);
  const secrets = [rotated.token, app.dev.session, app.root.session, ...secret.map(({ value }) => value)];
  expect(secrets.filter((value) => text.includes(value))).toEqual([]);
});

it('has the rows that are left of a deleted member', async () => {
  await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'DELETE' });
  const data = await jsonOf<Data>(read(app.dev, app.root));
  expect(data.account).toMatchObject([{ name: '', password_hash: null }]);
  expect(data.revoked_tokens).toMatchObject([{ name: 'ci' }]);
  expect(data.mails_with_links).toMatchObject([{ recipient: app.dev.email }]);
});
