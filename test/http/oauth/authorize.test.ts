import { createHash, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jsonOf, openTestApp } from '../../helpers/app/app.ts';
import { postForm } from '../../helpers/app/oauth.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

let app: Awaited<ReturnType<typeof openTestApp>>;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const redirectUri = 'http://127.0.0.1:41234/callback';
const verifier = randomBytes(32).toString('base64url');
const challenge = createHash('sha256').update(verifier).digest('base64url');
const request = {
  response_type: 'code',
  client_id: 'tokens',
  redirect_uri: redirectUri,
  code_challenge: challenge,
  code_challenge_method: 'S256',
  state: 'a state & more',
};
const addressOf = (changes: Record<string, string> = {}) =>
  `/oauth/authorize?${new URLSearchParams(Object.entries({ ...request, ...changes }).filter(([, value]) => value !== ''))}`;

async function decide(decision: string, as = app.dev): Promise<URL> {
  const browser = openConsole(app, as);
  await browser.get(addressOf());
  const { status, location } = await browser.submit('/oauth/authorize', { decision });
  expect(status).toBe(303);
  return new URL(location ?? '');
}

const approve = async () => (await decide('approve')).searchParams.get('code') ?? '';

const redeem = (code: string, changes: Record<string, string> = {}) =>
  postForm(app, '/oauth/token', {
    grant_type: 'authorization_code',
    client_id: 'tokens',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...changes,
  });

