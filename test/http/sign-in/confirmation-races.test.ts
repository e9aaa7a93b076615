import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole } from '../../helpers/console/pages.ts';
import type { Authenticator } from '../../helpers/sign-in/authenticator.ts';
import { addPasskey } from '../../helpers/sign-in/passkeys.ts';

const hour = 60 * 60_000;
let app: TestApp & { close: () => Promise<void>; restart: Awaited<ReturnType<typeof openTestApp>>['restart'] };
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const confirm = (entered: string, on: TestApp = app, as: Member = app.root) =>
  on.ask('/api/v1/sessions/current/confirm', { as, json: { password: entered } });
const promote = (on: TestApp = app) =>
  on.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { auditor: true } });
const events = async (action: 'session.confirmed' | 'session.confirmation_failed') =>
  (await app.store.audit.list({ limit: 50, before: null, action })).length;
const isPromoted = async () => (await app.store.users.findById(app.dev.id))?.auditor;

it('confirms with each of two right passwords that arrive at once, and records both', async () => {
  app.clock.advance(hour);
  const answers = await Promise.all([confirm(password), confirm(password)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200]);
  expect([await events('session.confirmed'), (await promote()).status]).toEqual([2, 200]);
});

it('is confirmed by the right one of passwords that arrive at once, and never by a wrong one', async () => {
  app.clock.advance(hour);
  const statuses = (await Promise.all(['wrong', 'wrong too', password].map((one) => confirm(one)))).map(
    ({ status }) => status,
  );
  expect(statuses).toEqual([403, 403, 200]);
  expect([await events('session.confirmed'), await events('session.confirmation_failed')]).toEqual([1, 2]);
});

it('decides about a change that arrives with the confirmation entirely before or entirely after', async () => {
  app.clock.advance(hour);
  const [confirmed, changed] = await Promise.all([confirm(password), promote()]);
  expect(confirmed.status).toBe(200);
  expect([200, 403]).toContain(changed.status);
  expect(await isPromoted()).toBe(changed.status === 200);
});

it('confirms no session that ends at the same time', async () => {
  app.clock.advance(hour);
  const other = { ...app.root, session: await app.signIn(app.root.id) };
  const [confirmed, ended] = await Promise.all([
    confirm(password),
    app.ask('/api/v1/me/password', {
      as: other,
      method: 'PUT',
      json: { current: password, new: 'another staple battery horse' },
    }),
  ]);
  expect(ended.status).toBe(204);
  expect([200, 401, 403]).toContain(confirmed.status);
  expect((await promote()).status, 'the session is over').toBe(401);
});

it('uses up a passkey response once, however many requests confirm with it at once', async () => {
  const { authenticator } = await addPasskey(app, app.root);
  app.clock.advance(hour);
  const path = `/organization/team/${app.dev.id}/promote`;
  const browsers = [1, 2, 3, 4].map(() => openConsole(app, app.root));
  const token = async (browser: Browser) => formsOf((await browser.get('/logout')).html)[0]?.hidden.form_token ?? '';
  const tokens = await Promise.all(browsers.map(token));
  const options = await browsers[0]?.post('/profile/confirm/options', { form_token: tokens[0] ?? '' });
  const response = authenticator.get(JSON.parse(options?.html ?? '') as Parameters<Authenticator['get']>[0]);
  const answers = await Promise.all(
    browsers.map((browser, index) =>
      browser.post(path, { form_token: tokens[index] ?? '', confirm_with: 'passkey', response }),
    ),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403, 403]);
  expect(await events('session.confirmed')).toBe(1);
});

it('counts on every node, from the next request on', async () => {
  const other = app.restart({});
  app.clock.advance(hour);
  expect([(await promote()).status, (await promote(other)).status]).toEqual([403, 403]);
  expect((await confirm(password, other)).status).toBe(200);
  expect((await promote()).status).toBe(200);
});

it('measures the hour by the clock of the server, whatever the client says about the time', async () => {
  app.clock.advance(hour);
  for (const headers of [{ Date: 'Mon, 01 Jan 2024 00:00:00 GMT' }, { Date: 'Fri, 01 Jan 2100 00:00:00 GMT' }]) {
    const path = `/api/v1/users/${app.dev.id}`;
    const changed = await app.ask(path, { as: app.root, method: 'PATCH', json: { auditor: true }, headers });
    expect(changed.status).toBe(403);
    const json = { password: 'wrong', confirmed_at: 4_102_444_800_000, at: 0 };
    expect(
      (await app.ask('/api/v1/sessions/current/confirm', { as: app.root, json, headers })).status,
    ).toBeGreaterThanOrEqual(400);
  }
  expect((await promote()).status).toBe(403);
});
