import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { accessTable } from '../server/http/middleware/access.ts';
import { type PageAccess, pageAccess } from '../server/web/shell/access.ts';
import { assetUrl } from '../server/web/shell/assets.ts';
import { createToken, jsonOf, type Member, openTestApp, password, type TestApp } from './helpers/app/app.ts';
import { routesOf } from './helpers/app/routes.ts';
import { createServiceAccount, createTrust } from './helpers/app/service-accounts.ts';
import { openConsole, sessionCookieName, textOf } from './helpers/console/pages.ts';
import { addApp } from './store/contract/apps/apps.ts';
import { addWebhook } from './store/contract/webhooks/webhooks.ts';

const routes = Object.entries(pageAccess).map(([key, access]) => {
  const [method = '', path = ''] = key.split(' ');
  return { key, method, path, access };
});
type Route = (typeof routes)[number];
const only = (method: string, ...kinds: PageAccess[]) =>
  routes.filter((route) => route.method === method && kinds.includes(route.access));
const guarded = (method: string) => only(method, 'member', 'reader', 'superuser');
const guardedOf = (room: string, kind: PageAccess) =>
  routes.filter(({ path, access }) => path.startsWith(room) && access === kind);

const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'permissions-policy': 'publickey-credentials-get=(self), publickey-credentials-create=(self)',
  'x-frame-options': 'DENY',
};
const pageHeadersWith = (formTargets: string) => ({
  ...pageHeaders,
  'content-security-policy': pageHeaders['content-security-policy'].replace(
    "form-action 'self'",
    `form-action 'self'${formTargets}`,
  ),
});
const everyHeader = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'strict-transport-security': 'max-age=15552000',
};

/** For the tests that change nothing. The others open an app of their own. */
let shared: Opened;
beforeAll(async () => {
  shared = await openWithRecords();
});
afterAll(() => shared.close());

async function open(): Promise<Opened> {
  const app = await openWithRecords();
  onTestFinished(app.close);
  return app;
}

/** Opens an app with a record of each kind that pages are about. */
async function openWithRecords() {
  const app = await openTestApp();
  const other = await app.addMember({ email: 'other@example.com' });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const token = await createToken(app, app.dev, { name: 'there' });
  const otherSession = await app.signIn(app.dev.id);
  const found = await app.services.sessions.authenticate(otherSession);
  await addDeviceCode(app, 'BBBBBBBB', null);
  await addDeviceCode(app, 'CCCCCCCC', (await app.services.sessions.authenticate(app.dev.session))?.session.id ?? null);
  const registered = await addApp(app.store, { name: 'grafana' });
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev, app.root] });
  const { id: webhook } = await addWebhook(app.store, { events: ['app.deleted'] });
  const tested = await app.store.deliveries.queueTest(webhook, { id: token.id, at: app.clock.now() });
  // It was delivered, so that sending it again changes something.
  const lease = { webhookId: webhook, leaseId: 'of the test' };
  await app.store.deliveries.claim({ ...lease, now: app.clock.now(), leaseMs: 1000, limit: 1 });
  await app.store.deliveries.markDelivered(lease, [tested.id], app.clock.now());
  const client = await jsonOf<{ id: string }>(app.ask('/api/v1/clients', { as: app.root, json: { name: 'scanner' } }));
  const trust = await createTrust(app, { name: 'deploy', service_account: 'ci' });
  const ids = {
    ...{ session: found?.session.id ?? '', token: token.id, member: app.dev.id, app: registered.id },
    ...{ webhook, delivery: tested.id, event: await newestEventOf(app, app.dev.id) },
    account: account.id,
    trust: trust.id,
    client: client.id,
  };

  /** Returns all data that a page could change, as text. Events of failed sign-ins are left out. */
  async function everything(): Promise<string> {
    const page = { limit: 1000, before: null };
    const events = await app.store.audit.list(page);
    const sessions = [app.root.session, app.dev.session, otherSession];
    return JSON.stringify([
      await app.store.users.list(page),
      await Promise.all([app.root, app.dev].map(({ id }) => app.store.users.findById(id))),
      await app.store.tokens.list({ ...page, now: app.clock.now() }),
      await app.store.apps.list(page),
      await app.store.serviceAccounts.list(page),
      await app.store.clients.list(page),
      await app.store.webhooks.list(page),
      await app.store.deliveries.list({ ...page, webhookId: webhook }),
      await app.store.trusts.list(page),
      events.filter(({ action }) => action !== 'session.failed'),
      (await app.mails()).map(({ id }) => id),
      await Promise.all(sessions.map((session) => app.services.sessions.authenticate(session))),
      await Promise.all(['BBBBBBBB', 'CCCCCCCC'].map((code) => app.store.deviceCodes.findByUserCode(code))),
    ]);
  }

  return { ...app, other, auditor, ids, everything };
}

