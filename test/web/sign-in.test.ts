import { assert, asyncProperty, constantFrom, oneof, string, stringMatching } from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Config, readConfig } from '../../server/config/config.ts';
import { startPath } from '../../server/web/shell/return-path.ts';
import { openTestApp, password } from '../helpers/app/app.ts';
import { messageAt, openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';
import { numRuns } from '../helpers/length.ts';

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  const browser = openConsole(app);
  const enter = async (email = 'dev@example.com', tried = password, next = '') => {
    await browser.get(`/login${next && `?next=${encodeURIComponent(next)}`}`);
    return browser.submit('/login', { email, password: tried });
  };
  const works = async (session: string) => (await app.services.sessions.authenticate(session)) !== null;
  const sessionOf = () => browser.cookies.get(sessionCookieName(app));
  return { ...app, browser, enter, works, sessionOf };
}

const cookieOf = (headers: Headers, name: string) =>
  headers
    .getSetCookie()
    .find((cookie) => cookie.startsWith(`${name}=`))
    ?.replace(/=[^;]*/, '=…')
    .split('; ')
    .sort();

describe('the cookie', () => {
  it('is limited to this host, HTTP-only and SameSite over https', async () => {
    const app = await open();
    const { status, location, headers } = await app.enter();
    expect({ status, location }).toEqual({ status: 303, location: startPath });
    expect(cookieOf(headers, '__Host-tokens_session')).toEqual([
      'HttpOnly',
      'Max-Age=2592000',
      'Path=/',
      'SameSite=Lax',
      'Secure',
      '__Host-tokens_session=…',
    ]);
    expect((await app.browser.get('/logout')).status).toBe(200);
  });

  it('has another name and no Secure attribute over http on a loopback address', async () => {
    for (const publicUrl of ['http://127.0.0.1:8420', 'http://localhost:8420', 'http://[::1]:8420']) {
      const app = await open({ publicUrl });
      const { headers } = await app.enter();
      expect(cookieOf(headers, 'tokens_session_insecure')).toEqual([
        'HttpOnly',
        'Max-Age=2592000',
        'Path=/',
        'SameSite=Lax',
        'tokens_session_insecure=…',
      ]);
    }
  });

  it('is never set over http on another host', async () => {
    const app = await open({ publicUrl: 'http://tokens.example.com' });
    expect((await app.browser.get('/login')).status).toBe(403);
    const shown = await app.browser.post('/login', { email: 'dev@example.com', password });
    expect(shown.status).toBe(403);
    expect(app.sessionOf()).toBeUndefined();
  });

  it('is ignored under the name for http if the public URL is https', async () => {
    const app = await open();
    app.browser.cookies.set('tokens_session_insecure', app.dev.session);
    expect((await app.browser.get('/logout')).location).toBe('/login?next=%2Flogout');
  });
});

