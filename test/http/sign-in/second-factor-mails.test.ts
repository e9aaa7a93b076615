import { expect, it, onTestFinished } from 'vitest';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { unwrapped } from '../../helpers/app/token-mails.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

async function open(): Promise<TestApp> {
  const app = await openTestApp();
  onTestFinished(app.close);
  return app;
}

async function lastMail(app: TestApp) {
  const { subject, text } = (await app.mails()).at(-1) ?? { subject: '', text: '' };
  return { subject, text: unwrapped(text) };
}

const disable = ({ dev, ask }: TestApp) =>
  ask('/api/v1/me/totp/disable', { as: dev, json: { password: dev.password } });

it('says that the password alone is enough only if no passkey is left', async () => {
  const app = await open();
  await turnOn(app, app.dev);
  expect((await disable(app)).status).toBe(204);
  const alone = await lastMail(app);
  expect(alone.subject).toBe('The authenticator app was removed');
  expect(alone.text).toContain('The password alone is now enough to sign in');
  expect(alone.text).not.toContain('passkey');
  await turnOn(app, app.dev);
  await app.store.passkeys.insert(passkeyRecord(app.dev.id));
  expect((await disable(app)).status).toBe(204);
  const { text } = await lastMail(app);
  expect(text).toContain('Signing in with a password still requires a passkey or a recovery code.');
  expect(text).not.toContain('alone is now enough');
  expect(text).toContain('https://tokens.example.com/profile/passkeys');
});

it('says that the password alone is enough when the last passkey is removed', async () => {
  const app = await open();
  const [first, last] = [passkeyRecord(app.dev.id), passkeyRecord(app.dev.id)];
  for (const one of [first, last]) await app.store.passkeys.insert(one);
  const removed = [];
  for (const { id } of [first, last]) {
    await app.ask(`/api/v1/me/passkeys/${id}`, { method: 'DELETE', as: app.dev });
    removed.push((await lastMail(app)).text.includes('the password alone is now enough'));
  }
  expect(removed).toEqual([false, true]);
});

it('names the management key that deleted an account', async () => {
  const app = await open();
  const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write']);
  const { headers } = key;
  expect((await app.ask(`/api/v1/users/${app.dev.id}`, { method: 'DELETE', headers })).status).toBe(204);
  const { subject, text } = await lastMail(app);
  expect(subject).toBe('Your account was deleted');
  expect(text).toMatch(/Done by +the management key terraform of the service account platform Time/);
  expect(text).not.toContain('Organization Superuser)');
});

it('calls a management key so when it was rotated, extended and revoked', async () => {
  const app = await open();
  const key = await storeKey(app, await storeServiceAccount(app, 'platform'), ['apps']);
  const path = `/api/v1/tokens/${key.id}`;
  await app.ask(path, { method: 'PATCH', as: app.root, json: { expires_in: 120 * 24 * 60 * 60 } });
  await app.ask(`${path}/rotate`, { as: app.root, json: {} });
  await app.ask(path, { method: 'DELETE', as: app.root });
  const mails = (await app.mails()).filter(({ to }) => to === app.root.email);
  expect(mails.map(({ subject }) => subject)).toEqual([
    'The expiry of management key "terraform" was extended',
    'Management key "terraform" was rotated',
    'Management key "terraform" was revoked',
  ]);
  for (const { text } of mails) expect(unwrapped(text)).toContain('management key of the service account platform');
});
