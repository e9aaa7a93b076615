import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startPath } from '../../../server/web/shell/return-path.ts';
import { type Ask, jsonOf, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { startTestServer } from '../../helpers/app/http.ts';
import { beginDevice, type DeviceCodes, deviceGrant, postForm } from '../../helpers/app/oauth.ts';
import { formsOf, openConsole, type Shown } from '../../helpers/console/pages.ts';
import { codeAt } from '../../helpers/sign-in/totp.ts';
import { formTokenOf, openSsoWorld, openWorld, type World } from './console-world.ts';

async function open(): Promise<World> {
  const world = await openWorld();
  onTestFinished(world.close);
  return world;
}

describe('a link with a redirect target on another site', () => {
  const targets = [
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '/\\/evil.example',
    '\\\\evil.example',
    '%2f%2fevil.example',
    '/%2f%2fevil.example/..',
    '/%5cevil.example',
    '/./\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\nLocation: https://evil.example',
    '/%0d%0aLocation:%20https://evil.example',
    'https://evil.example/',
    'https:/evil.example',
    'https:evil.example',
    'http://tokens.example.com',
    '//tokens.example.com@evil.example',
    '@evil.example',
    '.evil.example',
    ':443@evil.example',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'java\tscript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    ' javascript:alert(1)',
    '\u0000//evil.example',
    '／／evil.example',
    '/‮//evil.example',
  ];
  const site = 'https://tokens.example.com';

  /** Expects a path on our own site, in one line of visible ASCII. */
  function expectOurs(location: string | null | undefined, why: string): void {
    expect(location, why).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
    expect(new URL(location ?? '', `${site}/login`).origin, why).toBe(site);
  }
  function expectOwnLinks({ html }: Shown, why: string): void {
    for (const [, url = ''] of html.matchAll(/\b(?:href|action|src)="([^"]*)"/g)) {
      // The sign-in page also links the public URL, for people who opened it at another address.
      if (url.startsWith('#') || url.startsWith('otpauth://totp/') || url === `${site}/`) continue;
      expectOurs(url.replaceAll('&amp;', '&'), why);
    }
  }

  test('leads to our own site after password sign-in, from the query and from the form', async () => {
    const app = await open();
    for (const next of targets) {
      const browser = openConsole(app);
      const page = await browser.get(`/login?next=${encodeURIComponent(next)}`);
      expectOwnLinks(page, next);
      expectOurs(formsOf(page.html)[0]?.hidden.next, next);
      const { location } = await browser.submit('/login', { email: app.dev.email, password, next });
      expectOurs(location, next);
    }
  });

  test('leads to our own site after TOTP enrolment', async () => {
    const app = await openTestApp({ requireTotp: true });
    onTestFinished(app.close);
    const novice = await app.addMember({ email: 'novice@example.com' });
    const browser = openConsole(app);
    await browser.get('/login');
    await browser.submit('/login', { email: novice.email, password });
    expect((await browser.get('/login/set-up')).status).toBe(200);
    for (const next of targets)
      expectOwnLinks(await browser.get(`/login/set-up?next=${encodeURIComponent(next)}`), next);
  });

  test('leads to our own site after the second factor', async () => {
    const app = await open();
    for (const next of targets) {
      const guarded = openConsole(app);
      await guarded.get('/login');
      await guarded.submit('/login', { email: app.guarded.email, password });
      const page = await guarded.get(`/login/code?next=${encodeURIComponent(next)}`);
      expectOwnLinks(page, next);
      app.clock.advance(30_000);
      const { form_token = '' } = formsOf(page.html)[0]?.hidden ?? {};
      const code = codeAt(app.guarded.totp, app.clock.now());
      const done = await guarded.post(`/login/code?next=${encodeURIComponent(next)}`, { code, form_token });
      expect(done.status).toBe(303);
      expectOurs(done.location, next);
    }
  });

  test('leads to our own site after single sign-on, even if its cookie was changed', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    for (const next of targets) {
      const browser = openConsole(app);
      const started = await browser.get(`/login/sso?next=${encodeURIComponent(next)}`);
      expect(new URL(started.location ?? '').origin).toBe(app.provider.issuer);
      const pending = browser.cookies.get('__Host-tokens_sso') ?? '';
      const state = JSON.parse(Buffer.from(pending, 'base64url').toString());
      expectOurs(state.next, next);
      browser.cookies.set('__Host-tokens_sso', Buffer.from(JSON.stringify({ ...state, next })).toString('base64url'));
      expectOurs((await browser.get(app.provider.callbackFor(started.location ?? ''))).location, next);
    }
  });

  test('receives no authorization code and injects no header', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    const challenge = { code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' };
    const good = { client_id: 'tokens', response_type: 'code', ...challenge };
    const elsewhere = ['http://127.0.0.1:80@evil.example/', 'http://127.0.0.1.evil.example:1/', 'http://localhost:1/'];
    for (const redirect_uri of [...targets, ...elsewhere, 'http://127.0.0.1:1/\\@evil.example']) {
      const { status, location } = await browser.get(
        `/oauth/authorize?${new URLSearchParams({ ...good, redirect_uri })}`,
      );
      expect({ redirect_uri, status, location }).toEqual({ redirect_uri, status: 400, location: null });
    }
    const state = 'x\r\nSet-Cookie: a=b';
    const denied = { ...good, redirect_uri: 'http://127.0.0.1:1/', state, response_type: 'token' };
    const { location, headers } = await browser.get(`/oauth/authorize?${new URLSearchParams(denied)}`);
    expect(new URL(location ?? '').searchParams.get('state')).toBe(state);
    expect(headers.getSetCookie().join()).not.toContain('a=b');
  });

  test('leads to our own site from a list that keeps its search query', async () => {
    const app = await open();
    const form_token = await formTokenOf(app, app.root);
    for (const q of targets) {
      const query = new URLSearchParams({ q, cursor: q, done: q });
      const shown = await openConsole(app, app.root).get(`/organization/team?${query}`);
      if (shown.status === 200) expectOwnLinks(shown, q);
      const target = `/organization/team/${app.dev.id}/grant?${query}`;
      expectOurs((await openConsole(app, app.root).post(target, { form_token })).location, q);
    }
  });

  test('leads to our own site whatever the request line, Host and forwarding headers contain', async () => {
    const server = await startTestServer({ publicUrl: site });
    onTestFinished(server.stop);
    const lines = [
      '//evil.example/%2e%2e',
      '/\\evil.example',
      'http://evil.example/profile',
      '/profile',
      '//evil.example//profile',
    ];
    for (const line of lines) {
      const fields =
        'Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\nConnection: close';
      const { text } = await server.exchange(`GET ${line} HTTP/1.1\r\n${fields}\r\n\r\n`);
      expect(text, line).toMatch(/^HTTP\/1\.1 (303|400|404) /);
      const location = /^location: (.*)$/im.exec(text)?.[1]?.trim();
      if (location !== undefined) expectOurs(location, line);
      expect(text.replace(/next=\S*/g, ''), line).not.toContain('evil.example');
    }
  });

  test('is ignored, while a target on our own site is followed', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    expect((await browser.get('/login?next=%2Fprofile%3Fa%3Db')).location).toBe('/profile?a=b');
    expect((await browser.get('/login?next=%2F%2Fevil.example')).location).toBe(startPath);
  });
});

