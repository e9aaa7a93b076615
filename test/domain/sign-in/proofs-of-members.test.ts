import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Caller } from '../../../server/domain/caller.ts';
import { createPreparedSecrets } from '../../../server/domain/sign-in/totp/prepared-secrets.ts';
import { openTestApp, password, type TestApp } from '../../helpers/app/app.ts';

let app: TestApp;
let caller: Caller;
beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
  const found = await app.services.sessions.authenticate(app.root.session);
  if (found === null) throw new Error('There is no session.');
  const clientInfo = { ip: null, userAgent: null };
  caller = { user: found.user, sessionId: found.session.id, clientInfo, channel: 'console' };
  app.clock.advance(60 * 60 * 1000);
});

describe('a confirmation with single sign-on', () => {
  const form = { path: '/organization/team', action: 'add a member', fields: [] };
  const identity = { issuer: 'https://idp.example.com', subject: 'root' };
  const confirmedAt = async () =>
    (await app.store.transaction((store) => store.sessions.lock(caller.sessionId)))?.confirmedAt;

  it('replaces the one that the member began before', async () => {
    const { beginSso, receiveSso } = app.services.confirmations;
    for (const state of ['first', 'second']) await beginSso(caller, state, form);
    await expect(receiveSso(caller, 'first')).rejects.toMatchObject({ code: 'sso-refused' });
    expect(await receiveSso(caller, 'second')).toEqual({ askedAt: app.clock.now(), form });
  });

  it('is received only in the session that began it', async () => {
    const { beginSso, receiveSso } = app.services.confirmations;
    await beginSso(caller, 'begun', form);
    const elsewhere = { ...caller, sessionId: 'another session' };
    await expect(receiveSso(elsewhere, 'begun')).rejects.toMatchObject({ code: 'sso-refused' });
  });

  it('counts only for the identity of the member, at its own issuer', async () => {
    const before = await confirmedAt();
    await app.store.users.setIdentity(app.root.id, identity);
    const answer = (changes: object) =>
      app.services.confirmations.bySso(
        caller,
        { askedAt: app.clock.now(), form },
        { identity: { ...identity, ...changes }, authenticatedAt: app.clock.now() },
      );
    await expect(answer({ issuer: 'https://evil.example.com' })).rejects.toMatchObject({ code: 'sso-refused' });
    await expect(answer({ subject: 'mallory' })).rejects.toMatchObject({ code: 'sso-refused' });
    expect(await confirmedAt()).toBe(before);
    await answer({});
    expect(await confirmedAt()).toBe(app.clock.now());
  });
});

it('prepares no secret of an authenticator app for a member who was changed since they entered the password', async () => {
  const prepared = createPreparedSecrets(app);
  const { user, sessionId, clientInfo } = caller;
  const setUp = { user, sessionId, clientInfo };
  expect(await prepared.put(setUp, 'FIRST')).toBe(true);
  expect(await prepared.find(setUp)).toBe('FIRST');
  await app.services.sessions.changePassword(caller, password, 'another long password');
  expect(await prepared.put(setUp, 'SECOND')).toBe(false);
});
