import { describe, expect, it, onTestFinished } from 'vitest';
import { type Config, readConfig } from '../../../server/config/config.ts';
import type { SessionKind } from '../../../server/domain/sign-in/session-lifetimes.ts';
import type { CreatedSession, Session } from '../../../shared/schemas/sign-in/sessions.ts';
import { jsonOf, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { approvals, approveProgram } from '../../helpers/console/approvals.ts';
import { openConsole, sessionCookieName } from '../../helpers/console/pages.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

async function open(settings?: Partial<Config>) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return app;
}

/** Returns the settings of an environment that concern sessions. */
const limitsOf = (env: Record<string, string>) => ({
  sessionLimits: readConfig({ HOME: '/nowhere', ...env }).sessionLimits,
});

const isActive = async (app: TestApp, session: string) =>
  (await app.ask('/api/v1/me', { headers: { Authorization: `Bearer ${session}` } })).status === 200;

const sessionOf = (app: TestApp, session: string) =>
  jsonOf<Session>(app.ask('/api/v1/sessions/current', { headers: { Authorization: `Bearer ${session}` } }));

/** Signs in as people and programs do, and returns the session's secret. */
const signIns: Record<SessionKind, (app: TestApp) => Promise<string>> = {
  async program(app) {
    const json = { email: app.dev.email, password };
    return (await jsonOf<CreatedSession>(app.ask('/api/v1/sessions', { json }))).secret;
  },
  async console(app) {
    const browser = openConsole(app);
    await browser.get('/login');
    await browser.submit('/login', { email: app.dev.email, password });
    return browser.cookies.get(sessionCookieName(app)) ?? '';
  },
};

/** Uses a session at this interval until `until` has passed since now. Returns whether it was active each time. */
async function useEvery(app: TestApp, session: string, { interval, until }: { interval: number; until: number }) {
  for (let passed = 0; passed < until; passed += interval) {
    if (!(await isActive(app, session))) return false;
    app.clock.advance(interval);
  }
  return true;
}

const kinds = [
  { kind: 'program', idle: 30 * day, max: 180 * day },
  { kind: 'console', idle: day / 2, max: 30 * day },
] as const;

describe.each(kinds)('a session of the $kind', ({ kind, idle, max }) => {
  it('ends after its idle time without use, and starts it again with each use', async () => {
    const app = await open();
    const session = await signIns[kind](app);
    for (const _use of [1, 2]) {
      app.clock.advance(idle - 1);
      expect(await isActive(app, session)).toBe(true);
    }
    app.clock.advance(idle);
    expect(await isActive(app, session)).toBe(false);
  });

  it('ends at its maximum, no matter how often it is used', async () => {
    const app = await open();
    const session = await signIns[kind](app);
    expect(await useEvery(app, session, { interval: idle / 2, until: max - idle / 2 })).toBe(true);
    app.clock.advance(idle / 2 - 1);
    expect(await isActive(app, session)).toBe(true);
    app.clock.advance(1);
    expect(await isActive(app, session)).toBe(false);
  });

  it('tells when it ends', async () => {
    const app = await open();
    const at = app.clock.now();
    const session = await signIns[kind](app);
    app.clock.advance(hour);
    expect(await sessionOf(app, session)).toMatchObject({
      expires_at: new Date(at + max).toISOString(),
      idle_expires_at: new Date(at + hour + idle).toISOString(),
    });
  });
});

it('keeps a session of the command line for 180 days of daily use, but not for 181', async () => {
  const app = await open();
  const session = await signIns.program(app);
  expect(await useEvery(app, session, { interval: day, until: 180 * day })).toBe(true);
  expect(await isActive(app, session)).toBe(false);
});

it('counts a use that was a moment after the last recorded one, even with the shortest idle time', async () => {
  const app = await open(limitsOf({ TOKENSD_CLI_SESSION_IDLE: '5m' }));
  const session = await signIns.program(app);
  app.clock.advance(minute - 1000);
  expect(await isActive(app, session)).toBe(true);
  app.clock.advance(5 * minute - 1000);
  expect(await isActive(app, session)).toBe(true);
  app.clock.advance(5 * minute);
  expect(await isActive(app, session)).toBe(false);
});

it('writes the last use of a session at most once a minute', async () => {
  const app = await open();
  const session = await signIns.program(app);
  const { idle_expires_at: first } = await sessionOf(app, session);
  app.clock.advance(minute - 1);
  expect((await sessionOf(app, session)).idle_expires_at).toBe(first);
  app.clock.advance(1);
  expect((await sessionOf(app, session)).idle_expires_at).not.toBe(first);
});