/** Returns the ID of the newest event that concerns a member. */
async function newestEventOf({ store }: TestApp, participant: string): Promise<string> {
  const [event] = await store.audit.list({ limit: 1, before: null, participant });
  if (event === undefined) throw new Error('The member has no event.');
  return event.id;
}

/** A device code waiting for approval. */
function addDeviceCode(app: TestApp, userCode: string, openedBy: string | null): Promise<boolean> {
  const at = app.clock.now();
  const times = { createdAt: at, expiresAt: at + 600_000, intervalMs: 5000, lastPolledAt: null };
  const asked = { hash: `hash of ${userCode}`, userCode, clientId: 'tokens', ip: null, userAgent: null };
  const pending = { status: 'pending', openedBy, userId: null, sso: false, ssoSid: null } as const;
  return app.store.deviceCodes.insert({ ...asked, ...times, ...pending });
}

type Opened = Awaited<ReturnType<typeof openWithRecords>>;

/** Returns the path of a route with the IDs of existing records. */
function target({ path }: Route, { ids }: Opened): string {
  const rooms = {
    '/profile/sessions': ids.session,
    '/profile': ids.token,
    '/organization/apps': ids.app,
    '/organization/service-accounts': ids.account,
    '/organization/clients': ids.client,
    '/organization/webhooks': ids.webhook,
    '/organization/trusts': ids.trust,
    '/organization/audit': ids.event,
  };
  const id = Object.entries(rooms).find(([start]) => path.startsWith(start))?.[1] ?? ids.member;
  return path
    .replace(':file', assetUrl('console.css').replace('/assets/', ''))
    .replace(':token', ids.token)
    .replace(':session', ids.session)
    .replace(':delivery', ids.delivery)
    .replace(':report', 'active')
    .replace(':action', actionOf(path))
    .replace(':id', id);
}

const actionOf = (path: string) =>
  path.startsWith('/profile') ? 'pause' : /\/(webhooks|service-accounts)\//.test(path) ? 'disable' : 'offboard';

const authorization = {
  client_id: 'tokens',
  redirect_uri: 'http://127.0.0.1:40000/callback',
  response_type: 'code',
  code_challenge: 'A'.repeat(43),
  code_challenge_method: 'S256',
};
/** Queries without which a page redirects or fails. */
const goodQueries: Record<string, string> = {
  'GET /oauth/authorize': `?${new URLSearchParams(authorization)}`,
  'GET /device/approve': '?user_code=CCCC-CCCC',
};

