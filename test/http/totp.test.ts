import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { jsonOf, type Member, openTestApp, type TestApp } from '../helpers/app/app.ts';
import { codeAt, turnOn } from '../helpers/sign-in/totp.ts';

let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const step = 30_000;

async function reopen(settings: Partial<Config>) {
  await app.close();
  app = await openTestApp(settings);
}

const signIn = async ({ email, password }: Member, code?: string) => {
  const response = await app.ask('/api/v1/sessions', {
    json: { email, password, ...(code !== undefined && { code }) },
  });
  return [response.status, (await jsonOf(response)).code];
};
const nextCode = (secret: string) => {
  app.clock.advance(step);
  return codeAt(secret, app.clock.now());
};
const post = (path: string, json: object, as = app.dev) => app.ask(`/api/v1/me/totp${path}`, { as, json });

describe('two-factor sign-in', () => {
  it('requires a code after the password and accepts each code once and no older one', async () => {
    const { secret } = await turnOn(app, app.dev);
    const spent = codeAt(secret, app.clock.now());
    expect(await signIn(app.dev)).toEqual([401, 'totp-required']);
    expect(await signIn(app.dev, spent), 'the code that turned it on').toEqual([401, 'totp-required']);
    const code = nextCode(secret);
    expect(await signIn(app.dev, '000000')).toEqual([401, 'totp-required']);
    expect(await signIn(app.dev, code)).toEqual([201, undefined]);
    expect(await signIn(app.dev, code), 'the same code again').toEqual([401, 'totp-required']);
    expect(await signIn(app.dev, codeAt(secret, app.clock.now() - step)), 'an older code').toEqual([
      401,
      'totp-required',
    ]);
    expect(await signIn({ ...app.dev, password: 'wrong' }, nextCode(secret))).toEqual([401, 'wrong-credentials']);
  });

  it('does not count codes that it could not check because the database was down', async () => {
    const { secret } = await turnOn(app, app.dev);
    const find = vi.spyOn(app.store.totp, 'find').mockRejectedValue(new StoreUnavailable('down'));
    for (let i = 0; i < 6; i += 1) expect(await signIn(app.dev, nextCode(secret))).toEqual([503, 'unavailable']);
    find.mockRestore();
    expect(await signIn(app.dev, nextCode(secret))).toEqual([201, undefined]);
  });

  it('rejects the code of another member', async () => {
    const { secret } = await turnOn(app, app.dev);
    await turnOn(app, app.root);
    expect(await signIn(app.root, nextCode(secret))).toEqual([401, 'totp-required']);
  });

  it('accepts a recovery code once, in any spelling, and sends a mail about it', async () => {
    const { recoveryCodes } = await turnOn(app, app.dev);
    const [first = '', second = ''] = recoveryCodes;
    expect(await signIn(app.dev, first.toLowerCase().replaceAll('-', ' '))).toEqual([201, undefined]);
    expect(await signIn(app.dev, first)).toEqual([401, 'totp-required']);
    expect(await signIn(app.dev, second)).toEqual([201, undefined]);
    const status = await app.ask('/api/v1/me/totp', { as: app.dev });
    expect(await jsonOf(status)).toEqual({ enabled: true, required: false, passkeys: 0, recovery_codes_left: 8 });
    const subjects = (await app.mails()).map(({ subject }) => subject);
    expect(subjects.filter((subject) => subject === 'A recovery code was used')).toHaveLength(2);
    const mails = JSON.stringify(await app.mails());
    for (const code of recoveryCodes) expect(mails).not.toContain(code);
  });

  it('limits guesses of the code, and a correct password does not reset the limit', async () => {
    // The rate limit measures the wait with the wall clock. On a busy machine, it would end before the last guess.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { secret } = await turnOn(app, app.dev);
    const statuses = [];
    for (let guess = 0; guess < 8; guess += 1) statuses.push((await signIn(app.dev, '000000'))[0]);
    expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
    expect(statuses.at(-1)).toBe(429);
    expect((await signIn(app.dev, nextCode(secret)))[0], 'the correct code is limited too').toBe(429);
  });

  it('requires the password for every change and a correct code for the set-up', async () => {
    for (const path of ['', '/disable', '/recovery-codes']) {
      const response = await post(path, { password: 'wrong' });
      expect([path, response.status, (await jsonOf(response)).code]).toEqual([path, 403, 'wrong-password']);
    }
    expect(await jsonOf(post('/confirm', { code: '000000' }))).toMatchObject({ code: 'totp-enabled' });
    await post('', { password: app.dev.password });
    expect(await jsonOf(post('/confirm', { code: '000000' }))).toMatchObject({ status: 403, code: 'wrong-code' });
    expect(await signIn(app.dev), 'it is still off').toEqual([201, undefined]);
    const prepared = await jsonOf<{ secret: string }>(post('', { password: app.dev.password }));
    expect((await post('/confirm', { code: codeAt(prepared.secret, app.clock.now()) })).status).toBe(200);
    const again = await post('', { password: app.dev.password });
    expect([again.status, (await jsonOf(again)).code]).toEqual([409, 'totp-enabled']);
  });

  it('ends the other sessions when it is turned on and voids the recovery codes when it is turned off', async () => {
    const other = await app.signIn(app.dev.id);
    const { recoveryCodes } = await turnOn(app, app.dev);
    expect(await app.services.sessions.authenticate(other)).toBeNull();
    expect(await app.services.sessions.authenticate(app.dev.session)).not.toBeNull();
    expect((await post('/disable', { password: app.dev.password })).status).toBe(204);
    expect(await signIn(app.dev)).toEqual([201, undefined]);
    await turnOn(app, app.dev);
    expect(await signIn(app.dev, recoveryCodes[0])).toEqual([401, 'totp-required']);
  });

  it('creates new recovery codes and voids the old ones', async () => {
    const { recoveryCodes } = await turnOn(app, app.dev);
    const fresh = await jsonOf<{ recovery_codes: string[] }>(post('/recovery-codes', { password: app.dev.password }));
    expect(await signIn(app.dev, recoveryCodes[0])).toEqual([401, 'totp-required']);
    expect(await signIn(app.dev, fresh.recovery_codes[0])).toEqual([201, undefined]);
  });

  it('lets a superuser reset it, which ends the member’s sessions, is audited and sends a mail', async () => {
    await turnOn(app, app.dev);
    const reset = (as: Member, id = app.dev.id) => app.ask(`/api/v1/users/${id}/totp`, { method: 'DELETE', as });
    expect((await reset(app.dev)).status).toBe(403);
    expect((await reset(app.root)).status).toBe(204);
    expect((await reset(app.root)).status, 'already reset').toBe(204);
    expect(await signIn(app.dev)).toEqual([201, undefined]);
    expect(await app.services.sessions.authenticate(app.dev.session)).toBeNull();
    const mail = (await app.mails()).find(({ subject }) => subject === 'Two-factor sign-in was reset');
    expect(mail?.text).toContain('root@example.com (Organization Superuser)');
    const events = await app.store.audit.list({ limit: 10, before: null, action: 'user.totp_disabled' });
    expect(events).toMatchObject([{ actor: { email: 'root@example.com' }, target: { id: app.dev.id } }]);
  });

  it('lets no superuser reset their own by a session alone', async () => {
    await turnOn(app, app.root);
    const response = await app.ask(`/api/v1/users/${app.root.id}/totp`, { method: 'DELETE', as: app.root });
    expect(await jsonOf(response)).toMatchObject({ status: 409, code: 'own-account' });
    expect(await signIn(app.root)).toEqual([401, 'totp-required']);
  });

  it('is only for members with a password', async () => {
    const sso = await app.addMember({ email: 'sso@example.com' });
    await app.store.users.setPasswordHash(sso.id, null as unknown as string);
    const response = await post('', { password: 'x' }, sso);
    expect(response.status).toBe(403);
  });

  it('keeps the secret and the recovery codes out of the log', async () => {
    const { secret, recoveryCodes } = await turnOn(app, app.dev);
    const code = nextCode(secret);
    await signIn(app.dev, code);
    const log = app.logLines.join('');
    for (const hidden of [secret, ...recoveryCodes]) expect(log).not.toContain(hidden);
  });
});

