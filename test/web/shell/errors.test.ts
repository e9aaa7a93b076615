import { expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../../server/http/app.ts';
import type { AppDeps } from '../../../server/http/context.ts';
import { StoreUnavailable } from '../../../server/store/errors.ts';
import { limits } from '../../../shared/limits.ts';
import { openTestApp, password } from '../../helpers/app/app.ts';
import { openConsole, type Shown, textOf } from '../../helpers/console/pages.ts';

async function open(broken: (app: Awaited<ReturnType<typeof openTestApp>>) => Partial<AppDeps> = () => ({})) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const hono = createApp({ ...app.deps, ...broken(app) });
  const ask: typeof app.ask = async (path, { method = 'GET', headers, body } = {}) =>
    hono.request(path, { method, ...(headers && { headers }), ...(body !== undefined && { body }) }, {});
  return { ...app, broken: { ...app, ask } };
}

/** Checks the status, headers and structure that every error page must have. */
function expectPage({ status, headers, html }: Shown, expected: number): void {
  expect(status).toBe(expected);
  expect(Object.fromEntries(headers)).toMatchObject({
    'content-type': 'text/html; charset=UTF-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'x-frame-options': 'DENY',
    'strict-transport-security': 'max-age=15552000',
  });
  expect(html).toMatch(/^<!DOCTYPE html><html lang="en">/);
  expect(html.match(/<h1>/g)).toHaveLength(1);
  expect(textOf(html)).toContain(`Request ID: ${headers.get('x-request-id')}`);
  expect(html).not.toMatch(/\bat .*\.tsx?\b|node_modules|SQLITE/);
}

it.each([
  '/nope',
  '/profile/nope',
  '/organization/nope',
  '/assets/nope.css',
  '/login/',
  '/%2e%2e/etc/passwd',
  '/verify',
])('returns 404 for %s, as a page to browsers and as a problem to other clients', async (path) => {
  const app = await open();
  for (const as of [undefined, app.dev]) {
    const shown = await openConsole(app, as).get(path);
    expectPage(shown, 404);
    expect(textOf(shown.html)).toContain('There is no page at this address.');
  }
  for (const headers of [{}, { Accept: '*/*' }, { Accept: 'application/json' }]) {
    const response = await app.ask(path, { headers });
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  }
});

it('returns problems from the API to browsers too', async () => {
  const app = await open();
  for (const path of ['/api/v1/nope', '/api', '/api/v1/me']) {
    const { headers } = await openConsole(app).get(path);
    expect(headers.get('content-type')).toBe('application/problem+json');
  }
});

it('returns 405 with the supported methods', async () => {
  const app = await open();
  const cases = {
    '/organization/audit': 'GET, HEAD',
    '/login': 'GET, HEAD, POST',
    '/healthz': 'GET, HEAD',
    '/': 'GET, HEAD',
  };
  for (const [path, allow] of Object.entries(cases)) {
    for (const method of ['PUT', 'DELETE', 'OPTIONS']) {
      const response = await app.ask(path, { method, headers: { Accept: 'text/html' } });
      expect(response.headers.get('allow')?.split(', ').sort().join(', ')).toBe(allow);
      expectPage(
        { status: response.status, headers: response.headers, location: null, html: await response.text() },
        405,
      );
      const plain = await app.ask(path, { method });
      expect(plain.status).toBe(405);
      expect(plain.headers.get('content-type')).toBe('application/problem+json');
    }
  }
});

it('tells a member that a page is for superusers, and links back to the start page', async () => {
  const app = await open();
  const shown = await openConsole(app, app.dev).get('/organization/audit');
  expectPage(shown, 403);
  expect(textOf(shown.html)).toContain('Only an Organization Superuser may do this. Ask one of yours.');
  expect(shown.html).toContain('href="/overview"');
  expect(shown.html).not.toContain('href="/organization');
});

it('rejects a form over the size limit, with and without Content-Length', async () => {
  const app = await open();
  const browser = openConsole(app);
  await browser.get('/login');
  const email = 'x'.repeat(limits.maxBodyBytes);
  expectPage(await browser.submit('/login', { email, password }), 413);
  await browser.get('/login');
  expectPage(await browser.submit('/login', { email }, { 'Content-Length': String(limits.maxBodyBytes + 100) }), 413);
  expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

it('returns 400 for an unreadable form and logs no error', async () => {
  const app = await open();
  const browser = openConsole(app);
  const types = {
    'multipart/form-data': 400,
    'multipart/form-data; boundary=x': 400,
    'text/plain': 403,
    'application/json': 403,
  };
  for (const [type, status] of Object.entries(types)) {
    await browser.get('/login');
    expectPage(await browser.submit('/login', { email: 'a' }, { 'Content-Type': type }), status);
  }
  expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

it('explains what to do if the member signed in again after opening a form', async () => {
  const app = await open();
  const browser = openConsole(app, app.dev);
  await browser.get('/logout');
  browser.cookies.set('__Host-tokens_session', await app.signIn(app.dev.id));
  const shown = await browser.submit('/logout');
  expectPage(shown, 403);
  expect(textOf(shown.html)).toContain(
    'You signed in or out after opening this page, or your browser did not keep its cookies, so nothing was changed. Go back',
  );
});

it('hides the details of an unexpected error and logs them with the page’s request ID', async () => {
  const app = await open(({ services }) => ({
    audit: { ...services.audit, list: () => Promise.reject(new Error('broken inside')) },
  }));
  for (const path of ['/organization/audit', '/organization/audit.csv']) {
    const shown = await openConsole(app.broken, app.root).get(path);
    expectPage(shown, 500);
    expect(shown.html).not.toContain('broken inside');
    const line = app.logLines.findLast((text) => text.includes('broken inside'));
    expect(line).toContain(shown.headers.get('x-request-id'));
  }
});

it('returns 503 while the database is unavailable and keeps the member signed in', async () => {
  const down = () => Promise.reject(new StoreUnavailable('The database is locked'));
  const app = await open(({ services }) => ({ sessions: { ...services.sessions, authenticate: down, signIn: down } }));
  const browser = openConsole(app.broken, app.dev);
  const shown = await browser.get('/logout');
  expectPage(shown, 503);
  expect(textOf(shown.html)).toContain('Try again in a few seconds.');
  expect(browser.cookies.has('__Host-tokens_session')).toBe(true);
  expectPage(await browser.get('/login'), 503);
});
