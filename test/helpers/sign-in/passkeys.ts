import type { Member, TestApp } from '../app/app.ts';
import { type Browser, formsOf, openConsole, type Shown } from '../console/pages.ts';
import { type Authenticator, createAuthenticator, type Tampering } from './authenticator.ts';

/** Returns what the browser gets before it makes or uses a passkey with the form that posts to `action`, on the page at `path`. */
export async function optionsOf<T>(browser: Browser, path: string, action: string): Promise<T> {
  const { html } = await browser.get(path);
  const form = formsOf(html).find((one) => one.action.startsWith(action));
  if (form === undefined) throw new Error(`The page ${path} has no form that posts to ${action}:\n${html}`);
  const answer = await browser.post(`${action}/options`, form.hidden);
  if (answer.status !== 200) throw new Error(answer.html);
  return JSON.parse(answer.html) as T;
}

/** Adds a passkey to the account of a member, in a browser of their own. Returns the authenticator and the page after it. */
export async function addPasskey(
  app: TestApp,
  as: Member,
  { authenticator = createAuthenticator(), name = 'Laptop', changed = {} as Tampering } = {},
): Promise<{ authenticator: Authenticator; shown: Shown }> {
  const browser = openConsole(app, as);
  const options = await optionsOf<Parameters<Authenticator['create']>[0]>(
    browser,
    '/profile/passkeys',
    '/profile/passkeys',
  );
  const response = authenticator.create(options, changed);
  await browser.get('/profile/passkeys');
  return { authenticator, shown: await browser.submit('/profile/passkeys', { name, response }) };
}

type RequestOptions = Parameters<Authenticator['get']>[0];

/** Signs in with a passkey alone. `browser` may be one that has a session. */
export async function signInWithPasskey(
  app: TestApp,
  authenticator: Authenticator,
  changed: Tampering = {},
  browser: Browser = openConsole(app),
): Promise<{ browser: Browser; shown: Shown; response: string }> {
  const options = await optionsOf<RequestOptions>(browser, '/login', '/login/passkey');
  const response = authenticator.get(options, changed);
  await browser.get('/login');
  return { browser, response, shown: await browser.submit('/login/passkey', { response, next: '/profile' }) };
}

/** Enters the password. The next page asks for the second factor. */
export async function enterPassword(
  app: TestApp,
  { email, password }: Member,
): Promise<{ browser: Browser; shown: Shown }> {
  const browser = openConsole(app);
  await browser.get('/login?next=%2Fprofile');
  return { browser, shown: await browser.submit('/login', { email, password }) };
}

/** Uses a passkey as second factor, after `enterPassword`. */
export async function finishWithPasskey(
  browser: Browser,
  authenticator: Authenticator,
  changed: Tampering = {},
): Promise<{ shown: Shown; response: string }> {
  const path = '/login/code?next=%2Fprofile';
  const action = '/login/code/passkey';
  const options = await optionsOf<RequestOptions>(browser, path, action);
  const response = authenticator.get(options, changed);
  await browser.get(path);
  return { response, shown: await browser.submit(`${action}?next=%2Fprofile`, { response }) };
}
