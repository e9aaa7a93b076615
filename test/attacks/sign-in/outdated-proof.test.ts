import { randomUUID } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemActor } from '../../../server/domain/caller.ts';
import { jsonOf, type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { pollDevice } from '../../helpers/app/oauth.ts';
import { personAt } from '../../helpers/app/sso.ts';
import { openDevice, redeemCode, requestCode } from '../../helpers/console/approvals.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { requestPasswordLink } from '../../helpers/sign-in/password-links.ts';
import { turnOn } from '../../helpers/sign-in/totp.ts';
import { addApp } from '../../http/tokens/rules/gate.ts';
import { nextPassword, openSsoWorld, openWorld, type World } from './console-world.ts';

/** Opens a world in which an attacker knows the password of `dev` and has one of their sessions. */
async function open(): Promise<World> {
  const world = await openWorld();
  onTestFinished(world.close);
  return world;
}

const elsewhere = async (app: TestApp): Promise<Member> => ({ ...app.dev, session: await app.signIn(app.dev.id) });
const succeed = async (response: Promise<Response>) => expect((await response).status).toBeLessThan(300);

type Change<App = World> = (app: App) => Promise<void>;
const changes: Record<string, Change> = {
  'the password changes': async (app) => {
    const json = { current: password, new: nextPassword };
    await succeed(app.ask('/api/v1/me/password', { method: 'PUT', as: await elsewhere(app), json }));
  },
  'two-factor sign-in is turned on': async (app) => {
    const { recoveryCodes } = await turnOn(app, await elsewhere(app));
    expect(recoveryCodes).toHaveLength(10);
  },
  'the account is disabled': async (app) => {
    const path = `/api/v1/users/${app.dev.id}`;
    await succeed(app.ask(path, { method: 'PATCH', as: app.root, json: { disabled: true } }));
  },
  'the account is disabled and enabled again': async (app) => {
    const path = `/api/v1/users/${app.dev.id}`;
    for (const disabled of [true, false]) {
      await succeed(app.ask(path, { method: 'PATCH', as: app.root, json: { disabled } }));
    }
  },
};

/** Makes the change after a sign-in has read the member's row. Hashing the password then takes seconds under load. */
function whileHashing<App extends TestApp>(app: App, change: Change<App>): void {
  const { users } = app.store;
  const find = users.findByEmail;
  const reading = vi.spyOn(users, 'findByEmail').mockImplementation(async (email) => {
    const user = await find(email);
    reading.mockRestore();
    await change(app);
    return user;
  });
}

describe('a password that is being verified', () => {
  const { 'the account is disabled and enabled again': _, ...withoutEnabling } = changes;

  test.each(Object.entries(withoutEnabling))('starts no API session if %s', async (_what, change) => {
    const app = await open();
    whileHashing(app, change);
    const response = await app.ask('/api/v1/sessions', { json: { email: app.dev.email, password } });
    expect([response.status, await jsonOf(response)]).toEqual([
      401,
      expect.not.objectContaining({ session: expect.any(String) }),
    ]);
  });

  test.each(Object.entries(withoutEnabling))('starts no console session if %s', async (_what, change) => {
    const app = await open();
    const browser = openConsole(app);
    await browser.get('/login');
    whileHashing(app, change);
    expect((await browser.submit('/login', { email: app.dev.email, password })).location).toBeNull();
    expect(browser.cookies.get('__Host-tokens_session')).toBeUndefined();
  });

  test.each(Object.entries(withoutEnabling))('creates no token at api-token-auth if %s', async (_what, change) => {
    const app = await open();
    whileHashing(app, change);
    const response = await app.ask('/api-token-auth/', { json: { username: app.dev.email, password } });
    expect([response.status, await jsonOf(response)]).toEqual([400, { non_field_errors: [expect.any(String)] }]);
    const query = { ownerId: app.dev.id, limit: 9, before: null, now: app.clock.now() };
    expect(await app.store.tokens.list(query)).toHaveLength(1);
  });

  test('is rejected as the first factor if the password changes', async () => {
    const app = await open();
    const browser = openConsole(app);
    await browser.get('/login');
    whileHashing(app, async () => {
      const guarded = { ...app.guarded, session: await app.signIn(app.guarded.id) };
      const json = { current: password, new: nextPassword };
      await succeed(app.ask('/api/v1/me/password', { method: 'PUT', as: guarded, json }));
    });
    const { status, location } = await browser.submit('/login', { email: app.guarded.email, password });
    expect([status, location]).toEqual([401, null]);
    expect(browser.cookies.get('__Host-tokens_step')).toBeUndefined();
  });

  test('does not let the attacker enrol their own second factor if the password changes', async () => {
    const app = await openTestApp({ requireTotp: true });
    onTestFinished(app.close);
    const browser = openConsole(app);
    await browser.get('/login');
    const novice = await app.addMember({ email: 'novice@example.com' });
    whileHashing(app, async () => {
      await app.store.users.setPasswordHash(novice.id, 'another hash');
    });
    const { status, location } = await browser.submit('/login', { email: novice.email, password });
    expect([status, location]).toEqual([401, null]);
  });
});

describe('a superuser who is demoted while their request waits for its transaction', () => {
  const appId = randomUUID();
  const memberPath = (app: World) => `/api/v1/users/${app.dev.id}`;
  const requests: Record<string, (app: World) => [path: string, method: string, json?: unknown]> = {
    'adds no member': () => [
      '/api/v1/users',
      'POST',
      { email: 'new@example.com', superuser: true, password: nextPassword },
    ],
    'promotes no member': (app) => [memberPath(app), 'PATCH', { superuser: true }],
    'resets no second factor': (app) => [`/api/v1/users/${app.guarded.id}/totp`, 'DELETE'],
    'creates no client': () => ['/api/v1/clients', 'POST', { name: 'too late' }],
    'rotates no client secret': (app) => [`/api/v1/clients/${app.client.id}/secret`, 'POST'],
    'deletes no client': (app) => [`/api/v1/clients/${app.client.id}`, 'DELETE'],
    'registers no app': () => ['/api/v1/apps', 'POST', { name: 'too-late' }],
    'edits no app': () => [`/api/v1/apps/${appId}`, 'PATCH', { groups: [] }],
    'deletes no app': () => [`/api/v1/apps/${appId}`, 'DELETE'],
  };

  test.each(Object.entries(requests))('%s', async (_what, request) => {
    const app = await open();
    await addApp(app, 'grafana', { id: appId, groups: ['developers'] });
    const demoted = await app.addMember({ email: 'demoted@example.com', superuser: true });
    const { transaction } = app.store;
    vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
      await app.store.users.setSuperuser(demoted.id, false);
      return transaction(work);
    });
    const [path, method, json] = request(app);
    const response = await app.ask(path, { as: demoted, method, ...(json !== undefined && { json }) });
    expect([response.status, (await jsonOf(response)).code]).toEqual([403, 'superuser-required']);
  });
});