describe('signing in', () => {
  it('replaces a planted session cookie', async () => {
    const app = await open();
    const planted = `session_${'A'.repeat(43)}`;
    app.browser.cookies.set(sessionCookieName(app), planted);
    expect((await app.enter()).status).toBe(303);
    expect(app.sessionOf()).not.toBe(planted);
    expect(await app.works(planted)).toBe(false);
  });

  it("ends the browser's earlier session, even if an attacker planted it", async () => {
    const app = await open();
    await app.browser.get('/login');
    app.browser.cookies.set(sessionCookieName(app), app.root.session);
    const refused = await app.browser.submit('/login', { email: 'dev@example.com', password });
    expect(refused.status, 'the page is of another session').toBe(403);
    const { form_token = '' } = formFields((await openConsole(app, app.root).get('/logout')).html);
    const signedIn = await app.browser.post('/login', { email: 'dev@example.com', password, form_token });
    expect(signedIn.status).toBe(303);
    expect(await app.works(app.root.session)).toBe(false);
    expect(await app.works(app.sessionOf() ?? '')).toBe(true);
  });

  it('creates a new session and a new form token each time', async () => {
    const app = await open();
    await app.enter();
    const first = app.sessionOf();
    const token = formFields((await app.browser.get('/logout')).html).form_token;
    app.browser.cookies.delete(sessionCookieName(app));
    await app.enter();
    expect(app.sessionOf()).not.toBe(first);
    expect(formFields((await app.browser.get('/logout')).html).form_token).not.toBe(token);
  });

  it('redirects a member who is already signed in', async () => {
    const app = await open();
    const browser = openConsole(app, app.root);
    expect((await browser.get('/login?next=/organization/audit')).location).toBe('/organization/audit');
    expect((await browser.get('/login')).location).toBe(startPath);
  });

  it('shows the same page for unknown members, wrong passwords, disabled members and members without a password', async () => {
    const app = await open();
    const disabled = await app.addMember({ email: 'gone@example.com' });
    await app.store.users.setDisabled(disabled.id, true);
    const operator = { kind: 'system', id: null, email: null } as const;
    await app.services.users.createBy(operator, { ip: null, userAgent: null }, { email: 'sso@example.com' });
    const pages = new Set<string>();
    for (const email of ['nobody@example.com', 'dev@example.com', 'gone@example.com', 'sso@example.com', '']) {
      const shown = await app.enter(email, email === 'gone@example.com' ? password : 'wrong');
      expect(shown.status).toBe(401);
      expect(shown.headers.get('www-authenticate')).toBe('Bearer realm="tokensd"');
      pages.add(shown.html.replace(`value="${email}"`, 'value=""'));
      expect(shown.html).not.toContain('wrong"');
    }
    expect([...pages]).toHaveLength(1);
  });

  it('is limited after wrong passwords and says how long to wait', async () => {
    const app = await open();
    const statuses: number[] = [];
    for (let i = 0; i < 7; i += 1) statuses.push((await app.enter('dev@example.com', `guess ${i}`)).status);
    expect(statuses).toContain(429);
    const shown = await app.enter();
    expect(shown.status).toBe(429);
    expect(Number(shown.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(shown.html).toContain('role="alert"');
    expect(app.sessionOf()).toBeUndefined();
  });

  it('escapes the entered email address', async () => {
    const app = await open();
    const { html } = await app.enter('"><script>alert(1)</script>', 'x');
    expect(html).not.toContain('<script>alert');
    expect(html).toContain('&quot;&gt;&lt;script&gt;');
  });
});

describe('a sign-in that another site sends', () => {
  const evidence: Array<[string, Record<string, string>]> = [
    ['from another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['from another host of the same site', { 'Sec-Fetch-Site': 'same-site' }],
    ['from no page (Sec-Fetch-Site: none)', { 'Sec-Fetch-Site': 'none' }],
    ['with an invalid Sec-Fetch-Site', { 'Sec-Fetch-Site': 'SAME-ORIGIN' }],
    ['from another origin', { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' }],
    ['from a hidden origin', { 'Sec-Fetch-Site': '', Origin: 'null' }],
    ['from our host over http', { 'Sec-Fetch-Site': '', Origin: 'http://tokens.example.com' }],
    ['from another port', { 'Sec-Fetch-Site': '', Origin: 'https://tokens.example.com:8443' }],
    ['from a longer host', { 'Sec-Fetch-Site': '', Origin: 'https://tokens.example.com.evil.example' }],
    ['from the origin of the request’s Host', { 'Sec-Fetch-Site': '', Origin: 'http://tokens.test' }],
    ['with a Referer only', { 'Sec-Fetch-Site': '', Referer: 'https://tokens.example.com/login' }],
    ['with no evidence', { 'Sec-Fetch-Site': '' }],
  ];

  it.each(evidence)('is rejected %s, even with a form token', async (_what, headers) => {
    const app = await open();
    await app.browser.get('/login');
    const shown = await app.browser.submit('/login', { email: 'dev@example.com', password }, headers);
    expect(shown.status).toBe(403);
    expect(textOf(shown.html)).toContain('Request from another site');
    expect(app.sessionOf()).toBeUndefined();
  });

  it('is rejected without a form token or with another visitor’s', async () => {
    const app = await open();
    const { form_token = '' } = formFields((await openConsole(app).get('/login')).html);
    await app.browser.get('/login');
    for (const token of ['', form_token, form_token.slice(1), 'x'.repeat(1000)]) {
      const shown = await app.browser.post('/login', { email: 'dev@example.com', password, form_token: token });
      expect(shown.status).toBe(403);
      expect(textOf(shown.html)).toContain('Go back, reload the page');
      expect(app.sessionOf()).toBeUndefined();
    }
  });

  it('is distinguished from our own by Origin if the browser sends no Sec-Fetch-Site', async () => {
    const app = await open();
    await app.browser.get('/login');
    const headers = { 'Sec-Fetch-Site': '', Origin: 'https://tokens.example.com' };
    expect((await app.browser.submit('/login', { email: 'dev@example.com', password }, headers)).status).toBe(303);
  });

  it('is distinguished from our own by Sec-Fetch-Site if no-referrer hides the origin', async () => {
    const app = await open();
    await app.browser.get('/login');
    const headers = { 'Sec-Fetch-Site': 'same-origin', Origin: 'null' };
    expect((await app.browser.submit('/login', { email: 'dev@example.com', password }, headers)).status).toBe(303);
  });
});

describe('signing out', () => {
  it('ends the session and removes the cookie', async () => {
    const app = await open();
    await app.enter();
    const session = app.sessionOf() ?? '';
    await app.browser.get('/logout');
    const shown = await app.browser.submit('/logout');
    expect(shown.location).toEqual(messageAt('/login', 'signed-out'));
    expect(app.sessionOf()).toBeUndefined();
    expect(await app.works(session)).toBe(false);
    expect(cookieOf(shown.headers, '__Host-tokens_session')).toEqual([
      'HttpOnly',
      'Max-Age=0',
      'Path=/',
      'SameSite=Lax',
      'Secure',
      '__Host-tokens_session=…',
    ]);
    expect(textOf((await app.browser.get(shown.location ?? '')).html)).toContain('You are signed out.');
  });

  it('needs a form of our own site', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    await browser.get('/logout');
    expect((await browser.submit('/logout', {}, { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await browser.post('/logout')).status).toBe(403);
    expect(await app.works(app.dev.session)).toBe(true);
  });
});

describe('where a sign-in leads', () => {
  it.each([
    ['/organization/team?q=a%20b&cursor=x', '/organization/team?q=a%20b&cursor=x'],
    ['/profile', '/profile'],
    ['/profile#there', '/profile'],
    ['/login', startPath],
    ['/logout?x', startPath],
    ['', startPath],
  ])('%s leads to %s', async (next, leads) => {
    const app = await open();
    expect((await app.enter('dev@example.com', password, next)).location).toBe(leads);
  });

  const nasty = [
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/%2e//evil.example',
    '/x/..//evil.example',
    'https://evil.example',
    'https:evil.example',
    'HTTPS:/evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    '@evil.example',
    '/\tevil',
    '/\n/evil.example',
    '/\r\nSet-Cookie: a=b',
    '\0/',
    ' //evil.example',
    '%2f%2fevil.example',
    '?next=//evil.example',
    '.',
    'evil.example',
    '/‮evil',
    `/${'x'.repeat(100_000)}`,
  ];

  it('is always on this site, for any next parameter', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    const site = app.config.publicUrl;
    const parts = stringMatching(/^[/\\.@:%2fF\t\n\r ?#]{0,8}$/);
    const mixed = oneof(constantFrom(...nasty), string({ unit: 'binary' }), parts);
    await assert(
      asyncProperty(mixed, parts, async (head, tail) => {
        const next = `${head}${tail}`;
        const { status, location } = await browser.get(`/login?next=${encodeURIComponent(next)}`);
        expect(status).toBe(303);
        expect(location).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
        expect(new URL(location ?? '', `${site}/login`).origin).toBe(site);
        expect(location?.length).toBeLessThan(2100);
      }),
      { numRuns: numRuns(100), examples: nasty.map((one): [string, string] => [one, '']) },
    );
  });

  it('is the page that the visitor opened first', async () => {
    const app = await open();
    const asked = await app.browser.get('/organization/audit?user=a%40b&action=');
    expect(asked.location).toBe('/login?next=%2Forganization%2Faudit%3Fuser%3Da%2540b%26action%3D');
    await app.browser.get(asked.location ?? '');
    const { location } = await app.browser.submit('/login', { email: 'root@example.com', password });
    expect(location).toBe('/organization/audit?user=a%40b&action=');
  });
});

function formFields(html: string): Record<string, string> {
  const [, token = ''] = /name="form_token" value="([^"]*)"/.exec(html) ?? [];
  return { form_token: token };
}

describe('the sign-in page where passwords are restricted', () => {
  const { oidc } = readConfig({ HOME: '/', TOKENSD_OIDC_ISSUER: 'http://127.0.0.1:9', TOKENSD_OIDC_CLIENT_ID: 'x' });
  const form = 'action="/login"';

  it('leads superusers to the form, and signs them in and returns them to their page', async () => {
    const app = await open({ oidc, passwordSignIn: 'superusers' });
    const { html } = await app.browser.get('/login?next=/profile');
    expect(html).not.toContain(form);
    const [, link = ''] = /href="([^"]*)">Sign in with a password</.exec(html) ?? [];
    await app.browser.get(link.replaceAll('&amp;', '&'));
    const { status, location } = await app.browser.submit('/login', { email: 'root@example.com', password });
    expect([status, location]).toEqual([303, '/profile']);
  });

  it('neither shows the form nor a way to it if nobody may use a password', async () => {
    const app = await open({ oidc, passwordSignIn: 'false' });
    const { html } = await app.browser.get('/login');
    expect(textOf(html)).toContain('Sign in with single sign-on');
    expect(html).not.toContain(form);
    expect(html).not.toContain('password');
  });

  it('shows the form again after a failed attempt', async () => {
    const app = await open({ oidc, passwordSignIn: 'superusers' });
    await app.browser.get('/login?with=password');
    const { status, html } = await app.browser.submit('/login', { email: 'root@example.com', password: 'wrong' });
    expect(status).toBe(401);
    expect(html).toContain(form);
  });

  it('always shows the form without single sign-on', async () => {
    const app = await open({ passwordSignIn: 'superusers' });
    expect((await app.browser.get('/login')).html).toContain(form);
  });
});