describe('a changed setting', () => {
  const shorter = {
    TOKENSD_CLI_SESSION_IDLE: '1h',
    TOKENSD_CLI_SESSION_MAX: '2h',
    TOKENSD_CONSOLE_SESSION_IDLE: '1h',
    TOKENSD_CONSOLE_SESSION_MAX: '2h',
  };
  const names = Object.entries(shorter).map(([name, value]) => ({
    name,
    env: { [name]: value },
    kind: name.includes('CLI') ? ('program' as const) : ('console' as const),
    after: name.endsWith('IDLE') ? hour : 2 * hour,
  }));

  /** Returns how many sessions of the member are active, without using one. */
  const listed = async ({ store, services, dev }: TestApp) =>
    (await store.sessions.listOf(dev.id, services.sessionLifetimes.bounds(), 9)).length;

  it.each(names)('ends sessions that exist at once if $name is shorter', async ({ kind, env, after }) => {
    const app = await open();
    const session = await signIns[kind](app);
    const other = await signIns[kind === 'console' ? 'program' : 'console'](app);
    await app.ask('/api/v1/sessions/current', { method: 'DELETE', as: app.dev });
    const restarted = app.restart(limitsOf(env));
    app.clock.advance(after - 1);
    expect(await listed(restarted)).toBe(2);
    app.clock.advance(1);
    expect(await listed(restarted)).toBe(1);
    expect(await isActive(restarted, session)).toBe(false);
    expect(await isActive(app, session)).toBe(true);
    expect(await isActive(restarted, other)).toBe(true);
  });

  it('does not extend a session that has started beyond the end that it was given', async () => {
    const app = await open();
    const session = await signIns.program(app);
    const { expires_at } = await sessionOf(app, session);
    const longer = app.restart(limitsOf({ TOKENSD_CLI_SESSION_IDLE: '1y', TOKENSD_CLI_SESSION_MAX: '1y' }));
    expect((await sessionOf(longer, session)).expires_at).toBe(expires_at);
    app.clock.advance(180 * day - 1);
    expect(await isActive(longer, session)).toBe(true);
    app.clock.advance(1);
    expect(await isActive(longer, session)).toBe(false);
  });
});

it('gives an approved session no more time than its approver was given, although the settings are longer now', async () => {
  const app = await open();
  const { expires_at } = await sessionOf(app, app.dev.session);
  const env = { TOKENSD_CONSOLE_SESSION_MAX: '1y', TOKENSD_CLI_SESSION_MAX: '1y' };
  const longer = app.restart(limitsOf(env));
  const approved = await approveProgram(longer, openConsole(longer, longer.dev));
  expect((await sessionOf(longer, approved)).expires_at).toBe(expires_at);
});

describe('a session of a release that did not record its kind', () => {
  /** Removes from a session what earlier releases did not store. */
  async function withoutKind(app: TestApp, session: string): Promise<string> {
    const found = await app.services.sessions.authenticate(session);
    if (found === null) throw new Error('no session');
    await app.store.sessions.delete(found.session.id, found.session.userId);
    const expiresAt = found.session.createdAt + 30 * day;
    await app.store.sessions.insert({ ...found.session, expiresAt, consoleStartedAt: null, programStartedAt: null });
    return session;
  }

  it('ends after 12 hours without use and after 30 days, as it did before', async () => {
    const app = await open();
    const idle = await withoutKind(app, await signIns.program(app));
    const used = await withoutKind(app, await signIns.program(app));
    app.clock.advance(day / 4);
    expect(await isActive(app, used)).toBe(true);
    app.clock.advance(day / 4);
    expect([await isActive(app, idle), await isActive(app, used)]).toEqual([false, true]);
    expect(await useEvery(app, used, { interval: day / 4, until: 29.5 * day })).toBe(true);
    expect(await isActive(app, used)).toBe(false);
  });

  it('gives the sessions that it approves no more time than it has itself', async () => {
    const app = await open();
    const session = await withoutKind(app, app.dev.session);
    app.clock.advance(day / 4);
    const approved = await approveProgram(app, openConsole(app, { ...app.dev, session }));
    const { expires_at } = await sessionOf(app, session);
    expect((await sessionOf(app, approved)).expires_at).toBe(expires_at);
  });
});

describe.each(Object.keys(approvals) as Array<keyof typeof approvals>)('a session approved with an %s', (way) => {
  it('ends with the absolute end of the session that approved it, however much it is used', async () => {
    const app = await open();
    app.clock.advance(day / 4);
    const approved = await approveProgram(app, openConsole(app, app.dev), way);
    expect(await useEvery(app, approved, { interval: day / 4, until: 29.75 * day })).toBe(true);
    expect(await isActive(app, approved)).toBe(false);
  });

  it('may be unused for as long as other sessions of the command line, and outlives a sign-out of its approver', async () => {
    const app = await open();
    const browser = openConsole(app, app.dev);
    const approved = await approveProgram(app, browser, way);
    await browser.get('/logout');
    await browser.submit('/logout');
    app.clock.advance(30 * day - 1);
    expect(await isActive(app, approved)).toBe(true);
  });

  it('ends sooner if the maximum of the command line is shorter', async () => {
    const app = await open(limitsOf({ TOKENSD_CLI_SESSION_MAX: '1d' }));
    app.clock.advance(hour);
    const approved = await approveProgram(app, openConsole(app, app.dev), way);
    expect((await sessionOf(app, approved)).expires_at).toBe(new Date(app.clock.now() + day).toISOString());
  });
});