describe('a password guessed against many accounts', () => {
  const maxFailures = 20;
  // The rate limit measures waits with the wall clock. If it ran, slow password hashing could outlast a wait.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());
  type Try = (app: TestApp, turn: number, from: Pick<Ask, 'ip' | 'headers'>) => Promise<number>;
  const ways: Record<string, Try> = {
    'POST /api/v1/sessions': async (app, turn, from) =>
      (await app.ask('/api/v1/sessions', { json: { email: `${turn}@example.com`, password: 'Winter2026!!' }, ...from }))
        .status,
    'POST /api-token-auth/': async (app, turn, from) =>
      (
        await app.ask('/api-token-auth/', {
          json: { username: `${turn}@example.com`, password: 'Winter2026!!' },
          ...from,
        })
      ).status,
    'POST /login': async (app, turn, from) => {
      const browser = openConsole(app);
      const { form_token = '' } = formsOf((await browser.get('/login')).html)[0]?.hidden ?? {};
      const form = { email: `${turn}@example.com`, password: 'Winter2026!!', form_token };
      const headers = {
        ...(from.headers as Record<string, string>),
        Cookie: [...browser.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'Content-Type': 'application/x-www-form-urlencoded',
        'Sec-Fetch-Site': 'same-origin',
      };
      const body = new URLSearchParams(form).toString();
      return (await app.ask('/login', { ...from, method: 'POST', body, headers })).status;
    },
  };
  const deniedStatus: Record<string, number> = {
    'POST /api/v1/sessions': 401,
    'POST /api-token-auth/': 400,
    'POST /login': 401,
  };
  const interfaceId = (turn: number) =>
    `${((turn * 7919) % 0xffff).toString(16)}:${turn.toString(16)}:abc:${(turn + 1).toString(16)}`;

  test.each(Object.keys(ways))(
    'is rate limited as one network if it comes from changing addresses in one /64: %s',
    async (way) => {
      const app = await open();
      const attempt = ways[way] as Try;
      const network = (turn: number) => ({ ip: `2001:db8:1:2:${interfaceId(turn)}` });
      const statuses = new Set<number>();
      for (let turn = 0; turn < maxFailures; turn += 1) statuses.add(await attempt(app, turn, network(turn)));
      expect([...statuses]).toEqual([deniedStatus[way]]);
      for (const ip of [
        '2001:db8:1:2::1',
        '2001:0db8:0001:0002:ffff:ffff:ffff:ffff',
        '2001:db8:1:2:0:ffff:203.0.113.9',
      ]) {
        expect(await attempt(app, maxFailures + 1, { ip }), ip).toBe(429);
      }
      // All three ways share one rate limit.
      for (const other of Object.values(ways))
        expect(await other(app, maxFailures + 2, network(maxFailures + 2))).toBe(429);
      for (const ip of ['2001:db8:1:3::1', '2001:db8:1:1:ffff::1', '203.0.113.77']) {
        expect(await attempt(app, maxFailures + 3, { ip }), ip).toBe(deniedStatus[way]);
      }
    },
  );

  test('is rate limited despite a forged X-Forwarded-For, with a proxy and without one', async () => {
    const app = await open();
    const attempt = ways['POST /api/v1/sessions'] as Try;
    const forged = (turn: number) => `2001:db8:${turn.toString(16)}::1`;
    const through = (turn: number) => ({
      ip: '127.0.0.1',
      headers: { 'X-Forwarded-For': `${forged(turn)}, 198.51.100.7` },
    });
    const direct = (turn: number) => ({ ip: '198.51.100.7', headers: { 'X-Forwarded-For': forged(turn) } });
    for (let turn = 0; turn < maxFailures; turn += 2) {
      expect(await attempt(app, turn, through(turn))).toBe(401);
      expect(await attempt(app, turn + 1, direct(turn + 1))).toBe(401);
    }
    expect(await attempt(app, 30, through(30))).toBe(429);
    expect(await attempt(app, 31, direct(31))).toBe(429);
    const other = { ip: '127.0.0.1', headers: { 'X-Forwarded-For': '198.51.100.7, 198.51.100.8' } };
    expect(await attempt(app, 32, other)).toBe(401);
  });
});

describe('a client that tries to find out who is a member', () => {
  const kinds = {
    unknown: 'nobody@example.com',
    'wrong password': 'dev@example.com',
    disabled: 'disabled@example.com',
    'single sign-on only': 'sso@example.com',
    invited: 'invited@example.com',
    'with a second factor': 'guarded@example.com',
    'without the permission': 'plain@example.com',
  };

  async function openWithEveryKind(): Promise<World> {
    const app = await open();
    const disabled = await app.addMember({ email: kinds.disabled, can_manage_tokens: true });
    await app.store.users.setDisabled(disabled.id, true);
    await app.addMember({ email: kinds['without the permission'] });
    const nobody = {
      name: '',
      superuser: false,
      auditor: false,
      disabled: false,
      canManageTokens: true,
      passwordHash: null,
      passwordUntilSso: false,
    };
    for (const email of [kinds['single sign-on only'], kinds.invited]) {
      const sso = email === kinds['single sign-on only'];
      const times = {
        ssoSignedInAt: sso ? app.clock.now() : null,
        totpEnabledAt: null,
        passkeyCount: 0,
        ssoGroups: null,
        manualGroups: null,
        invitedAt: null,
        joinedAt: null,
        disabledAt: null,
        kind: 'member' as const,
        description: null,
        createdAt: app.clock.now(),
      };
      await app.store.users.insert({ id: email, email, emailFolded: email, ...nobody, sso, ...times });
    }
    return app;
  }

  /** Returns the response without the values that differ each time and without the text that was entered. */
  async function bytesOf(response: Response, typed: string): Promise<string> {
    const headers = [...response.headers].filter(([name]) => !['x-request-id', 'date', 'set-cookie'].includes(name));
    const body = (await response.text()).replace(/"request_id":"[^"]*"/, '').replaceAll(typed, 'TYPED');
    return JSON.stringify([response.status, headers, body]);
  }
  const shownBytes = ({ status, headers, html }: Shown, typed: string) =>
    bytesOf(new Response(html, { status, headers }), typed);

  const passwords: Record<string, (app: World, email: string, tried: string, ip: string) => Promise<string>> = {
    'POST /api/v1/sessions': async (app, email, tried, ip) =>
      bytesOf(await app.ask('/api/v1/sessions', { json: { email, password: tried }, ip }), email),
    'POST /api/v1/sessions with a code': async (app, email, tried, ip) =>
      bytesOf(await app.ask('/api/v1/sessions', { json: { email, password: tried, code: '000000' }, ip }), email),
    'POST /api-token-auth/': async (app, email, tried, ip) =>
      bytesOf(await app.ask('/api-token-auth/', { json: { username: email, password: tried }, ip }), email),
  };

  test.each(Object.entries(passwords))('learns nothing from a wrong password: %s', async (_way, attempt) => {
    const app = await openWithEveryKind();
    const responses = new Set<string>();
    for (const [turn, email] of Object.values(kinds).entries()) {
      responses.add(await attempt(app, email, 'not this one', `2001:db8:${turn}::1`));
    }
    responses.add(await attempt(app, kinds.disabled, password, '2001:db8:99::1'));
    expect([...responses]).toHaveLength(1);
  });

  test('learns nothing from /api-token-auth/ with the correct password of a member who may not use it', async () => {
    const app = await openWithEveryKind();
    const attempt = passwords['POST /api-token-auth/'];
    const emails = [kinds.unknown, kinds.disabled, kinds['with a second factor'], kinds['without the permission']];
    const responses = await Promise.all(
      emails.map((email, turn) => attempt?.(app, email, password, `2001:db8:${turn}::1`)),
    );
    expect([...new Set(responses)]).toHaveLength(1);
  });

  test('learns nothing from the console, neither by signing in nor by requesting a link', async () => {
    const app = await openWithEveryKind();
    const browser = openConsole(app);
    const [signIns, links] = [new Set<string>(), new Set<string>()];
    for (const email of Object.values(kinds)) {
      await browser.get('/login');
      signIns.add(await shownBytes(await browser.submit('/login', { email, password: 'not this one' }), email));
      await browser.get('/password/forgot');
      links.add(await shownBytes(await browser.submit('/password/forgot', { email }), email));
    }
    expect([...signIns]).toHaveLength(1);
    expect([...links]).toHaveLength(1);
    expect((await app.mails()).filter(({ subject }) => subject === 'Set your password').length).toBeGreaterThan(2);
  });

  test('learns nothing from the device flow with codes that are unknown, used, decided or opened by another member', async () => {
    const app = await openWithEveryKind();
    const typedBy = async (typed: string, as = app.dev) => {
      const browser = openConsole(app, as);
      await browser.get('/device');
      return browser.submit('/device', { user_code: typed });
    };
    const decided = await beginDevice(app);
    const browser = openConsole(app, app.root);
    await browser.get('/device');
    await browser.get((await browser.submit('/device', { user_code: decided.user_code })).location ?? '');
    await browser.submit('/device/approve', { decision: 'approve' });
    const foreign = await beginDevice(app);
    await typedBy(foreign.user_code, app.root);
    const pages = new Set<string>();
    const responses = new Set<string>();
    const poll = async ({ device_code }: Pick<DeviceCodes, 'device_code'>) =>
      bytesOf(await postForm(app, '/oauth/token', { grant_type: deviceGrant, client_id: 'tokens', device_code }), '');
    for (const code of [decided.user_code, foreign.user_code, 'BBBB-BBBB']) {
      pages.add(await shownBytes(await typedBy(code), code));
    }
    const used = await postForm(app, '/oauth/token', {
      ...{ grant_type: deviceGrant, client_id: 'tokens', device_code: decided.device_code },
    });
    expect(await jsonOf(used)).toHaveProperty('access_token');
    for (const device_code of [decided.device_code, `device_${'A'.repeat(43)}`, 'x']) {
      responses.add(await poll({ device_code }));
    }
    expect([...pages]).toHaveLength(1);
    expect([...responses]).toHaveLength(1);
  });
});

describe('a person whose email address at the identity provider only resembles that of an invited member', () => {
  test.each([
    ['strasse@example.com', 'stra\u00dfe@example.com'],
    ['asa@example.com', 'a\u017fa@example.com'],
    ['kate@example.com', '\u212aate@example.com'],
    ['fin@example.com', '\ufb01n@example.com'],
    ['ada@mass.example', 'ada@ma\u00df.example'],
  ])('does not get the account: %s is not %s', async (invited, email) => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    await app.ask('/api/v1/users', { as: app.root, json: { email: invited, superuser: true } });
    const signInAs = async (claims: { sub: string; email: string }) => {
      const person = { ...claims, email_verified: true };
      app.provider.manipulate({ claims: (own) => ({ ...own, ...person }), userInfo: person });
      const browser = openConsole(app);
      const { location } = await browser.get('/login/sso');
      return (await browser.get(app.provider.callbackFor(location ?? ''))).status;
    };
    expect(await signInAs({ sub: 'stranger', email })).toBe(403);
    expect(await signInAs({ sub: 'invited', email: invited.toUpperCase() })).toBe(303);
  });
});

describe('a burst of sign-ins and back-channel logouts', () => {
  test('shares discovery requests to the identity provider', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    const begin = () => app.ask('/login/sso');
    const logout = { body: 'logout_token=x', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    const endSession = () => app.ask('/sso/backchannel-logout', logout);
    const responses = await Promise.all(Array.from({ length: 50 }, (_, i) => (i % 2 ? begin() : endSession())));
    expect(responses.filter(({ status }) => status === 303)).toHaveLength(25);
    const discoveries = app.provider.requests.filter((path) => path.startsWith('/.well-known/'));
    expect(discoveries.length).toBeLessThan(10);
  });
});