const next = 'another staple battery horse';
/** A valid form for each page, so that a rejection can only be caused by what a test changes. */
const goodForms: Record<string, Record<string, string>> = {
  'POST /login': { email: 'dev@example.com', password },
  'POST /logout': {},
  'POST /login/code': { code: '000000' },
  'POST /login/code/passkey': { response: '{}' },
  'POST /login/code/passkey/options': {},
  'POST /login/passkey': { response: '{}' },
  'POST /login/passkey/options': {},
  'POST /login/set-up': { code: '000000' },
  'POST /login/set-up/passkey': { name: 'Laptop', response: '{}' },
  'POST /login/set-up/passkey/options': {},
  'POST /password/forgot': { email: 'dev@example.com' },
  'POST /password/reset': {
    token: 'x',
    password: 'another staple battery horse',
    again: 'another staple battery horse',
  },
  'POST /invitation': { token: 'x', password: next, again: next },
  'POST /recover': { token: 'x', password: next, again: next },
  'POST /profile/single-sign-on': { ticket: 'x', password },
  'POST /profile/confirm': { confirm_with: 'password', confirm_password: password, next: '/profile' },
  'POST /profile/confirm/options': {},
  'POST /profile/two-step': { password },
  'POST /profile/two-step/confirm': { code: '000000' },
  'POST /profile/two-step/disable': {},
  'POST /profile/two-step/recovery-codes': {},
  'POST /profile/passkeys': { name: 'Laptop', response: '{}' },
  'POST /profile/passkeys/options': {},
  'POST /profile/passkeys/:id/rename': { new_name: 'Work laptop' },
  'POST /profile/passkeys/:id/remove': {},
  'POST /profile/name': { name: 'New name' },
  'POST /profile/email': { email: 'new@example.com', password },
  'POST /profile/email/confirm': { token: 'x' },
  'POST /organization/team/:id/invitation-link': {},
  'POST /organization/team/invite': { addresses: 'invited@example.com' },
  'POST /organization/team/:id/edit': { name: 'Edited', email: 'edited@example.com' },
  'POST /profile/password': { current: password, new: next, again: next },
  'POST /profile/sessions/end-others': {},
  'POST /organization/team/:id/sessions/:session/end': {},
  'POST /profile/sessions/:id/end': {},
  'POST /profile/api-tokens': { name: 'made', expires: 'never' },
  'POST /profile/api-tokens/new': { name: 'made', expires: 'never' },
  'POST /profile/api-tokens/:id/revoke': {},
  'POST /profile/api-tokens/:id/test': { method: 'GET', path: '/' },
  'POST /profile/api-tokens/:id/narrow': { allow: 'GET /a\nPOST /b' },
  'POST /profile/api-tokens/:id/:action': { for: '3600', reason: 'Holidays' },
  'POST /organization/service-accounts': { name: 'builds' },
  'POST /organization/service-accounts/:id/edit': { description: 'Edited' },
  'POST /organization/service-accounts/:id/maintainers/add': { email: 'other@example.com' },
  'POST /organization/service-accounts/:id/maintainers/remove': { email: 'root@example.com' },
  'POST /organization/service-accounts/:id/tokens': { name: 'made', expires: 'never' },
  'POST /organization/service-accounts/:id/keys': { name: 'made', expires: '2592000', manage: 'apps' },
  'POST /organization/service-accounts/:id/:action': {},
  'POST /organization/trusts': { name: 'made', service_account: 'ci', repository: 'acme/api', ttl: '15m' },
  'POST /organization/trusts/:id/edit': {
    service_account: 'ci',
    issuer: 'https://id.example.com',
    claims: 'sub=a',
    ttl: '5m',
  },
  'POST /organization/trusts/:id/delete': {},
  'POST /organization/apps': { name: 'builds' },
  'POST /organization/apps/:id/edit': { groups: 'developers' },
  'POST /organization/apps/:id/delete': {},
  'POST /organization/clients': { name: 'gateway' },
  'POST /organization/clients/:id/edit': { can_revoke: 'yes' },
  'POST /organization/clients/:id/rotate-secret': {},
  'POST /organization/clients/:id/delete': {},
  'POST /organization/webhooks': { url: 'https://hooks.example.com/new', events: '*', format: 'standard' },
  'POST /organization/webhooks/:id/edit': { url: 'https://hooks.example.com/new', events: '*', format: 'slack' },
  'POST /organization/webhooks/:id/:action': {},
  'POST /organization/webhooks/:id/deliveries/:delivery/retry': {},
  'POST /organization/team': { email: 'new@example.com', name: 'New' },
  'POST /organization/team/:id/:action': {},
  'POST /organization/team/:id/tokens/:token/revoke': {},
  'POST /oauth/authorize': { ...authorization, decision: 'approve' },
  'POST /device': { user_code: 'bbbb-bbbb' },
  'POST /device/approve': { user_code: 'CCCC-CCCC', decision: 'approve' },
};

/** Returns a form that the page accepts. */
function formOf({ key, path }: Route, { ids }: Opened): Record<string, string> | undefined {
  return path.endsWith('/selected') ? { action: 'pause', ids: ids.token } : goodForms[key];
}

