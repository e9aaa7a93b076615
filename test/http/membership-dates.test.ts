import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import type { InvitedUser, User } from '../../shared/schemas/accounts/users.ts';
import { jsonOf, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { openConsole } from '../helpers/console/pages.ts';
import { requestPasswordLink } from '../helpers/sign-in/password-links.ts';

const password = 'another staple battery horse';
const hour = 60 * 60 * 1000;

async function open(settings: Partial<Config> = { smtpUrl: 'smtp://127.0.0.1:1' }) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  const add = async (body: object = {}) =>
    jsonOf<InvitedUser>(app.ask('/api/v1/users', { as: app.root, json: { email: 'ada@example.com', ...body } }));
  return { ...app, add };
}

type Dates = Pick<User, 'invited_at' | 'joined_at' | 'disabled_at'>;

async function datesOf(app: TestApp, id: string): Promise<Dates> {
  const { invited_at, joined_at, disabled_at } = await jsonOf<User>(app.ask(`/api/v1/users/${id}`, { as: app.root }));
  return { invited_at, joined_at, disabled_at };
}

const change = (app: TestApp, id: string, json: object) =>
  app.ask(`/api/v1/users/${id}`, { as: app.root, method: 'PATCH', json });

/** Returns the time now, an hour after the last one. */
function later(app: TestApp): string {
  app.clock.advance(hour);
  return new Date(app.clock.now()).toISOString();
}

/** Opens the newest link in a mail to Ada, and sets the password there. */
async function setPassword(app: TestApp, path: '/invitation' | '/password/reset'): Promise<void> {
  const texts = (await app.mails()).map(({ text }) => text).join('\n');
  const links = texts.match(new RegExp(`${path}\\?token=\\S+`, 'g')) ?? [];
  const browser = openConsole(app);
  await browser.get(links.at(-1) ?? '');
  expect((await browser.submit(path, { password, again: password })).status).toBe(303);
}

const none = { invited_at: null, joined_at: null, disabled_at: null };

it('dates the newest invitation, and the day on which the member joined with it', async () => {
  const app = await open();
  const first = later(app);
  const ada = await app.add();
  expect(ada).toMatchObject({ ...none, invited_at: first });
  const second = later(app);
  const again = await jsonOf<User>(app.ask(`/api/v1/users/${ada.id}/invitation`, { as: app.root, method: 'POST' }));
  expect(again).toMatchObject({ ...none, invited_at: second });
  const joined = later(app);
  await setPassword(app, '/invitation');
  expect(await datesOf(app, ada.id)).toEqual({ ...none, invited_at: second, joined_at: joined });
  later(app);
  await requestPasswordLink(app, 'ada@example.com');
  await setPassword(app, '/password/reset');
  expect((await datesOf(app, ada.id)).joined_at).toBe(joined);
});

it('dates an invitation whose link the server showed instead of mailing it', async () => {
  const app = await open({ smtpUrl: null });
  const shown = later(app);
  const { id } = await app.add();
  expect(await datesOf(app, id)).toEqual({ ...none, invited_at: shown });
});

it('has no date of an invitation for a member whom nobody invited', async () => {
  const app = await open();
  const { id } = await app.add({ invite: false });
  expect(await datesOf(app, id)).toEqual(none);
  const joined = later(app);
  await requestPasswordLink(app, 'ada@example.com');
  await setPassword(app, '/password/reset');
  expect(await datesOf(app, id)).toEqual({ ...none, joined_at: joined });
});

it('lets a member with a password join when they are added', async () => {
  const app = await open();
  const added = later(app);
  const { id } = await app.add({ password });
  expect(await datesOf(app, id)).toEqual({ ...none, joined_at: added });
});

it.each([
  ['disabled', (app: TestApp, id: string) => change(app, id, { disabled: true })],
  [
    'offboarded',
    (app: TestApp, id: string) => app.ask(`/api/v1/users/${id}/offboard`, { as: app.root, method: 'POST', json: {} }),
  ],
])('dates when a member was %s, until they are enabled', async (_how, disable) => {
  const app = await open();
  const disabled = later(app);
  expect((await disable(app, app.dev.id)).status).toBe(200);
  later(app);
  await change(app, app.dev.id, { disabled: true });
  expect((await datesOf(app, app.dev.id)).disabled_at).toBe(disabled);
  await change(app, app.dev.id, { disabled: false });
  expect((await datesOf(app, app.dev.id)).disabled_at).toBeNull();
});

it('shows no date of a disabled account that a daemon of the release before enabled', async () => {
  const app = await open();
  await change(app, app.dev.id, { disabled: true });
  await app.store.users.setDisabled(app.dev.id, false);
  expect((await datesOf(app, app.dev.id)).disabled_at).toBeNull();
});
