import { describe, expect, it, onTestFinished } from 'vitest';
import { type Config, readConfig } from '../../../server/config/config.ts';
import { hashSecret } from '../../../server/domain/secrets.ts';
import type { ProblemDetails } from '../../../shared/problem.ts';
import { jsonOf, type Member, openTestApp, password, type TestApp } from '../../helpers/app/app.ts';
import { beginDevice, pollDevice } from '../../helpers/app/oauth.ts';
import { openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { codeAt, turnOn } from '../../helpers/sign-in/totp.ts';
import { nextPassword } from './console-world.ts';

type Setting = Config['passwordSignIn'];
const restricted: Setting[] = ['superusers', 'false'];

const { oidc } = readConfig({ HOME: '/', TOKENSD_OIDC_ISSUER: 'http://127.0.0.1:9', TOKENSD_OIDC_CLIENT_ID: 'x' });

async function open(passwordSignIn: Setting) {
  const app = await openTestApp({ passwordSignIn, oidc });
  onTestFinished(app.close);
  return app;
}

const signIn = (app: TestApp, email: string, tried = password, ip = '198.51.100.7') =>
  app.ask('/api/v1/sessions', { json: { email, password: tried }, ip });

const obtainToken = (app: TestApp, email: string, tried = password) =>
  app.ask('/api-token-auth/', { json: { username: email, password: tried }, ip: '198.51.100.8' });

/** Returns a response without what differs in every response. */
async function answerOf(response: Response): Promise<string> {
  const body = (await response.text()).replace(/"request_id":"[^"]*"/, '');
  return `${response.status} ${response.headers.get('www-authenticate')} ${body}`;
}

async function enter(app: TestApp, email: string, tried = password) {
  const browser = openConsole(app);
  await browser.get('/login?with=password');
  const shown = await browser.submit('/login', { email, password: tried });
  return { browser, shown, session: browser.cookies.get(sessionCookieName(app)) };
}

describe.each(restricted)('with TOKENSD_PASSWORD_SIGN_IN=%s', (setting) => {
  const doors: Record<string, (app: TestApp, email: string, tried: string) => Promise<string>> = {
    'POST /api/v1/sessions': async (app, email, tried) => answerOf(await signIn(app, email, tried)),
    'POST /api-token-auth/': async (app, email, tried) => answerOf(await obtainToken(app, email, tried)),
    'the sign-in page': async (app, email, tried) => {
      const { shown, session } = await enter(app, email, tried);
      return `${shown.status} ${textOf(shown.html)} ${session}`;
    },
  };

  it.each(Object.entries(doors))(
    'refuses a right password as it refuses a wrong one and an unknown account, at %s',
    async (_door, attempt) => {
      const app = await open(setting);
      const gone = await app.addMember({ email: 'gone@example.com', superuser: true });
      await app.store.users.setDisabled(gone.id, true);
      const answers = new Set<string>();
      for (const [email, tried] of [
        [app.dev.email, password],
        [app.dev.email, 'wrong'],
        [app.root.email, 'wrong'],
        [gone.email, password],
        ['nobody@example.com', password],
      ] as const) {
        answers.add((await attempt(app, email, tried)).replace(email, 'EMAIL'));
      }
      expect([...answers]).toEqual([expect.stringMatching(/^(40[013]) /)]);
      expect(await app.store.sessions.deleteAllOf(app.dev.id), 'only the one of the set-up').toHaveLength(1);
      expect((await app.store.users.summary(app.dev.id))?.tokenCount).toBe(0);
    },
  );

  it('says that passwords are off only if nobody may use one', async () => {
    const app = await open(setting);
    const { status, code } = await jsonOf<ProblemDetails>(signIn(app, app.dev.email));
    expect([status, code]).toEqual(setting === 'false' ? [403, 'password-sign-in-off'] : [401, 'wrong-credentials']);
    expect((await signIn(app, app.root.email)).status).toBe(setting === 'false' ? 403 : 201);
  });

  it('makes a right password that is refused count as a failure, like a wrong one', async () => {
    const app = await open(setting);
    const answers: string[] = [];
    for (const [email, tried] of [
      [app.dev.email, password],
      [app.root.email, 'wrong'],
      ['nobody@example.com', password],
    ] as const) {
      const statuses: number[] = [];
      const ip = `198.51.100.${20 + answers.length}`;
      for (let i = 0; i < 7; i += 1) statuses.push((await signIn(app, email, tried, ip)).status);
      answers.push(statuses.join());
    }
    expect([...new Set(answers)]).toEqual([expect.stringMatching(/429$/)]);
  });

  it('ends the sessions that began with such a password, and those they approved, and no others', async () => {
    const app = await open('true');
    const device = await beginDevice(app);
    const browser = openConsole(app, app.dev);
    await browser.get('/device');
    await browser.get((await browser.submit('/device', { user_code: device.user_code })).location ?? '');
    await browser.submit('/device/approve', { decision: 'approve' });
    app.clock.advance(5_000);
    const { access_token: approved } = await jsonOf<{ access_token: string }>(pollDevice(app, device));
    const bySso = await withSsoSession(app, app.dev);
    const later = app.restart({ passwordSignIn: setting });
    const works = async (session: string) =>
      (await later.ask('/api/v1/me', { as: { ...app.dev, session } })).status === 200;
    expect([await works(app.dev.session), await works(approved)]).toEqual([false, false]);
    expect([await works(bySso.session), await works(app.root.session)]).toEqual([true, setting === 'superusers']);
  });

  it('rejects a second factor whose first factor is no longer accepted', async () => {
    const app = await open('superusers');
    const { secret } = await turnOn(app, app.root);
    app.clock.advance(30_000);
    const { browser, shown } = await enter(app, app.root.email);
    expect(shown.location).toMatch(/^\/login\/code/);
    await app.addMember({ email: 'second@example.com', superuser: true });
    await app.store.users.setSuperuser(app.root.id, false);
    await browser.get(shown.location ?? '');
    const finished = await browser.submit(shown.location ?? '', { code: codeAt(secret, app.clock.now()) });
    expect(finished.status).toBe(403);
    expect(browser.cookies.get(sessionCookieName(app))).toBeUndefined();
  });

  it('mails no link to a member who could not use the password, and accepts none mailed before', async () => {
    const app = await open('true');
    const browser = openConsole(app);
    await browser.get('/password/forgot');
    await browser.submit('/password/forgot', { email: app.dev.email });
    const [link = ''] = /\/password\/reset\?token=\S+/.exec((await app.mails()).at(-1)?.text ?? '') ?? [];
    expect(link).not.toBe('');
    const later = openConsole(app.restart({ passwordSignIn: setting }));
    expect((await later.get(link)).status).toBe(410);
    const asked = await later.get('/password/forgot');
    expect(asked.status).toBe(setting === 'false' ? 403 : 200);
    if (setting === 'superusers') await later.submit('/password/forgot', { email: app.dev.email });
    expect((await app.mails()).filter(({ subject }) => subject === 'Set your password')).toHaveLength(1);
  });

  it('does not let a session from single sign-on use the password, right or wrong', async () => {
    const app = await open(setting);
    const bySso = await withSsoSession(app, app.dev);
    for (const current of [password, 'wrong']) {
      const requests = [
        app.ask('/api/v1/me/password', { method: 'PUT', as: bySso, json: { current, new: nextPassword } }),
        ...['', '/disable', '/recovery-codes'].map((path) =>
          app.ask(`/api/v1/me/totp${path}`, { as: bySso, json: { password: current } }),
        ),
      ];
      for (const { status, code } of await Promise.all(requests.map((one) => jsonOf<ProblemDetails>(one)))) {
        expect([status, code]).toEqual([403, 'password-sign-in-off']);
      }
    }
    const browser = openConsole(app, bySso);
    const profile = await browser.get('/profile');
    expect(profile.html).not.toContain('action="/profile/password"');
    expect((await browser.get('/profile/two-step')).status).toBe(403);
    expect(await app.services.sessions.authenticate(app.dev.session)).toBeNull();
  });
});

/** Returns the member with a session that began with single sign-on. */
async function withSsoSession(app: TestApp, member: Member): Promise<Member> {
  const [session] = await app.store.sessions.listOf(member.id, app.services.sessionLifetimes.bounds(), 1);
  const secret = `session_${'b'.repeat(43)}`;
  if (session === undefined) throw new Error('no session');
  await app.store.sessions.insert({ ...session, id: 'sso', hash: hashSecret(secret), sso: true });
  return { ...member, session: secret };
}
