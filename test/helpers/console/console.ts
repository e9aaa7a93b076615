import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type Client, signIn } from '../daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../daemon/daemon.ts';
import { type Hands, mouse } from './input-devices.ts';

export interface RunningConsole {
  url: string;
  daemon: Daemon;
  /** API client of the first superuser, for setting up tests. */
  root: Client;
}

/** Runs one built daemon for all tests of a file. The fields are set once `beforeAll` has run. */
export function useDaemon(): RunningConsole {
  const running: Partial<RunningConsole> = {};
  let remove: () => Promise<void>;
  beforeAll(async () => {
    const prepared = await prepareDaemon();
    remove = prepared.remove;
    const daemon = await startDaemon(prepared.dataDir);
    Object.assign(running, { url: daemon.url, daemon, root: await signIn(daemon.url, superuser) });
  });
  afterAll(async () => {
    await running.daemon?.stop();
    await remove();
  });
  return running as RunningConsole;
}

export const sessionCookie = 'tokens_session_insecure';

/** Sets the member's session cookie in the browser context, without the sign-in page. */
export async function enter(page: Page, url: string, { session }: { session: string }): Promise<void> {
  await page.context().addCookies([{ name: sessionCookie, value: session, url, httpOnly: true, sameSite: 'Lax' }]);
}

export async function signInOn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

/** Signs out in the account menu. */
export async function signOut(page: Page, hands: Hands = mouse): Promise<void> {
  await hands.press(page.getByRole('button', { name: /^Account of / }));
  await hands.press(page.getByRole('button', { name: 'Sign out', exact: true }));
}