it('redirects to the CLI with a code, the state and the issuer, and exchanges the code once for a session', async () => {
  const redirected = await decide('approve');
  expect(redirected.origin + redirected.pathname).toBe(redirectUri);
  expect(Object.fromEntries(redirected.searchParams)).toEqual({
    code: expect.stringMatching(/^code_/),
    state: request.state,
    iss: 'https://tokens.example.com',
  });
  const code = redirected.searchParams.get('code') ?? '';
  const response = await redeem(code);
  expect(response.status).toBe(200);
  const { access_token } = await jsonOf<{ access_token: string }>(response);
  const me = await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${access_token}` } });
  expect(await jsonOf(me)).toMatchObject({ email: 'dev@example.com' });
  const again = await redeem(code);
  expect([again.status, await jsonOf(again)]).toMatchObject([400, { error: 'invalid_grant' }]);
  expect(app.logLines.join('')).not.toContain(code);
});

it('redirects with access_denied if the member denies or sends no decision', async () => {
  for (const decision of ['deny', '', 'APPROVE']) {
    const redirected = await decide(decision);
    expect(Object.fromEntries(redirected.searchParams)).toMatchObject({ error: 'access_denied', state: request.state });
    expect(redirected.searchParams.has('code')).toBe(false);
  }
});

it('shows who would be signed in and where before the member approves', async () => {
  const browser = openConsole(app, app.dev);
  const page = await browser.get(addressOf());
  expect(page.status).toBe(200);
  expect(textOf(page.html)).toContain('port 41234');
  expect(textOf(page.html)).toContain('dev@example.com');
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self' http://127.0.0.1:41234;");
});

it('says when the session will end, and lets the member sign in again first', async () => {
  const browser = openConsole(app, app.dev);
  app.clock.advance(6 * 60 * 60_000);
  const page = await browser.get(addressOf());
  expect(textOf(page.html)).toContain(
    'This sign-in lasts until 23 Dec 2026, 16:20 UTC at the latest, because your console session ends then.',
  );
  const [, link = ''] = /href="([^"]*)">sign in again</.exec(page.html) ?? [];
  const form = await browser.get(link.replaceAll('&amp;', '&'));
  expect(textOf(form.html)).toContain('Signing in again ends the session in this browser');
  const { location } = await browser.submit('/login', { email: app.dev.email, password: app.dev.password });
  expect(new URL(location ?? '', 'https://tokens.example.com').searchParams.get('state')).toBe(request.state);
  const renewed = await browser.get(location ?? '');
  expect(textOf(renewed.html)).toContain('lasts until 23 Dec 2026, 22:20 UTC at the latest.');
  expect(renewed.html).not.toContain('sign in again');
  expect((await app.ask('/api/v1/me', { as: app.dev })).status).toBe(401);
  const approved = await browser.submit('/oauth/authorize', { decision: 'approve' });
  const code = new URL(approved.location ?? '').searchParams.get('code') ?? '';
  expect(await jsonOf(redeem(code))).toMatchObject({ expires_in: 30 * 24 * 3600 });
});

it('gives no reason for the end if the maximum of the command line comes first', async () => {
  const { console } = app.config.sessionLimits;
  const strict = app.restart({ sessionLimits: { console, program: { idle: 3600, max: 7200 } } });
  const { html } = await openConsole(strict, strict.dev).get(addressOf());
  expect(textOf(html)).toContain('This sign-in lasts until 23 Nov 2026, 18:20 UTC at the latest.');
  expect(html).not.toContain('sign in again');
});

it('redirects a visitor to sign in and then back to the same request', async () => {
  const { location } = await openConsole(app).get(addressOf());
  expect(location).toBe(`/login?next=${encodeURIComponent(addressOf())}`);
});

it.each([
  ['another code', { code: `code_${'A'.repeat(43)}` }],
  ['another verifier', { code_verifier: 'x'.repeat(43) }],
  ['another redirect', { redirect_uri: 'http://127.0.0.1:41235/callback' }],
])('rejects %s and uses up the code', async (_what, changes) => {
  const code = await approve();
  const response = await redeem(code, changes);
  expect([response.status, await jsonOf(response)]).toMatchObject([400, { error: 'invalid_grant' }]);
  if (!('code' in changes)) expect((await redeem(code)).status).toBe(400);
});

it('rejects a code after a minute, or if its member was disabled or changed the password', async () => {
  const expired = await approve();
  app.clock.advance(60_000);
  expect((await redeem(expired)).status).toBe(400);
  const disabled = await approve();
  await app.store.users.setDisabled(app.dev.id, true);
  expect((await redeem(disabled)).status).toBe(400);
  await app.store.users.setDisabled(app.dev.id, false);
  const changed = await approve();
  const json = { current: app.dev.password, new: 'another staple battery horse' };
  await app.ask('/api/v1/me/password', { method: 'PUT', as: app.dev, json });
  expect((await redeem(changed)).status).toBe(400);
});

it('rejects a malformed code verifier', async () => {
  for (const code_verifier of ['', 'x'.repeat(42), 'x'.repeat(129), `${'x'.repeat(43)}!`]) {
    expect(await jsonOf(redeem(await approve(), { code_verifier }))).toMatchObject({ error: 'invalid_request' });
  }
});

it.each([
  'https://evil.example/callback',
  'http://evil.example/callback',
  'http://127.0.0.1.evil.example:80/callback',
  'http://127.0.0.1:41234@evil.example/callback',
  'http://evil.example#@127.0.0.1:41234/callback',
  'http://localhost:41234/callback',
  'http://127.0.0.2:41234/callback',
  'https://127.0.0.1:41234/callback',
  'http://127.0.0.1/callback',
  'http://127.0.0.1:99999/callback',
  'http://127.0.0.1:41234/callback#x',
  'http://127.0.0.1:41234/callback?x=y',
  'http://127.0.0.1:41234\\@evil.example/',
  '//evil.example/callback',
  'javascript:alert(1)',
  '',
])('never redirects to %j', async (redirect_uri) => {
  const browser = openConsole(app, app.dev);
  const shown = await browser.get(addressOf({ redirect_uri }));
  expect([shown.status, shown.location]).toEqual([400, null]);
  await browser.get(addressOf());
  const posted = await browser.submit('/oauth/authorize', { decision: 'approve', redirect_uri });
  expect([posted.status, posted.location]).toEqual([400, null]);
});

it.each([
  ['unsupported_response_type', { response_type: 'token' }],
  ['unsupported_response_type', { response_type: '' }],
  ['invalid_request', { code_challenge: '' }],
  ['invalid_request', { code_challenge: 'short' }],
  ['invalid_request', { code_challenge_method: 'plain' }],
  ['invalid_request', { code_challenge_method: '' }],
])('redirects with the error %s for %j', async (error, changes) => {
  const { location } = await openConsole(app, app.dev).get(addressOf(changes));
  const redirected = new URL(location ?? '');
  expect(redirected.origin + redirected.pathname).toBe(redirectUri);
  expect(Object.fromEntries(redirected.searchParams)).toMatchObject({
    error,
    state: request.state,
    iss: 'https://tokens.example.com',
  });
});

it('rejects every other client ID', async () => {
  const { status, location } = await openConsole(app, app.dev).get(addressOf({ client_id: 'another' }));
  expect([status, location]).toEqual([400, null]);
});

it('accepts an IPv6 loopback redirect URI', async () => {
  const browser = openConsole(app, app.dev);
  expect((await browser.get(addressOf({ redirect_uri: 'http://[::1]:41234/callback' }))).status).toBe(200);
});