test('rejects a mailed link if its member first uses single sign-on after the link was sent', async () => {
  const app = await openSsoWorld();
  onTestFinished(app.close);
  const clientInfo = { ip: null, userAgent: null };
  const invited = await app.services.users.createBy(systemActor, clientInfo, { email: 'ada@example.com' });
  await requestPasswordLink(app, invited.email);
  const [mail] = await app.mails();
  const [, link = ''] = /token=(\S+)/.exec(mail?.text ?? '') ?? [];
  const { transaction } = app.store;
  vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
    const { issuer } = app.provider;
    await app.services.sso?.signIn(personAt(issuer, { email: invited.email }), clientInfo);
    return transaction(work);
  });
  await expect(app.services.passwordReset.reset(link, nextPassword, clientInfo)).rejects.toThrow('This link');
  expect(await app.store.users.findById(invited.id)).toMatchObject({ sso: true, passwordHash: null });
});

const ends: Record<string, Change> = {
  ...changes,
  'its owner signs out': async (app) => succeed(app.ask('/api/v1/sessions/current', { method: 'DELETE', as: app.dev })),
  'its owner ends it from another session': async (app) => {
    const stolen = await app.services.sessions.authenticate(app.dev.session);
    const browser = openConsole(app, await elsewhere(app));
    await browser.get(`/profile?dialog=end-session&id=${stolen?.session.id}`);
    expect((await browser.submit(`/profile/sessions/${stolen?.session.id}/end`)).status).toBe(303);
  },
  'its owner ends all other sessions': async (app) => {
    const browser = openConsole(app, await elsewhere(app));
    await browser.get('/profile?dialog=end-others');
    expect((await browser.submit('/profile/sessions/end-others')).status).toBe(303);
  },
};

