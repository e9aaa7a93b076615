import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateSecret } from '../../../server/domain/secrets.ts';
import type { TestApp } from '../../helpers/app/app.ts';
import { type Browser, formsOf, openConsole, sessionCookieName, textOf } from '../../helpers/console/pages.ts';
import { actionsOf, openSsoApp, signInBySso } from '../../helpers/console/sso.ts';
import { signInAtProvider, startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';

let provider: TestProvider;
beforeAll(async () => {
  provider = await startIdentityProvider('https://tokens.example.com');
});
afterAll(() => provider.stop());

const ada = { subject: 'ada', password: 'pw-ada' };

/** A superuser who signs in at a real provider, which remembers their browser, with a session here that has confirmed nothing. */
async function open() {
  const app = await openSsoApp(provider);
  // The provider has the clock of this machine.
  app.clock.advance(Date.now() - app.clock.now());
  const { user, session } = await signInBySso(app, provider);
  const found = await app.services.sessions.authenticate(session ?? '');
  if (user === null || found === null) throw new Error('Nobody is signed in.');
  await app.store.users.setSuperuser(user.id, true);
  const atProvider = new Map<string, string>();
  const elsewhere = openConsole(app);
  await elsewhere.get('/login');
  const { location } = await elsewhere.get('/login/sso');
  await signInAtProvider(location ?? '', ada, atProvider);
  const secret = generateSecret('session');
  await app.store.sessions.insert({ ...found.session, id: randomUUID(), hash: secret.hash(), confirmedAt: null });
  const browser = openConsole(app);
  browser.cookies.set(sessionCookieName(app), secret.reveal());
  const promote = `/organization/team/${app.dev.id}/promote`;
  const isPromoted = async () => (await app.store.users.findById(app.dev.id))?.superuser;
  return { app, browser, promote, isPromoted, atProvider };
}

/** Sends the form, which needs a confirmation, and asks for single sign-on. Returns the address of the provider. */
async function beginConfirmation(app: TestApp, browser: Browser, promote: string): Promise<URL> {
  const { html } = await browser.get('/logout');
  const shown = await browser.post(promote, { form_token: formsOf(html)[0]?.hidden.form_token ?? '' });
  expect([shown.status, textOf(shown.html)]).toEqual([403, expect.stringContaining('Confirm it is you to')]);
  const asked = await browser.submit(promote, { confirm_with: 'sso' });
  const [, address = ''] = /content="0;url=([^"]*)"/.exec(asked.html) ?? [];
  expect(new URL(address.replaceAll('&amp;', '&')).origin).toBe(app.config.oidc?.issuer);
  return new URL(address.replaceAll('&amp;', '&'));
}

it('confirms once the provider has asked again, although it remembers the browser', async () => {
  const { app, browser, promote, isPromoted, atProvider } = await open();
  const address = await beginConfirmation(app, browser, promote);
  expect([address.searchParams.get('prompt'), address.searchParams.get('max_age')]).toEqual(['login', '0']);
  const wrong = await signInAtProvider(address.href, { ...ada, password: 'wrong' }, new Map(atProvider));
  expect(wrong.searchParams.get('error'), 'the provider asks for the password').toBe('access_denied');
  const back = await signInAtProvider(address.href, ada, atProvider);
  const shown = await browser.get(back.pathname + back.search);
  expect([shown.status, textOf(shown.html)]).toEqual([200, expect.stringContaining('You confirmed it is you')]);
  expect(await isPromoted()).toBe(false);
  expect((await browser.submit(promote)).status).toBe(200);
  expect((await browser.submit(promote)).status).toBe(303);
  expect(await isPromoted()).toBe(true);
});

it.each([
  ['both requests to ask again', { prompt: null, max_age: null }],
  ['the prompt, and allows an old proof', { prompt: null, max_age: '100000' }],
] as const)('refuses the answer if somebody removed %s', async (_, changes) => {
  const { app, browser, promote, isPromoted, atProvider } = await open();
  app.clock.advance(2 * 60_000);
  const address = await beginConfirmation(app, browser, promote);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) address.searchParams.delete(name);
    else address.searchParams.set(name, value);
  }
  // The provider remembers the browser, so a wrong password does not matter: it does not ask.
  const back = await signInAtProvider(address.href, { ...ada, password: 'not asked for' }, atProvider);
  expect(back.searchParams.get('code')).toBeTruthy();
  const shown = await browser.get(back.pathname + back.search);
  expect(shown.status).toBe(403);
  expect((await actionsOf(app))[0]).toBe('session.confirmation_failed');
  expect(await isPromoted()).toBe(false);
});
