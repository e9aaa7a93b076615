import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPasswords } from '../../../../server/domain/accounts/passwords.ts';
import type { Caller } from '../../../../server/domain/caller.ts';
import { StoreUnavailable } from '../../../../server/store/errors.ts';
import { openTestApp, password, type TestApp } from '../../../helpers/app/app.ts';

const changed = createPasswords().hash('another staple battery horse');

let app: TestApp;
let caller: Caller;
beforeEach(async () => {
  app = await openTestApp();
  await app.store.totp.enable(app.dev.id, 'JBSWY3DPEHPK3PXP', 7, 1);
  await app.store.totp.replaceRecoveryCodes(app.dev.id, ['a', 'b', 'c']);
  const found = await app.services.sessions.authenticate(app.dev.session);
  if (found === null) throw new Error('no session');
  const clientInfo = { ip: null, userAgent: null };
  caller = { user: found.user, sessionId: found.session.id, clientInfo, channel: 'cli' };
});
afterEach(() => app.close());

describe('a password that changes while it is being confirmed', () => {
  it.each<[string, (app: TestApp) => Promise<unknown>]>([
    [
      'changes the password',
      ({ services }) => services.sessions.changePassword(caller, password, 'a thief was here 1234'),
    ],
    ['turns two-factor sign-in off', ({ services }) => services.totp.disable(caller, password)],
    ['replaces the recovery codes', ({ services }) => services.totp.newRecoveryCodes(caller, password)],
  ])('no longer %s', async (_what, act) => {
    const hash = await changed;
    await app.store.users.setPasswordHash(app.dev.id, hash);
    await expect(act(app)).rejects.toMatchObject({ code: 'wrong-password' });
    expect(await app.store.users.findById(app.dev.id)).toMatchObject({ passwordHash: hash, totpEnabledAt: 1 });
    expect(await app.store.totp.countRecoveryCodes(app.dev.id)).toBe(3);
  });
});

it('does not count sign-ins that fail because the database is unavailable', async () => {
  const { findByEmail } = app.store.users;
  const signIn = () => app.ask('/api/v1/sessions', { json: { email: app.root.email, password } });
  app.store.users.findByEmail = () => Promise.reject(new StoreUnavailable('down'));
  for (let attempt = 0; attempt < 8; attempt += 1) expect((await signIn()).status).toBe(503);
  app.store.users.findByEmail = findByEmail;
  expect((await signIn()).status).toBe(201);
});