/** Returns the member with the least rights who may use this page. */
const allowed = ({ access }: Route, app: Opened): Member =>
  access === 'superuser' || access === 'reader' ? app.root : app.dev;

async function formTokenOf(app: Opened, as: Member): Promise<string> {
  const { html } = await openConsole(app, as).get('/logout');
  return /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
}

it('lists every page of the router, and no API route, in the access table', async () => {
  const app = shared;
  const routed = routesOf(app.app).map(({ method, path }) => `${method} ${path}`);
  expect(routed.filter((key) => !Object.hasOwn(accessTable, key)).sort()).toEqual(Object.keys(pageAccess).sort());
  expect(Object.keys(pageAccess).filter((key) => Object.hasOwn(accessTable, key))).toEqual([]);
});

it('returns 404 for a page that the access table does not list', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  app.app.get('/organization/forgotten', (c) => c.text('open'));
  const { status, html } = await openConsole(app, app.root).get('/organization/forgotten');
  expect({ status, open: html.includes('open') }).toEqual({ status: 404, open: false });
});

it('applies the access of the first matching route, not of a later one', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  app.app.get('/:any/team', (c) => c.text('later'));
  expect((await openConsole(app, app.root).get('/organization/team')).status).toBe(200);
  expect((await openConsole(app, app.dev).get('/organization/team')).status).toBe(403);
});

describe.each(guarded('GET'))('$key', (route) => {
  it('sends visitors to sign in and back', async () => {
    const app = shared;
    const path = `${target(route, app)}?q=a%20b`;
    const ended = { ...app.dev, session: `session_${'A'.repeat(43)}` };
    for (const as of [undefined, ended]) {
      const shown = await openConsole(app, as).get(path);
      expect(shown.status).toBe(303);
      expect(shown.location).toBe(`/login?next=${encodeURIComponent(path)}`);
      expect(shown.html).toBe('');
      expect(shown.headers.get('cache-control')).toBe('no-store');
    }
    const headers = { Authorization: `Bearer ${app.root.session}` };
    expect((await openConsole(app).get(path, headers)).status, 'only the cookie counts here').toBe(303);
  });

  it('sends disabled members to sign in', async () => {
    const app = await open();
    await app.store.users.setSuperuser(app.dev.id, true);
    await app.store.users.setDisabled(app.dev.id, true);
    expect((await openConsole(app, app.dev).get(target(route, app))).status).toBe(303);
  });
});

describe.each(routes.filter(({ access }) => access === 'superuser' || access === 'reader'))('$key', (route) => {
  it('rejects members who are not superusers, even with a valid form', async () => {
    const app = shared;
    const before = await app.everything();
    const browser = openConsole(app, app.dev);
    const form = { ...formOf(route, app), form_token: await formTokenOf(app, app.dev) };
    const path = target(route, app);
    const shown = route.method === 'GET' ? await browser.get(path) : await browser.post(path, form);
    expect(shown.status).toBe(403);
    expect(shown.html).toContain('Superuser required');
    expect(Object.fromEntries(shown.headers)).toMatchObject({ ...everyHeader, ...pageHeaders });
    expect(await app.everything()).toBe(before);
  });
});

describe.each(routes.filter(({ path }) => path.startsWith('/organization/') || path.includes('api-tokens/:id')))(
  '$key',
  (route) => {
    it('shows an auditor what members with other roles see, offers no change and accepts none', async () => {
      const app = shared;
      const before = await app.everything();
      const browser = openConsole(app, app.auditor);
      const form = { ...formOf(route, app), form_token: await formTokenOf(app, app.auditor) };
      const path = target(route, app);
      const read = isReadByAuditor(route);
      const shown = route.method === 'GET' ? await browser.get(path) : await browser.post(path, form);
      expect(shown.status).toBe(read ? 200 : refusalOf(route));
      const pages = read ? [shown.html, ...(route.method === 'GET' ? await openDialogs(browser, path) : [])] : [];
      for (const html of pages) {
        const actions = [...html.matchAll(/<form[^>]*method="post" action="([^"]*)"/g)].map(([, action]) => action);
        expect(actions).toEqual(expect.toBeOneOf([[], ['/profile/theme', '/profile/search-key', '/logout']]));
        expect(html).not.toMatch(/href="[^"]*dialog=/);
      }
      expect(await app.everything()).toBe(before);
    });
  },
);