describe('a stolen session', () => {
  test('can approve an authorization code and a device', async () => {
    const app = await open();
    const attacker = openConsole(app, app.dev);
    const device = await openDevice(app, attacker);
    await attacker.submit('/device/approve', { decision: 'approve' });
    expect((await pollDevice(app, device)).status).toBe(200);
    expect((await redeemCode(app, await requestCode(attacker))).status).toBe(200);
  });

  test.each(Object.entries(ends))('loses everything that it approved once %s', async (_what, end) => {
    const app = await open();
    const attacker = openConsole(app, app.dev);
    const code = await requestCode(attacker);
    const device = await openDevice(app, attacker);
    await attacker.submit('/device/approve', { decision: 'approve' });
    await end(app);
    expect((await redeemCode(app, code)).status).toBe(400);
    expect((await pollDevice(app, device)).status).toBe(400);
  });

  test('does not affect a device that another session of its owner approved', async () => {
    const app = await open();
    const owner = openConsole(app, await elsewhere(app));
    const device = await openDevice(app, owner);
    await owner.submit('/device/approve', { decision: 'approve' });
    await ends['its owner signs out']?.(app);
    expect((await pollDevice(app, device)).status).toBe(200);
  });

  test.each(Object.entries(ends))('approves no device if %s during the request', async (_what, end) => {
    const app = await open();
    const attacker = openConsole(app, app.dev);
    const device = await openDevice(app, attacker);
    const { deviceFlow } = app.services;
    const { decide } = deviceFlow;
    const deciding = vi.spyOn(deviceFlow, 'decide').mockImplementationOnce(async (...request) => {
      await end(app);
      return decide(...request);
    });
    await attacker.submit('/device/approve', { decision: 'approve' });
    expect(deciding).toHaveBeenCalledOnce();
    expect((await pollDevice(app, device)).status).toBe(400);
  });

  const creations: Record<string, (app: World) => Promise<unknown>> = {
    API: (app) => app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'too late' } }),
    console: async (app) => {
      const attacker = openConsole(app, app.dev);
      await attacker.get('/profile/api-tokens?dialog=create');
      return attacker.submit('/profile/api-tokens', { name: 'too late', expires: 'never' });
    },
  };
  test.each(
    Object.entries(ends).flatMap(([what, end]) => Object.entries(creations).map((by) => [what, ...by, end] as const)),
  )('creates no token if %s during the request (%s)', async (_what, _way, create, end) => {
    const app = await open();
    const { transaction } = app.store;
    const creating = vi.spyOn(app.services.tokens, 'create').mockImplementationOnce((...request) => {
      vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
        await end(app);
        return transaction(work);
      });
      creating.mockRestore();
      return app.services.tokens.create(...request);
    });
    await create(app);
    const query = { ownerId: app.dev.id, limit: 9, before: null, now: app.clock.now() };
    expect((await app.store.tokens.list(query)).map(({ name }) => name)).toEqual(['there']);
  });

  test.each(Object.entries(ends))('gets no authorization code if %s during the request', async (_what, end) => {
    const app = await open();
    const { authorizationCodes } = app.services;
    const { issue } = authorizationCodes;
    const issuing = vi.spyOn(authorizationCodes, 'issue').mockImplementationOnce(async (...request) => {
      await end(app);
      return issue(...request);
    });
    expect(await requestCode(openConsole(app, app.dev))).toBe('');
    expect(issuing).toHaveBeenCalledOnce();
  });
});
