import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { CreatedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { scopes } from '../../../shared/scopes.ts';
import { createToken, jsonOf, type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { storeKey, storeServiceAccount } from '../../helpers/app/management-key.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { formTokenOf } from './members.ts';

let app: TestApp;
let victim: Member;
/** The ID of the victim's session, as an audit event or a screen over the shoulder shows it. */
let known: string;

beforeEach(async () => {
  app = await openTestApp();
  onTestFinished(app.close);
  victim = await app.addMember({ email: 'victim@example.com' });
  known = (await app.services.sessions.authenticate(victim.session))?.session.id ?? '';
});

const isActive = async (member: Member) => (await app.ask('/api/v1/me', { as: member })).status === 200;
const codeOf = async (response: Response) => [response.status, (await jsonOf(response)).code];

describe('a member who knows the ID of a session of another member', () => {
  it('ends it neither as their own nor as that of the member', async () => {
    for (const path of [
      `/sessions/${known}`,
      `/users/${victim.id}/sessions/${known}`,
      `/users/${victim.id}/sessions`,
      `/users/${app.dev.id}/sessions/${known}`,
    ]) {
      const { status } = await app.ask(`/api/v1${path}`, { as: app.dev, method: 'DELETE' });
      expect([path, status]).toEqual([path, path.startsWith('/users') ? 403 : 404]);
    }
    expect(await isActive(victim)).toBe(true);
  });

  it('does not end it through a form of the console', async () => {
    const browser = openConsole(app, app.dev);
    const form_token = await formTokenOf(app, app.dev.session);
    expect((await browser.post(`/profile/sessions/${known}/end`, { form_token })).status).toBe(404);
    expect((await browser.post('/profile/sessions/end-others', { form_token })).status).toBe(303);
    expect(await isActive(victim)).toBe(true);
  });

  it('reads no list in which it is', async () => {
    expect(await codeOf(await app.ask(`/api/v1/users/${victim.id}/sessions`, { as: app.dev }))).toEqual([
      403,
      'superuser-required',
    ]);
    expect(await (await app.ask('/api/v1/sessions', { as: app.dev })).text()).not.toContain(known);
  });

  it('cannot use the ID as a secret', async () => {
    for (const value of [known, `session_${known}`, known.replaceAll('-', '')]) {
      const response = await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${value}` } });
      expect(response.status).toBe(401);
    }
  });
});

describe('a member of whom a superuser ends a session', () => {
  it('keeps the sessions of everyone else, whose IDs the path cannot mix', async () => {
    for (const path of [`/users/${app.dev.id}/sessions/${known}`, `/users/${app.root.id}/sessions/${known}`]) {
      expect((await app.ask(`/api/v1${path}`, { as: app.root, method: 'DELETE' })).status).toBe(404);
    }
    expect((await app.ask(`/api/v1/users/${app.dev.id}/sessions`, { as: app.root, method: 'DELETE' })).status).toBe(
      204,
    );
    expect([await isActive(victim), await isActive(app.root), await isActive(app.dev)]).toEqual([true, true, false]);
  });

  it('loses the link for a new password that was mailed before', async () => {
    const browser = openConsole(app);
    await browser.get('/password/forgot');
    await browser.submit('/password/forgot', { email: victim.email });
    const link = /\/password\/reset\?token=\S+/.exec((await app.mails()).map(({ text }) => text).join('\n'))?.[0] ?? '';
    expect((await openConsole(app).get(link)).status).toBe(200);
    const all = `/api/v1/users/${victim.id}/sessions`;
    expect((await app.ask(all, { as: app.root, method: 'DELETE' })).status).toBe(204);
    expect((await openConsole(app).get(link)).status).not.toBe(200);
  });
});

describe('a management key with every scope, and a token', () => {
  it('neither list nor end sessions', async () => {
    const key = await storeKey(app, await storeServiceAccount(app, 'platform'), scopes);
    const { token } = await createToken(app, app.dev, { name: 'plain' });
    const routes = [
      ['GET', '/sessions'],
      ['DELETE', '/sessions/others'],
      ['DELETE', `/sessions/${known}`],
      ['GET', `/users/${victim.id}/sessions`],
      ['DELETE', `/users/${victim.id}/sessions`],
      ['DELETE', `/users/${victim.id}/sessions/${known}`],
    ] as const;
    for (const [method, path] of routes) {
      const byKey = await app.ask(`/api/v1${path}`, { method, headers: key.headers });
      expect([path, ...(await codeOf(byKey))]).toEqual([path, 403, 'not-for-keys']);
      const byToken = await app.ask(`/api/v1${path}`, { method, headers: { Authorization: `Bearer ${token}` } });
      expect([path, ...(await codeOf(byToken))]).toEqual([path, 403, 'session-required']);
    }
    expect(await isActive(victim)).toBe(true);
  });
});

describe('a thief whose stolen session is ended', () => {
  it('does not end the session of the owner in turn', async () => {
    const signedIn = await jsonOf<CreatedSession>(
      app.ask('/api/v1/sessions', { json: { email: victim.email, password } }),
    );
    const owner = { ...victim, session: signedIn.secret };
    expect((await app.ask('/api/v1/sessions/others', { as: owner, method: 'DELETE' })).status).toBe(204);
    for (const path of ['/sessions/others', `/sessions/${signedIn.id}`]) {
      expect((await app.ask(`/api/v1${path}`, { as: victim, method: 'DELETE' })).status).toBe(401);
    }
    expect(await isActive(owner)).toBe(true);
  });
});