/** Reports whether a form of the owner only reads: the test of a request. */
const isReading = ({ key }: Route) => key === 'POST /profile/api-tokens/:id/test';

/** Reports whether an auditor reads this page. Changes of selected tokens are closed. */
function isReadByAuditor(route: Route): boolean {
  const { method, path, access } = route;
  return method === 'GET' && access !== 'superuser' && !path.endsWith('/selected');
}

/** Returns the status of a page that an auditor does not use. */
function refusalOf({ method, access }: Route): number {
  return method === 'GET' && access === 'member' ? 404 : 403;
}

/** Opens a page with each dialog that it has for those who may change what it shows. */
async function openDialogs(browser: ReturnType<typeof openConsole>, path: string): Promise<string[]> {
  if (/\.(csv|json)$/.test(path)) return [];
  const shown: string[] = [];
  for (const dialog of [
    'add',
    'edit',
    'create',
    'create-token',
    'create-key',
    'revoke',
    'delete',
    'disable',
    'pause',
    'rotate-secret',
  ]) {
    const { status, html } = await browser.get(`${path}?dialog=${dialog}`);
    expect([dialog, status]).toEqual([dialog, 200]);
    shown.push(html);
  }
  return shown;
}

describe.each(guardedOf('/organization/service-accounts', 'member'))('$key', (route) => {
  it('returns 404 to members who maintain no service account, even with a valid form', async () => {
    const app = shared;
    const before = await app.everything();
    const browser = openConsole(app, app.other);
    const form = { ...formOf(route, app), form_token: await formTokenOf(app, app.other) };
    const path = target(route, app);
    const shown = route.method === 'GET' ? await browser.get(path) : await browser.post(path, form);
    expect(shown.status).toBe(404);
    expect(textOf(shown.html)).not.toContain('Service accounts');
    expect(await app.everything()).toBe(before);
  });
});

/** Pages that first need a ticket, a link, a passkey, TOTP enrolment or an invited member; the tests in test/web cover them. */
const needsMore =
  /^\/login\/(code|set-up|passkey)|^\/password\/reset|^\/invitation|^\/recover|^\/profile\/(two-step|passkeys|single-sign-on|confirm\/options|email\/confirm)|\/invitation-link$/;

describe.each(routes.filter(({ method, path }) => method !== 'GET' && !needsMore.test(path)))('$key', (route) => {
  it('accepts the form of our own page', async () => {
    const app = await open();
    const before = await app.everything();
    const as = allowed(route, app);
    const form = { ...formOf(route, app), form_token: await formTokenOf(app, as) };
    const { status, location } = await openConsole(app, as).post(target(route, app), form);
    expect([200, 303]).toContain(status);
    // These are kept in the browser.
    if (['/profile/theme', '/profile/search-key'].includes(route.path)) return;
    if (route.path === '/oauth/authorize') expect(location).toContain('?code=code_');
    else if (isReading(route)) expect(await app.everything()).toBe(before);
    else expect(await app.everything()).not.toBe(before);
  });
});