describe('obtain-token with only a password', () => {
  const obtain = async () => {
    const json = { username: 'dev@example.com', password: app.dev.password };
    const response = await app.ask('/api-token-auth/', { json });
    return [response.status, await response.text()];
  };
  const refused = [400, '{"non_field_errors":["Unable to log in with provided credentials."]}'];

  it('rejects a member who uses two-factor sign-in', async () => {
    expect((await obtain())[0]).toBe(200);
    await turnOn(app, app.dev);
    expect(await obtain()).toEqual(refused);
  });

  it('rejects every member if two-factor sign-in is required', async () => {
    await reopen({ requireTotp: true });
    expect(await obtain()).toEqual(refused);
  });
});

describe('TOKENSD_REQUIRE_TOTP', () => {
  it('rejects password sign-ins and sessions until the member sets up two-factor sign-in, which then stays on', async () => {
    await reopen({ requireTotp: true });
    expect(await signIn(app.dev)).toEqual([403, 'totp-setup-required']);
    expect((await app.ask('/api/v1/me', { as: app.dev })).status, 'an existing session').toBe(401);
    await app.store.totp.enable(app.dev.id, 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 1, app.clock.now());
    expect((await app.ask('/api/v1/me', { as: app.dev })).status).toBe(200);
    expect((await post('/disable', { password: app.dev.password })).status).toBe(403);
  });

  it('does not apply to members who use single sign-on', async () => {
    await reopen({ requireTotp: true });
    const at = app.clock.now();
    const person = {
      email: 'sso@example.com',
      emailFolded: 'sso@example.com',
      name: '',
      superuser: false,
      auditor: false,
    };
    const signedIn = {
      disabled: false,
      canManageTokens: false,
      passwordHash: null,
      passwordUntilSso: false,
      sso: true,
      ssoSignedInAt: at,
    };
    await app.store.users.insert({
      id: 'sso',
      ...person,
      ...signedIn,
      totpEnabledAt: null,
      passkeyCount: 0,
      ssoGroups: null,
      manualGroups: null,
      invitedAt: null,
      joinedAt: null,
      disabledAt: null,
      kind: 'member',
      description: null,
      createdAt: at,
    });
    expect(await app.services.sessions.authenticate(await app.signIn('sso'))).not.toBeNull();
  });
});
