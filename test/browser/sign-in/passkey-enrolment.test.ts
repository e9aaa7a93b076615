import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, chromiumIsHere, sidewaysScroll, useBrowser } from '../../helpers/console/browser.ts';
import { signOut } from '../../helpers/console/console.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { addAuthenticator } from '../../helpers/sign-in/virtual-authenticator.ts';

describe.skipIf(!chromiumIsHere)('a first sign-in that needs a second factor', () => {
  const browser = useBrowser();
  let daemon: Daemon;
  let url: string;
  let removeDaemon: () => Promise<void>;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    const { dataDir, remove } = await prepareDaemon();
    removeDaemon = remove;
    const env = { TOKENSD_LISTEN: `127.0.0.1:${port}`, TOKENSD_PUBLIC_URL: url, TOKENSD_REQUIRE_TOTP: 'true' };
    daemon = await startDaemon(dataDir, env);
  });
  afterAll(async () => {
    await daemon.stop();
    await removeDaemon();
  });

  it('adds a passkey, with which the member signs in from then on', async () => {
    const page = await browser.visit(url);
    await addAuthenticator(page);
    await page.goto('/login?next=/profile/passkeys');
    await page.getByLabel('Email address').fill(superuser.email);
    await page.getByLabel('Password', { exact: true }).fill(superuser.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Or use a passkey' }).waitFor();
    expect(await axeFindings(page)).toEqual([]);
    await page.setViewportSize({ width: 320, height: 700 });
    expect(await sidewaysScroll(page)).toBe(0);
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.getByLabel('Name', { exact: true }).fill('Laptop');
    await page.getByRole('button', { name: 'Add passkey' }).click();
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await page.getByRole('link', { name: 'I have saved my codes' }).click();
    await page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor();
    await signOut(page);
    await page.getByText('You are signed out.').waitFor();
    await page.goto('/login?next=/profile');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.waitForURL('/profile');
  });
});
