import type { Page } from 'playwright-core';
import { afterAll, beforeAll } from 'vitest';
import { type Client, signIn } from '../daemon/api.ts';
import { type Daemon, prepareDaemon, startDaemon, superuser } from '../daemon/daemon.ts';

export interface RunningConsole {
  url: string;
  daemon: Daemon;
  /** The first superuser over the API, to put things in place. */
  root: Client;
}

/** One built daemon for the tests of a file; look at its parts in tests only. */
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

/** Puts a member's session into the visitor's cookie jar, as a sign-in does. */
export async function enter(page: Page, url: string, { session }: { session: string }): Promise<void> {
  await page.context().addCookies([{ name: sessionCookie, value: session, url, httpOnly: true, sameSite: 'Lax' }]);
}

export async function signInOn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
