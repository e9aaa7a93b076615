import { onTestFinished } from 'vitest';
import type { Config, OidcConfig } from '../../../server/config/config.ts';
import { type Member, openTestApp, type TestApp } from '../app/app.ts';
import { ssoConfig } from '../app/sso.ts';
import { signInAtProvider, type TestProvider } from '../peers/identity-provider.ts';
import { type Browser, openConsole, sessionCookieName } from './pages.ts';

/** Opens an app whose members sign in at this provider. At the end of the test it closes, and the provider's people are restored. */
export async function openSsoApp(
  provider: TestProvider,
  changes: Partial<OidcConfig> = {},
  settings: Partial<Config> = {},
): Promise<TestApp> {
  const people = structuredClone(provider.people);
  const app = await openTestApp({ oidc: ssoConfig(provider.issuer, changes), ...settings });
  onTestFinished(async () => {
    Object.assign(provider.people, people);
    await app.close();
  });
  return app;
}

/** Signs a person in through single sign-on, in a new browser. */
export async function signInBySso(app: TestApp, provider: TestProvider, subject = 'ada', next = '/profile/api-tokens') {
  const browser = openConsole(app);
  await browser.get('/login');
  const begun = await browser.get(`/login/sso?next=${encodeURIComponent(next)}`);
  const password = provider.people[subject]?.password ?? '';
  const back = await signInAtProvider(begun.location ?? '', { subject, password });
  const shown = await browser.get(back.pathname + back.search);
  const session = browser.cookies.get(sessionCookieName(app));
  return { browser, back, shown, session, user: session ? await userOf(app, session) : null };
}

/**
 * Sends a member's browser to the provider to connect single sign-on, and back. `shown` is the page that asks for the password
 * if nothing went wrong.
 */
export async function proposeIdentity(provider: TestProvider, browser: Browser, subject = 'ada') {
  const { location } = await browser.get('/profile/single-sign-on');
  const password = provider.people[subject]?.password ?? '';
  const back = await signInAtProvider(location ?? '', { subject, password });
  return { back, shown: await browser.get(back.pathname + back.search) };
}

/** Connects a member to an identity at the provider, in a browser with a session of theirs. Returns the last page. */
export async function connectSso(app: TestApp, provider: TestProvider, member: Member, subject = 'ada') {
  const browser = openConsole(app, member);
  await proposeIdentity(provider, browser, subject);
  return browser.submit('/profile/single-sign-on', { password: member.password });
}

/** Returns the member whose session this is, or null. */
export async function userOf(app: TestApp, session: string) {
  return (await app.services.sessions.authenticate(session))?.user ?? null;
}

/** Returns the actions of the newest audit events, newest first. */
export async function actionsOf(app: TestApp): Promise<string[]> {
  return (await app.store.audit.list({ limit: 50, before: null })).map(({ action }) => action);
}
