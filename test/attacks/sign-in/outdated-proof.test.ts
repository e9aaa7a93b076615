import { createHash } from 'node:crypto';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { systemActor } from '../../../server/domain/caller.ts';
import { jsonOf, type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { beginDevice, type DeviceCodes, pollDevice, postForm } from '../../helpers/app/oauth.ts';
import { codeAt } from '../../helpers/app/totp.ts';
import { type Browser, openConsole } from '../../helpers/console/pages.ts';
import { nextPassword, openSsoWorld, openWorld, type World } from './console-world.ts';

/** Who knows `dev`'s password, and holds a session of `dev`'s, while `dev` does something about it. */
async function open(): Promise<World> {
  const world = await openWorld();
  onTestFinished(world.close);
  return world;
}

const elsewhere = async (app: TestApp): Promise<Member> => ({ ...app.dev, session: await app.signIn(app.dev.id) });
const done = async (answer: Promise<Response>) => expect((await answer).status).toBeLessThan(300);

type Change<App = World> = (app: App) => Promise<void>;
const changes: Record<string, Change> = {
  'the password was changed': async (app) => {
    const json = { current: password, new: nextPassword };
    await done(app.ask('/api/v1/me/password', { method: 'PUT', as: await elsewhere(app), json }));
  },
  'a second step was turned on': async (app) => {
    const json = { code: codeAt(app.prepared, app.clock.now()) };
    await done(app.ask('/api/v1/me/totp/confirm', { as: await elsewhere(app), json }));
  },
  'the account was disabled': async (app) => {
    const path = `/api/v1/users/${app.dev.id}`;
    await done(app.ask(path, { method: 'PATCH', as: app.root, json: { disabled: true } }));
  },
  'the account was disabled and enabled again': async (app) => {
    const path = `/api/v1/users/${app.dev.id}`;
    for (const disabled of [true, false]) {
      await done(app.ask(path, { method: 'PATCH', as: app.root, json: { disabled } }));
    }
  },
};

/** The change happens once a sign-in has read the member's row, while it hashes: that takes long, in a crowd seconds. */
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

describe('a password that was being checked when', () => {
  const { 'the account was disabled and enabled again': _, ...withoutRevival } = changes;

  test.each(Object.entries(withoutRevival))('%s begins no session by the API', async (_what, change) => {
    const app = await open();
    whileHashing(app, change);
    const answer = await app.ask('/api/v1/sessions', { json: { email: app.dev.email, password } });
    expect([answer.status, await jsonOf(answer)]).toEqual([
      401,
      expect.not.objectContaining({ session: expect.any(String) }),
    ]);
  });

  test.each(Object.entries(withoutRevival))('%s begins no session in the console', async (_what, change) => {
    const app = await open();
    const browser = openConsole(app);
    await browser.get('/login');
    whileHashing(app, change);
    expect((await browser.submit('/login', { email: app.dev.email, password })).location).toBeNull();
    expect(browser.cookies.get('__Host-tokens_session')).toBeUndefined();
  });

  test.each(Object.entries(withoutRevival))('%s makes no token at api-token-auth', async (_what, change) => {
    const app = await open();
    whileHashing(app, change);
    const answer = await app.ask('/api-token-auth/', { json: { username: app.dev.email, password } });
    expect([answer.status, await jsonOf(answer)]).toEqual([400, { non_field_errors: [expect.any(String)] }]);
    const query = { ownerId: app.dev.id, limit: 9, before: null, now: app.clock.now() };
    expect(await app.store.tokens.list(query)).toHaveLength(1);
  });

  test('the password was changed is no first step of two', async () => {
    const app = await open();
    const browser = openConsole(app);
    await browser.get('/login');
    whileHashing(app, async () => {
      const guarded = { ...app.guarded, session: await app.signIn(app.guarded.id) };
      const json = { current: password, new: nextPassword };
      await done(app.ask('/api/v1/me/password', { method: 'PUT', as: guarded, json }));
    });
    const { status, location } = await browser.submit('/login', { email: app.guarded.email, password });
    expect([status, location]).toEqual([401, null]);
    expect(browser.cookies.get('__Host-tokens_step')).toBeUndefined();
  });

  test('the password was changed sets up no second step of the thief’s', async () => {
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

describe('a superuser who is demoted while a request of theirs waits its turn', () => {
  const member = (app: World) => `/api/v1/users/${app.dev.id}`;
  const asked: Record<string, (app: World) => [path: string, method: string, json?: unknown]> = {
    'adds nobody': () => [
      '/api/v1/users',
      'POST',
      { email: 'new@example.com', superuser: true, password: nextPassword },
    ],
    'promotes nobody': (app) => [member(app), 'PATCH', { superuser: true }],
    'takes no second step': (app) => [`/api/v1/users/${app.guarded.id}/totp`, 'DELETE'],
    'registers no service': () => ['/api/v1/clients', 'POST', { name: 'late' }],
    'gives no service a secret': (app) => [`/api/v1/clients/${app.client.id}/secret`, 'POST'],
    'removes no service': (app) => [`/api/v1/clients/${app.client.id}`, 'DELETE'],
  };

  test.each(Object.entries(asked))('%s', async (_what, request) => {
    const app = await open();
    const fired = await app.addMember({ email: 'fired@example.com', superuser: true });
    const { transaction } = app.store;
    vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
      await app.store.users.setSuperuser(fired.id, false);
      return transaction(work);
    });
    const [path, method, json] = request(app);
    const answer = await app.ask(path, { as: fired, method, ...(json !== undefined && { json }) });
    expect([answer.status, (await jsonOf(answer)).code]).toEqual([403, 'superuser-required']);
  });
});

test('a mailed link that is used while its member signs in at the provider for the first time sets no password', async () => {
  const app = await openSsoWorld();
  onTestFinished(app.close);
  const clientInfo = { ip: null, userAgent: null };
  const invited = await app.services.users.createBy(systemActor, clientInfo, { email: 'ada@example.com' });
  await app.services.passwordReset.request(invited.email, clientInfo);
  const [mail] = await app.mails();
  const [, link = ''] = /token=(\S+)/.exec(mail?.text ?? '') ?? [];
  const { transaction } = app.store;
  vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
    const { issuer } = app.provider;
    const claims = {
      issuer,
      subject: 'ada',
      email: invited.email,
      emailVerified: true,
      name: null,
      groups: [],
      sid: null,
    };
    await app.services.sso?.signIn(claims, clientInfo);
    return transaction(work);
  });
  await expect(app.services.passwordReset.reset(link, nextPassword, clientInfo)).rejects.toThrow('This link');
  expect(await app.store.users.findById(invited.id)).toMatchObject({ sso: true, passwordHash: null });
});

const verifier = 'v'.repeat(43);
const redirect_uri = 'http://127.0.0.1:40000/callback';

async function askForCode(browser: Browser): Promise<string> {
  const asked = { client_id: 'tokens', response_type: 'code', redirect_uri };
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
  await browser.get(`/oauth/authorize?${new URLSearchParams({ ...asked, ...pkce })}`);
  const { location } = await browser.submit('/oauth/authorize', { decision: 'approve' });
  return location === null ? '' : (new URL(location, 'https://tokens.example.com').searchParams.get('code') ?? '');
}

function redeem(app: TestApp, code: string): Promise<Response> {
  const grant = { grant_type: 'authorization_code', client_id: 'tokens', code, redirect_uri };
  return postForm(app, '/oauth/token', { ...grant, code_verifier: verifier });
}

async function openDevice(app: TestApp, browser: Browser): Promise<DeviceCodes> {
  const device = await beginDevice(app);
  await browser.get('/device');
  await browser.get((await browser.submit('/device', { user_code: device.user_code })).location ?? '');
  return device;
}

const ends: Record<string, Change> = {
  ...changes,
  'its owner signed out of it': async (app) =>
    done(app.ask('/api/v1/sessions/current', { method: 'DELETE', as: app.dev })),
  'its owner ended it from another one': async (app) => {
    const stolen = await app.services.sessions.authenticate(app.dev.session);
    const browser = openConsole(app, await elsewhere(app));
    await browser.get(`/profile?dialog=end-session&id=${stolen?.session.id}`);
    expect((await browser.submit(`/profile/sessions/${stolen?.session.id}/end`)).status).toBe(303);
  },
  'its owner ended all others': async (app) => {
    const browser = openConsole(app, await elsewhere(app));
    await browser.get('/profile?dialog=end-others');
    expect((await browser.submit('/profile/sessions/end-others')).status).toBe(303);
  },
};

describe('a session that a thief has', () => {
  test('makes others, by a code for a program and by a device', async () => {
    const app = await open();
    const thief = openConsole(app, app.dev);
    const device = await openDevice(app, thief);
    await thief.submit('/device/approve', { decision: 'approve' });
    expect((await pollDevice(app, device)).status).toBe(200);
    expect((await redeem(app, await askForCode(thief))).status).toBe(200);
  });

  test.each(Object.entries(ends))('leaves none of what it approved behind once %s', async (_what, end) => {
    const app = await open();
    const thief = openConsole(app, app.dev);
    const code = await askForCode(thief);
    const device = await openDevice(app, thief);
    await thief.submit('/device/approve', { decision: 'approve' });
    await end(app);
    expect((await redeem(app, code)).status).toBe(400);
    expect((await pollDevice(app, device)).status).toBe(400);
  });

  test('takes nothing along that another session of its owner approved', async () => {
    const app = await open();
    const owner = openConsole(app, await elsewhere(app));
    const device = await openDevice(app, owner);
    await owner.submit('/device/approve', { decision: 'approve' });
    await ends['its owner signed out of it']?.(app);
    expect((await pollDevice(app, device)).status).toBe(200);
  });

  test.each(Object.entries(ends))('approves no device any more if %s while it asks', async (_what, end) => {
    const app = await open();
    const thief = openConsole(app, app.dev);
    const device = await openDevice(app, thief);
    const { deviceFlow } = app.services;
    const { decide } = deviceFlow;
    const deciding = vi.spyOn(deviceFlow, 'decide').mockImplementationOnce(async (...asked) => {
      await end(app);
      return decide(...asked);
    });
    await thief.submit('/device/approve', { decision: 'approve' });
    expect(deciding).toHaveBeenCalledOnce();
    expect((await pollDevice(app, device)).status).toBe(400);
  });

  const creations: Record<string, (app: World) => Promise<unknown>> = {
    API: (app) => app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'late' } }),
    console: async (app) => {
      const thief = openConsole(app, app.dev);
      await thief.get('/profile/api-tokens?dialog=create');
      return thief.submit('/profile/api-tokens', { name: 'late', expires: 'never' });
    },
  };
  test.each(
    Object.entries(ends).flatMap(([what, end]) => Object.entries(creations).map((by) => [what, ...by, end] as const)),
  )('makes no token any more if %s while it asks by the %s', async (_what, _way, create, end) => {
    const app = await open();
    const { transaction } = app.store;
    const creating = vi.spyOn(app.services.tokens, 'create').mockImplementationOnce((...asked) => {
      vi.spyOn(app.store, 'transaction').mockImplementationOnce(async (work) => {
        await end(app);
        return transaction(work);
      });
      creating.mockRestore();
      return app.services.tokens.create(...asked);
    });
    await create(app);
    const query = { ownerId: app.dev.id, limit: 9, before: null, now: app.clock.now() };
    expect((await app.store.tokens.list(query)).map(({ name }) => name)).toEqual(['there']);
  });

  test.each(Object.entries(ends))('gets no code for a program any more if %s while it asks', async (_what, end) => {
    const app = await open();
    const { authorizationCodes } = app.services;
    const { issue } = authorizationCodes;
    const issuing = vi.spyOn(authorizationCodes, 'issue').mockImplementationOnce(async (...asked) => {
      await end(app);
      return issue(...asked);
    });
    expect(await askForCode(openConsole(app, app.dev))).toBe('');
    expect(issuing).toHaveBeenCalledOnce();
  });
});
