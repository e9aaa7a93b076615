import { describe, expect, onTestFinished, test } from 'vitest';
import { accessTable } from '../../../server/http/middleware/access.ts';
import { pageAccess } from '../../../server/web/shell/access.ts';
import { type Ask, jsonOf, type Member, password } from '../../helpers/app/app.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { routesOf } from '../../helpers/app/routes.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { type Browser, openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { addTrust } from '../../store/contract/machines/trusts.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';
import { rowsOf } from '../secrets/sqlite-rows.ts';
import { cookieOf, formTokenOf, nextPassword, openSsoWorld, openWorld, type World } from './console-world.ts';

async function open(): Promise<World> {
  const world = await openWorld();
  onTestFinished(world.close);
  return world;
}

describe('a stolen session', () => {
  type End = (app: World, owner: Browser) => Promise<unknown>;
  const patch = (app: World, json: object) =>
    app.ask(`/api/v1/users/${app.dev.id}`, { method: 'PATCH', as: app.root, json });
  /** Signs the same member in again. The attacker does not have that session. */
  const elsewhere = async (app: World): Promise<Member> => ({ ...app.dev, session: await app.signIn(app.dev.id) });

  const ends: Record<string, End> = {
    'its owner signs out in the console': async (_app, owner) => {
      await owner.get('/logout');
      return owner.submit('/logout');
    },
    'its owner signs out of the command line': (app) =>
      app.ask('/api/v1/sessions/current', { method: 'DELETE', as: app.dev }),
    'its owner ends it from another session': async (app) => {
      const other = openConsole(app, await elsewhere(app));
      const stolen = (await app.services.sessions.authenticate(app.dev.session))?.session.id;
      await other.get(`/profile?dialog=end-session&id=${stolen}`);
      return other.submit(`/profile/sessions/${stolen}/end`);
    },
    'its owner ends all other sessions': async (app) => {
      const other = openConsole(app, await elsewhere(app));
      await other.get('/profile?dialog=end-others');
      return other.submit('/profile/sessions/end-others');
    },
    'its owner ends it by its ID': async (app) => {
      const stolen = (await app.services.sessions.authenticate(app.dev.session))?.session.id;
      return app.ask(`/api/v1/sessions/${stolen}`, { method: 'DELETE', as: await elsewhere(app) });
    },
    'its owner ends all others on the command line': async (app) =>
      app.ask('/api/v1/sessions/others', { method: 'DELETE', as: await elsewhere(app) }),
    'a superuser ends it': async (app) => {
      const stolen = (await app.services.sessions.authenticate(app.dev.session))?.session.id;
      return app.ask(`/api/v1/users/${app.dev.id}/sessions/${stolen}`, { method: 'DELETE', as: app.root });
    },
    'a superuser ends all sessions of its owner': async (app) =>
      app.ask(`/api/v1/users/${app.dev.id}/sessions`, { method: 'DELETE', as: app.root }),
    'its owner changes the password elsewhere': async (app) =>
      app.ask('/api/v1/me/password', {
        method: 'PUT',
        as: await elsewhere(app),
        json: { current: password, new: nextPassword },
      }),
    'its owner sets the password through a mailed link': async (app) => {
      const browser = openConsole(app);
      await browser.get('/password/forgot');
      await browser.submit('/password/forgot', { email: app.dev.email });
      const link = /\/password\/reset\?token=\S+/.exec((await app.mails()).map(({ text }) => text).join('\n'));
      await browser.get(link?.[0] ?? '');
      return browser.submit('/password/reset', { password: nextPassword, again: nextPassword });
    },
    'its owner turns on two-factor sign-in elsewhere': async (app) => turnOn(app, await elsewhere(app)),
    'its owner is disabled': (app) => patch(app, { disabled: true }),
    'its owner is disabled and enabled again': async (app) => {
      await patch(app, { disabled: true });
      return patch(app, { disabled: false });
    },
    'it is idle for twelve hours': async (app) => app.clock.advance(12 * 60 * 60_000),
  };

  async function useSession(app: World): Promise<number[]> {
    const headers = cookieOf(app, app.dev);
    const responses = await Promise.all([
      app.ask('/api/v1/me', { as: app.dev }),
      app.ask('/api/v1/me', { headers }),
      app.ask('/api/v1/tokens', { as: app.dev, json: { name: `t${app.clock.now()}` } }),
      app.ask('/profile', { headers }),
    ]);
    return responses.map(({ status }) => status);
  }

  test.each(Object.entries(ends))('stops working immediately everywhere when %s', async (_what, end) => {
    const app = await open();
    expect(await useSession(app)).toEqual([200, 200, 201, 200]);
    await end(app, openConsole(app, app.dev));
    expect(await useSession(app)).toEqual([401, 401, 401, 303]);
  });

  test('does not sign in a device that it approved before the password changed', async () => {
    const app = await open();
    const device = await beginDevice(app);
    const attacker = openConsole(app, app.dev);
    await attacker.get('/device');
    await attacker.get((await attacker.submit('/device', { user_code: device.user_code })).location ?? '');
    await attacker.submit('/device/approve', { decision: 'approve' });
    const owner = { ...app.dev, session: await app.signIn(app.dev.id) };
    const json = { current: password, new: nextPassword };
    expect((await app.ask('/api/v1/me/password', { method: 'PUT', as: owner, json })).status).toBe(204);
    app.clock.advance(5_000);
    expect((await pollDevice(app, device)).status).toBe(400);
  });
});

describe('a planted cookie', () => {
  const planted = `session_${'A'.repeat(43)}`;
  const names = ['__Host-tokens_session', 'tokens_session_insecure', '__Secure-tokens_session', 'tokens_session'];

  /** Opens a browser in which an attacker has set a session cookie under each of these names. */
  async function openWithPlanted(app: World | Awaited<ReturnType<typeof openSsoWorld>>): Promise<Browser> {
    const browser = openConsole(app);
    for (const name of names) browser.cookies.set(name, planted);
    return browser;
  }

  async function expectOwnSession(app: Parameters<typeof openWithPlanted>[0], browser: Browser, email: string) {
    const session = browser.cookies.get(sessionCookieName(app)) ?? '';
    expect(session).toMatch(/^session_[\w-]{43}$/);
    expect(session).not.toBe(planted);
    expect((await app.services.sessions.authenticate(session))?.user.email).toBe(email);
    expect(await app.services.sessions.authenticate(planted)).toBeNull();
  }

  test('does not become a session after sign-in with a second factor, and neither does a planted ticket', async () => {
    const app = await open();
    const browser = await openWithPlanted(app);
    const { email } = app.guarded;
    browser.cookies.set('__Host-tokens_step', `step_${'A'.repeat(43)}`);
    await browser.get('/login');
    const submitted = await browser.submit('/login', { email, password });
    expect(browser.cookies.get('__Host-tokens_step')).not.toBe(`step_${'A'.repeat(43)}`);
    await browser.get(submitted.location ?? '');
    const code = codeAt(app.guarded.totp, app.clock.now());
    expect((await browser.submit(submitted.location ?? '', { code })).status).toBe(303);
    await expectOwnSession(app, browser, email);
  });

  test('does not become a session after single sign-on', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    const browser = await openWithPlanted(app);
    const started = await browser.get('/login/sso');
    expect((await browser.get(app.provider.callbackFor(started.location ?? ''))).status).toBe(303);
    await expectOwnSession(app, browser, 'ada@example.com');
  });

  test('does not become a session through a visit to any page or route', async () => {
    const app = await open();
    for (const { path } of routesOf(app.app).filter(({ method }) => method === 'GET')) {
      const browser = await openWithPlanted(app);
      const { headers } = await browser.get(path.replace(':file', 'icon.svg').replace(':id', app.token.id));
      const set = headers.getSetCookie().filter((cookie) => cookie.includes('session'));
      expect({ path, set }).toEqual({ path, set: [] });
    }
    expect(await app.services.sessions.authenticate(planted)).toBeNull();
  });
});

