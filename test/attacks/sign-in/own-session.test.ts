import { describe, expect, onTestFinished, test } from 'vitest';
import { jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  await turnOn(app, app.root);
  await app.store.users.setIdentity(app.root.id, { issuer: 'https://sso.example.com', subject: 'root' });
  const session = await app.signIn(app.root.id);
  return { ...app, thief: { ...app.root, session } };
}

describe('a stolen session of a superuser', () => {
  test.each([
    ['resets no second factor', 'DELETE', '/totp', undefined],
    ['removes no identity', 'DELETE', '/identity', undefined],
    ['deletes no account', 'DELETE', '', undefined],
    ['moves the account to no other address', 'PATCH', '', { email: 'thief@example.com' }],
  ])('%s of its owner', async (_, method, path, json) => {
    const app = await open();
    const before = await app.store.users.findById(app.root.id);
    const response = app.ask(`/api/v1/users/${app.root.id}${path}`, { method, as: app.thief, ...(json && { json }) });
    expect(await jsonOf(response)).toMatchObject({ status: 409, code: 'own-account' });
    expect(await app.store.users.findById(app.root.id)).toEqual(before);
    expect(await app.store.users.identityOf(app.root.id)).not.toBeNull();
  });

  test.each([
    ['PUT', '/api/v1/me/password', { current: 'guess', new: 'another staple battery horse' }],
    ['POST', '/api/v1/me/totp/disable', { password: 'guess' }],
    ['POST', '/api/v1/me/totp/recovery-codes', { password: 'guess' }],
  ])('guesses the password few times at %s %s, and locks nobody out', async (method, path, json) => {
    const app = await open();
    const statuses = [];
    for (let n = 0; n < 6; n += 1) statuses.push((await app.ask(path, { method, as: app.thief, json })).status);
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
    const owner = { ...app.root, session: await app.signIn(app.root.id) };
    expect((await app.ask(path, { method, as: owner, json })).status).toBe(403);
  });

  test('still changes the name, which nobody signs in with', async () => {
    const app = await open();
    const asked = { method: 'PATCH', as: app.thief, json: { name: 'Root', email: app.root.email } };
    expect((await app.ask(`/api/v1/users/${app.root.id}`, asked)).status).toBe(200);
  });
});
