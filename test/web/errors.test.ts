import { expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../server/http/app.ts';
import type { AppDeps } from '../../server/http/context.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { limits } from '../../shared/limits.ts';
import { openTestApp, password } from '../helpers/app/app.ts';
import { openConsole, type Shown, textOf } from '../helpers/console/pages.ts';

async function open(broken: (app: Awaited<ReturnType<typeof openTestApp>>) => Partial<AppDeps> = () => ({})) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const hono = createApp({ ...app.deps, ...broken(app) });
  const ask: typeof app.ask = async (path, { method = 'GET', headers, body } = {}) =>
    hono.request(path, { method, ...(headers && { headers }), ...(body !== undefined && { body }) }, {});
  return { ...app, broken: { ...app, ask } };
}

/** What every page has, whatever went wrong. */
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

test.each([
  '/nope',
  '/profile/nope',
  '/organization/nope',
  '/assets/nope.css',
  '/login/',
  '/%2e%2e/etc/passwd',
  '/verify',
])('nothing is at %s: a page for browsers, a problem for everybody else', async (path) => {
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

test('the API answers browsers as it answers everybody', async () => {
  const app = await open();
  for (const path of ['/api/v1/nope', '/api', '/api/v1/me']) {
    const { headers } = await openConsole(app).get(path);
    expect(headers.get('content-type')).toBe('application/problem+json');
  }
});

test('a method that the address does not have is told with those it has', async () => {
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

test('a member is told who may see a page of superusers, and keeps the way back', async () => {
  const app = await open();
  const shown = await openConsole(app, app.dev).get('/organization/audit');
  expectPage(shown, 403);
  expect(textOf(shown.html)).toContain('Only an Organization Superuser may do this. Ask one of yours.');
  expect(shown.html).toContain('href="/profile/api-tokens"');
  expect(shown.html).not.toContain('href="/organization');
});

test('a form over the limit is refused, told or streamed', async () => {
  const app = await open();
  const browser = openConsole(app);
  await browser.get('/login');
  const email = 'x'.repeat(limits.bodyBytes);
  expectPage(await browser.submit('/login', { email, password }), 413);
  await browser.get('/login');
  expectPage(await browser.submit('/login', { email }, { 'Content-Length': String(limits.bodyBytes + 100) }), 413);
  expect(app.logLines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('a form that cannot be read is a bad request, and no error of ours', async () => {
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

test('a page that is older than the session says what to do', async () => {
  const app = await open();
  const browser = openConsole(app, app.dev);
  await browser.get('/logout');
  browser.cookies.set('__Host-tokens_session', await app.signIn(app.dev.id));
  const shown = await browser.submit('/logout');
  expectPage(shown, 403);
  expect(textOf(shown.html)).toContain(
    'You signed in or out after opening this page, so nothing was changed. Go back, reload the page',
  );
});

test('an unexpected error shows no details; the log has them under the id of the page', async () => {
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

test('a database that does not answer is said to be temporary, and signs nobody out', async () => {
  const down = () => Promise.reject(new StoreUnavailable('The database is locked'));
  const app = await open(({ services }) => ({ sessions: { ...services.sessions, authenticate: down, signIn: down } }));
  const browser = openConsole(app.broken, app.dev);
  const shown = await browser.get('/logout');
  expectPage(shown, 503);
  expect(textOf(shown.html)).toContain('Try again in a few seconds.');
  expect(browser.cookies.has('__Host-tokens_session')).toBe(true);
  expectPage(await browser.get('/login'), 503);
});