describe.each(routes.filter(({ method }) => method !== 'GET'))('$key', (route) => {
  const post = async (app: Opened, as: Member | undefined, form: object, headers: Record<string, string> = {}) =>
    openConsole(app, as).post(target(route, app), { ...formOf(route, app), ...form }, headers);

  it('changes nothing for visitors', async () => {
    const app = shared;
    const before = await app.everything();
    const form_token = await formTokenOf(app, app.root);
    const authorization = { Authorization: `Bearer ${app.root.session}` };
    for (const headers of [{}, authorization] as Array<Record<string, string>>) {
      const { status, location } = await post(app, undefined, { form_token }, headers);
      expect(route.access === 'anyone' ? [403, null] : [303, '/login']).toEqual([status, location]);
    }
    expect(await app.everything()).toBe(before);
  });

  it('changes nothing without a form token or with another member’s', async () => {
    const app = shared;
    const before = await app.everything();
    const as = allowed(route, app);
    const others = await formTokenOf(app, as === app.root ? app.dev : app.root);
    const own = await formTokenOf(app, as);
    for (const form_token of ['', others, own.slice(1), `${own}x`, own.toUpperCase()]) {
      expect((await post(app, as, { form_token })).status, form_token).toBe(403);
    }
    expect((await post(app, as, {})).status).toBe(403);
    const inAddress = await openConsole(app, as).post(`${target(route, app)}?form_token=${own}`, goodForms[route.key]);
    expect(inAddress.status).toBe(403);
    expect(await app.everything()).toBe(before);
  });

  it('changes nothing for a form from another site, even with a valid form token', async () => {
    const app = shared;
    const before = await app.everything();
    const as = allowed(route, app);
    const form_token = await formTokenOf(app, as);
    const evidence: Array<Record<string, string>> = [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'none' },
      { 'Sec-Fetch-Site': 'cross-site', Origin: app.config.publicUrl },
      { 'Sec-Fetch-Site': '' },
      { 'Sec-Fetch-Site': '', Origin: 'null' },
      { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' },
      { 'Sec-Fetch-Site': '', Origin: 'http://tokens.test' },
      { 'Sec-Fetch-Site': '', Referer: app.config.publicUrl },
    ];
    for (const headers of evidence) {
      expect((await post(app, as, { form_token }, headers)).status, JSON.stringify(headers)).toBe(403);
    }
    expect(await app.everything()).toBe(before);
  });

  it('changes nothing by GET', async () => {
    const app = shared;
    const before = await app.everything();
    const as = allowed(route, app);
    const form = new URLSearchParams({ ...formOf(route, app), form_token: await formTokenOf(app, as) });
    await openConsole(app, as).get(`${target(route, app)}?${form}`);
    expect(await app.everything()).toBe(before);
  });
});

describe.each(routes.filter(({ method }) => method === 'GET'))('$key', (route) => {
  it('sends the security and caching headers of its kind', async () => {
    const app = shared;
    const { status, headers } = await openConsole(app, app.root).get(
      target(route, app) + (goodQueries[route.key] ?? ''),
    );
    // These fail without single sign-on, a ticket or a link.
    const mayBeGone =
      /^\/login\/(sso|set-up)|^\/profile\/single-sign-on|^\/password\/reset|^\/invitation|^\/recover|\/confirm$/.test(
        route.path,
      );
    expect([200, 303, ...(mayBeGone ? [403, 404, 410] : [])]).toContain(status);
    const targets = route.path === '/oauth/authorize' ? ' http://127.0.0.1:40000' : '';
    expect(Object.fromEntries(headers)).toMatchObject({
      ...everyHeader,
      'x-request-id': expect.any(String),
      ...(headers.get('content-type')?.startsWith('text/html') && pageHeadersWith(targets)),
      'cache-control': route.access === 'file' ? 'public, max-age=31536000, immutable' : 'no-store',
    });
    expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  it('returns the same status and type for HEAD, without a body', async () => {
    const app = shared;
    const headers = { Cookie: `${sessionCookieName(app)}=${app.root.session}`, Accept: 'text/html' };
    const [get, head] = await Promise.all(
      ['GET', 'HEAD'].map((method) => app.ask(target(route, app), { method, headers })),
    );
    expect(head?.status).toBe(get?.status);
    expect(await head?.text()).toBe('');
    expect(head?.headers.get('content-type')).toBe(get?.headers.get('content-type'));
    await get?.body?.cancel();
  });
});

it('serves files without cookies, and lets browsers cache only the current version without revalidation', async () => {
  const app = shared;
  for (const name of ['console.css', 'console.js', 'icon.svg'] as const) {
    const strangers = await openConsole(app).get(assetUrl(name));
    expect(strangers.headers.has('set-cookie')).toBe(false);
    expect((await openConsole(app, app.root).get(assetUrl(name))).html).toBe(strangers.html);
    for (const version of ['', '?v=', '?v=000000000000']) {
      expect((await openConsole(app).get(`/assets/${name}${version}`)).headers.get('cache-control')).toBe('no-cache');
    }
  }
});