const foreignHeaders: Array<Record<string, string>> = [
  {},
  ...['cross-site', 'same-site', 'none', '', 'Same-Origin', 'same-origin, cross-site'].map((site) => ({
    'Sec-Fetch-Site': site,
  })),
  { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://tokens.example.com' },
  ...[
    'null',
    'https://evil.example',
    'http://tokens.example.com',
    'https://tokens.example.com:8443',
    'https://tokens.example.com.evil.example',
    'https://evil.example/https://tokens.example.com',
    'https://tokens.example.com@evil.example',
    'https://tokens.example.com, https://evil.example',
    'http://tokens.test',
  ].map((Origin) => ({ Origin, Referer: 'https://tokens.example.com/profile' })),
];

describe('a request that another site makes with the session cookie', () => {
  const unsafe = (app: World) => routesOf(app.app).filter(({ method }) => !['GET', 'ALL'].includes(method));
  /** Valid bodies, by route. */
  const bodies = (app: World): Record<string, object> => ({
    'PUT /api/v1/me/password': { current: password, new: nextPassword },
    'POST /api/v1/me/totp': { password },
    'POST /api/v1/me/totp/confirm': { code: codeAt(app.prepared, app.clock.now()) },
    'POST /api/v1/me/totp/disable': { password },
    'POST /api/v1/me/totp/recovery-codes': { password },
    'POST /api/v1/tokens': { name: 'made' },
    'POST /api/v1/tokens/revoke': { ids: [app.token.id] },
    'POST /api/v1/tokens/pause': { ids: [app.token.id] },
    'POST /api/v1/tokens/resume': { ids: [app.token.id] },
    'POST /api/v1/tokens/statuses': { hashes: ['A'.repeat(43)] },
    'PATCH /api/v1/tokens/:id': { description: 'changed' },
    'POST /api/v1/tokens/:id/rotate': {},
    'POST /api/v1/tokens/:id/pause': {},
    'POST /api/v1/tokens/:id/test': { method: 'GET', path: '/' },
    'POST /api/v1/tokens/:id/transfer': { to: 'ci' },
    'POST /api/v1/users/:id/offboard': {},
    'POST /api/v1/users': { email: 'new@example.com' },
    'PATCH /api/v1/users/:id': { superuser: true },
    'POST /api/v1/clients': { name: 'Another' },
    'PATCH /api/v1/clients/:id': { can_revoke: true },
    'POST /api/v1/service-accounts': { name: 'another' },
    'PATCH /api/v1/service-accounts/:id': { description: 'changed' },
    'POST /api/v1/apps': { name: 'another' },
    'POST /api/v1/sessions/current/confirm': { password },
    'POST /api/v1/webhooks': { url: 'https://hooks.example.com/', events: ['*'] },
    'PATCH /api/v1/webhooks/:id': { events: ['token.*'] },
    'PATCH /api/v1/me/passkeys/:id': { name: 'Work laptop' },
    'PATCH /api/v1/apps/:id': { groups: ['staff'] },
    'POST /api/v1/trusts': {
      name: 'deploy',
      service_account: 'ci',
      issuer: 'https://issuer.example.com',
      claims: { sub: 'repo:acme/api:*' },
    },
    'PATCH /api/v1/trusts/:id': { ttl: 60 },
  });
  const apiRoutes = (app: World) =>
    unsafe(app)
      .map(({ method, path }) => ({ key: `${method} ${path}`, method, path }))
      .filter(({ key }) => ['session', 'superuser'].includes(accessTable[key] ?? ''));

  function request(app: World, { key, method, path }: { key: string; method: string; path: string }) {
    const id = path.includes('/users/') ? app.guarded.id : path.includes('/clients/') ? app.client.id : app.token.id;
    const secondFactor = /totp\/(disable|recovery)/.test(path);
    const superuser = accessTable[key] === 'superuser';
    const as = superuser ? app.root : secondFactor ? app.guarded : app.dev;
    const json = bodies(app)[key];
    return (headers: Record<string, string>, ask: Ask = {}) =>
      app.ask(path.replace(':id', id), {
        method,
        ...(json && { json }),
        ...ask,
        headers: { ...cookieOf(app, as), ...headers, ...(ask.headers as Record<string, string>) },
      });
  }

  test('changes nothing through any route of the API', async () => {
    const app = await open();
    const before = await rowsOf(app.path);
    const routes = apiRoutes(app);
    expect(routes.length).toBeGreaterThan(12);
    for (const route of routes) {
      const send = request(app, route);
      for (const headers of foreignHeaders) {
        const response = await send(headers);
        expect({ ...route, headers, status: response.status }).toMatchObject({ status: 403 });
        expect(await jsonOf(response)).toMatchObject({ code: 'cross-site' });
      }
      // Content types that a form on another site can send without a CORS preflight.
      const json = JSON.stringify(bodies(app)[route.key] ?? {});
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
        const sent = await send({}, { json: undefined, body: json, headers: { 'Content-Type': type } });
        expect({ ...route, type, status: sent.status }).toMatchObject({ status: 403 });
      }
    }
    expect(await rowsOf(app.path)).toEqual(before);
  });

  /** Creates a webhook with a delivery, which the route then names. */
  async function prepareWebhook(app: World, route: { path: string }): Promise<void> {
    const json = { url: 'https://hooks.example.com/of-the-test', events: ['webhook.*'] };
    const { id } = await jsonOf<{ id: string }>(app.ask('/api/v1/webhooks', { as: app.root, json }));
    const [delivery] = await app.store.deliveries.list({ webhookId: id, limit: 1, before: null });
    // Otherwise, sending it again would change nothing.
    app.clock.advance(1000);
    route.path = route.path.replace(':id', id).replace(':delivery', delivery?.id ?? '');
  }

  /** Starts another session if the route ends one. */
  async function prepareSession(app: World, route: { path: string }): Promise<void> {
    if (!route.path.includes('/sessions/:') && !route.path.endsWith('/others')) return;
    const ofMember = route.path.includes('/users/');
    const secret = await app.signIn(ofMember ? app.guarded.id : app.dev.id);
    const id = (await app.services.sessions.authenticate(secret))?.session.id ?? '';
    route.path = route.path.replace(ofMember ? ':session' : ':id', id);
  }

  /** Creates what the route changes, and returns its ID. Returns null if the world has it already. */
  async function prepareObject(app: World, { key, path }: { key: string; path: string }): Promise<string | null> {
    const create = async (collection: string, json: object) =>
      (await jsonOf<{ id: string }>(app.ask(`/api/v1/${collection}`, { as: app.root, json }))).id;
    if (/\/invitation(-link)?$/.test(key)) return create('users', { email: 'invited@example.com' });
    if (path === '/api/v1/me/passkeys/:id') {
      const passkey = passkeyRecord(app.dev.id);
      await app.store.passkeys.insert(passkey);
      return passkey.id;
    }
    if (path === '/api/v1/apps/:id') return create('apps', { name: 'wiki' });
    if (path === '/api/v1/service-accounts/:id') {
      return (await createServiceAccount(app, 'builds', { maintainers: [app.dev] })).id;
    }
    if (!path.startsWith('/api/v1/trusts')) return null;
    return (await addTrust(app.store, await addServiceAccount(app.store, 'ci'))).id;
  }

  /** Makes the route change something: invites a member who has never signed in, registers an app, pauses or rotates the token first. */
  async function prepare(app: World, route: { key: string; path: string }): Promise<void> {
    await prepareSession(app, route);
    const id = await prepareObject(app, route);
    if (id !== null) route.path = route.path.replace(':id', id);
    if (route.path.endsWith('/transfer')) {
      const account = await addServiceAccount(app.store, 'ci');
      await app.store.serviceAccounts.addMaintainer(account.id, app.dev.id);
    }
    if (route.path.endsWith('/erase')) await app.store.users.setDisabled(app.guarded.id, true);
    if (route.path.startsWith('/api/v1/webhooks/:id')) await prepareWebhook(app, route);
    await prepareToken(app, route);
  }

  /** Pauses the token that the route resumes, and rotates the token whose old value the route ends. */
  async function prepareToken(app: World, { key }: { key: string }): Promise<void> {
    const first = key.endsWith('/resume') ? 'pause' : key.endsWith('/previous') ? 'rotate' : null;
    if (first === null) return;
    await app.ask(`/api/v1/tokens/${app.token.id}/${first}`, { as: app.dev, method: 'POST', json: {} });
  }

  /** Routes that read although they are POSTs, because a URL has no room for hashes, and ends up in logs. */
  const reading = ['POST /api/v1/tokens/statuses', 'POST /api/v1/tokens/:id/test'];

  test('changes something through each of these routes if it comes from our own site', async () => {
    for (const { key } of apiRoutes(await open())) {
      const app = await open();
      const route = apiRoutes(app).find((one) => one.key === key);
      if (route === undefined) throw new Error(key);
      await prepare(app, route);
      const before = await rowsOf(app.path);
      const response = await request(app, route)({ 'Sec-Fetch-Site': 'same-origin' });
      expect({ key, status: response.status }).toEqual({ key, status: expect.toSatisfy((status) => status < 300) });
      const after = await rowsOf(app.path);
      if (reading.includes(key)) expect(after).toEqual(before);
      else expect(after, key).not.toEqual(before);
    }
  });

  test('changes nothing through any form of the console, even with a valid form token', async () => {
    const app = await open();
    const before = await rowsOf(app.path);
    const pages = unsafe(app).filter(({ method, path }) => Object.hasOwn(pageAccess, `${method} ${path}`));
    expect(pages.length).toBeGreaterThan(18);
    const form = { email: app.dev.email, password, new: nextPassword, again: nextPassword, current: password };
    const form_token = await formTokenOf(app, app.root);
    for (const { path } of pages) {
      const target = path.replace(':token', app.token.id).replace(':action', 'disable').replace(':id', app.dev.id);
      for (const headers of foreignHeaders) {
        const sent = { ...form, name: 'made', expires: 'never', decision: 'approve', form_token };
        const shown = await openConsole(app, app.root).post(target, sent, { 'Sec-Fetch-Site': '', ...headers });
        expect({ target, headers, status: shown.status }).toMatchObject({ status: 403 });
        expect(shown.headers.getSetCookie().join()).not.toContain('session');
      }
    }
    expect(await rowsOf(app.path)).toEqual(before);
  });

  test('changes nothing through a method override', async () => {
    const app = await open();
    const before = await rowsOf(app.path);
    const overrides = ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'];
    for (const name of overrides) {
      for (const path of [`/api/v1/tokens/${app.token.id}`, `/profile/api-tokens/${app.token.id}/revoke`, '/logout']) {
        for (const value of ['DELETE', 'POST']) {
          await app.ask(`${path}?_method=${value}`, { headers: { ...cookieOf(app, app.dev), [name]: value } });
        }
      }
    }
    expect(await rowsOf(app.path)).toEqual(before);
  });
});

test('forbids framing in every response, signed in or not, including errors', async () => {
  const app = await open();
  const routes = [...routesOf(app.app), ...['/nowhere', '/api/v1/nowhere'].map((path) => ({ method: 'GET', path }))];
  expect(routes.length).toBeGreaterThan(80);
  for (const { method, path } of routes) {
    const target = path.replace(':file', 'console.css').replace(/:\w+/g, app.token.id);
    for (const as of [undefined, app.root]) {
      for (const verb of new Set([method === 'ALL' ? 'POST' : method, 'PROPFIND'])) {
        const headers = { Accept: 'text/html', ...(as && cookieOf(app, as)) };
        const response = await app.ask(target, { method: verb, headers, ip: '127.0.0.1' });
        const { 'x-frame-options': frame, 'content-security-policy': policy } = Object.fromEntries(response.headers);
        await response.body?.cancel();
        expect({ verb, path, frame, policy }).toMatchObject({
          frame: 'DENY',
          policy: expect.stringMatching(/frame-ancestors 'none'/),
        });
      }
    }
  }
});
