import { describe, expect, onTestFinished, test } from 'vitest';
import type { SessionLimits } from '../../../server/domain/sign-in/session-lifetimes.ts';
import type { CreatedSession } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { approvals, approveProgram, authorizeUrl, openDevice } from '../../helpers/console/approvals.ts';
import { type Browser, formsOf, openConsole, sessionCookieName } from '../../helpers/console/pages.ts';
import { openSsoWorld } from './console-world.ts';

const day = 24 * 60 * 60_000;
const ways = Object.keys(approvals) as Array<keyof typeof approvals>;

async function open(settings: { sessionLimits?: SessionLimits } = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

type Opened = Awaited<ReturnType<typeof open>>;

const isActive = async (app: TestApp, session: string) =>
  (await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } })).status === 200;

/** Puts the session of a program into a browser, as an attacker does who wants it to approve another one. */
const browserWith = (app: TestApp, session: string) => openConsole(app, { ...app.dev, session });

/** Approves a program from the session, then another from that one's session, and so on. Returns after how many days one ends. */
async function chain(app: TestApp, first: string, way: keyof typeof approvals): Promise<number> {
  let session = first;
  for (let days = 0; days < 400; days += 5) {
    if (!(await isActive(app, session))) return days;
    session = await approveProgram(app, browserWith(app, session), way);
    app.clock.advance(5 * day);
  }
  throw new Error('the chain did not end');
}

describe.each(ways)('a chain of sessions that approve each other with a %s', (way) => {
  test('does not outlive the first sign-in, in the console', async () => {
    const app = await open();
    expect(await chain(app, app.dev.session, way)).toBe(30);
  });

  test('does not outlive the first sign-in, of the command line', async () => {
    const app = await open();
    const json = { email: app.dev.email, password };
    const { secret } = await jsonOf<CreatedSession>(app.ask('/api/v1/sessions', { json }));
    expect(await chain(app, secret, way)).toBe(180);
  });

  test('ends at once if the maximum of the session that it began with becomes shorter', async () => {
    const app = await open();
    const first = await approveProgram(app, openConsole(app, app.dev), way);
    const second = await approveProgram(app, browserWith(app, first), way);
    app.clock.advance(2 * day);
    const { program } = app.config.sessionLimits;
    const shorter = app.restart({ sessionLimits: { console: { idle: 3600, max: 86_400 }, program } });
    expect([await isActive(shorter, first), await isActive(shorter, second)]).toEqual([false, false]);
    expect([await isActive(app, first), await isActive(app, second)]).toEqual([true, true]);
  });

  const ends: Record<string, (app: Opened) => Promise<TestApp>> = {
    'is not used for long enough': async (app) => {
      app.clock.advance(30_000);
      return app;
    },
    'has reached a maximum that became shorter': async (app) => {
      app.clock.advance(1000);
      const { program } = app.config.sessionLimits;
      return app.restart({ sessionLimits: { console: { idle: 1, max: 1 }, program } });
    },
    'was deleted by a job': async (app) => {
      await app.store.sessions.deleteAllOf(app.dev.id);
      return app;
    },
  };
  const sessionLimits = { console: { idle: 30, max: 3600 }, program: { idle: 86_400, max: 86_400 } };

  test.each(Object.entries(ends))('gets no session if the approver %s before it is redeemed', async (_what, end) => {
    const app = await open({ sessionLimits });
    const redeem = await approvals[way](app, openConsole(app, app.dev));
    expect((await redeem(await end(app))).status).toBe(400);
  });

  test('gets a session if the approver was used in the meantime', async () => {
    const app = await open({ sessionLimits });
    const redeem = await approvals[way](app, openConsole(app, app.dev));
    app.clock.advance(29_999);
    expect(await isActive(app, app.dev.session)).toBe(true);
    app.clock.advance(1);
    expect((await redeem()).status).toBe(200);
  });
});

const another = [
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '/%2f%2fevil.example/..',
  'https://evil.example/',
  'https:evil.example',
  '//tokens.example.com@evil.example',
  'javascript:alert(1)',
  '/login?again=true&next=//evil.example',
];

describe('the offer to sign in again', () => {
  test('leads to our own site, from the link, the form and single sign-on', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    const browser = openConsole(app, app.dev);
    for (const next of another) {
      const page = await browser.get(`/login?again=true&next=${encodeURIComponent(next)}`);
      expect(page.status, next).toBe(200);
      for (const [, url = ''] of page.html.matchAll(/\b(?:href|action|src)="([^"]*)"/g)) {
        const target = new URL(url.replaceAll('&amp;', '&'), app.config.publicUrl);
        expect([target.origin, target.searchParams.get('next') ?? '/'], next).toEqual([
          app.config.publicUrl,
          expect.stringMatching(/^\/(?![/\\])/),
        ]);
      }
      const { location } = await browser.submit('/login', { email: app.dev.email, password, next });
      expect(location, next).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
      const started = await browser.get(`/login/sso?again=true&next=${encodeURIComponent(next)}`);
      expect(new URL(started.location ?? '').origin).toBe(app.provider.issuer);
      const done = await browser.get(app.provider.callbackFor(started.location ?? ''));
      expect(done.location, next).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
    }
  });

  test('ends no session because another site links to it', async () => {
    const app = await openSsoWorld();
    onTestFinished(app.close);
    const browser = openConsole(app);
    const started = await browser.get('/login/sso');
    await browser.get(app.provider.callbackFor(started.location ?? ''));
    const session = browser.cookies.get(sessionCookieName(app)) ?? '';
    for (const site of ['cross-site', 'same-site', 'none', '']) {
      const headers = { 'Sec-Fetch-Site': site };
      const { status, location } = await browser.get('/login/sso?again=true&next=/profile', headers);
      expect({ site, status, location }).toEqual({ site, status: 303, location: '/profile' });
      expect((await browser.get('/login?again=true', headers)).headers.getSetCookie()).toEqual([]);
    }
    expect(browser.cookies.get(sessionCookieName(app))).toBe(session);
    expect(await isActive(app, session)).toBe(true);
  });

  test('hands the device that a member was about to approve to no other member who signs in there', async () => {
    const app = await open();
    const browser: Browser = openConsole(app, app.dev);
    const { user_code } = await openDevice(app, browser);
    const page = `/device/approve?user_code=${user_code}`;
    await browser.get(`/login?again=true&next=${encodeURIComponent(page)}`);
    const other = await browser.submit('/login', { email: app.root.email, password });
    expect(other.location).toBe(page);
    expect((await browser.get(page)).location).toBe('/device');
    const { form_token = '' } = formsOf((await browser.get('/device')).html)[0]?.hidden ?? {};
    const decided = await browser.post('/device/approve', { user_code, decision: 'approve', form_token });
    expect(decided.status).toBe(404);
  });

  test('keeps no approval of the session that it replaces', async () => {
    for (const way of ways) {
      const app = await open();
      const browser = openConsole(app, app.dev);
      const redeem = await approvals[way](app, browser);
      await browser.get(`/login?again=true&next=${encodeURIComponent(authorizeUrl)}`);
      await browser.submit('/login', { email: app.dev.email, password });
      expect((await redeem()).status).toBe(400);
    }
  });
});
