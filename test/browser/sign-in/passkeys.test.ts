import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { signOut } from '../../helpers/console/console.ts';
import { type Client, signIn } from '../../helpers/daemon/api.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { addAuthenticator } from '../../helpers/sign-in/virtual-authenticator.ts';

describe.skipIf(!chromiumIsHere)('passkeys', () => {
  const browser = useBrowser();
  let daemon: Daemon;
  /** The public URL. Browsers allow passkeys for `localhost`, but not for `127.0.0.1`. */
  let url: string;
  let address: string;
  let root: Client;
  let removeDaemon: () => Promise<void>;
  let members = 0;

  beforeAll(async () => {
    const port = await freePort();
    [url, address] = [`http://localhost:${port}`, `http://127.0.0.1:${port}`];
    const { dataDir, remove } = await prepareDaemon();
    removeDaemon = remove;
    daemon = await startDaemon(dataDir, { TOKENSD_LISTEN: `127.0.0.1:${port}`, TOKENSD_PUBLIC_URL: url });
    root = await signIn(address, superuser);
  });
  afterAll(async () => {
    await daemon.stop();
    await removeDaemon();
  });

  /** Adds a member, whose browser has an authenticator and shows the profile. */
  async function open() {
    members += 1;
    const member = { email: `member-${members}@example.com`, password: 'four analytical engines' };
    expect((await root.request('POST', '/users', member)).status).toBe(201);
    const page = await browser.visit(url);
    const authenticator = await addAuthenticator(page);
    await page.goto('/login?next=/profile/passkeys');
    await signInWith(page, member);
    await page.getByRole('heading', { name: 'Passkeys', exact: true }).waitFor();
    return { member, page, authenticator };
  }

  const signInWith = async (page: Page, { email, password }: { email: string; password: string }) => {
    await page.getByLabel('Email address').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  };

  async function addPasskey(page: Page, name: string) {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Add passkey' }).click();
  }

  /** Adds the first passkey, saves the recovery codes and signs out. */
  async function addFirst(page: Page) {
    await addPasskey(page, 'Laptop');
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    await page.getByRole('link', { name: 'I have saved my codes' }).click();
    await page.getByRole('cell', { name: 'Laptop', exact: true }).waitFor();
    await signOut(page);
    await page.getByText('You are signed out.').waitFor();
  }

  const signInWithPasskey = async (page: Page) => {
    await page.goto('/login?next=/profile');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  };

  it('are added, and sign in without a password', async () => {
    const { member, page, authenticator } = await open();
    await addFirst(page);
    expect(await authenticator.count()).toBe(1);
    await signInWithPasskey(page);
    await page.waitForURL('/profile');
    await page.getByText('You have 1 passkey.').waitFor();
    await page.locator('dd', { hasText: member.email }).waitFor();
  });

  it('are the second factor after the password', async () => {
    const { member, page } = await open();
    await addFirst(page);
    await page.goto('/login?next=/profile');
    await signInWith(page, member);
    await page.getByRole('heading', { name: 'Two-factor sign-in' }).waitFor();
    await page.getByRole('button', { name: 'Use passkey' }).click();
    await page.waitForURL('/profile');
  });

  it('no longer sign in once they are removed', async () => {
    const { page } = await open();
    await addFirst(page);
    await signInWithPasskey(page);
    await page.getByRole('link', { name: 'Manage your passkeys' }).click();
    await page.getByRole('button', { name: 'Actions for Laptop' }).click();
    await page.getByRole('link', { name: 'Remove', exact: true }).click();
    await page.getByRole('button', { name: 'Remove passkey' }).click();
    await page.getByText('The passkey Laptop was removed.').waitFor();
    await signOut(page);
    await page.getByText('You are signed out.').waitFor();
    await signInWithPasskey(page);
    await page.getByText('This passkey was not accepted.').waitFor();
  });

  it('can be renamed', async () => {
    const { page } = await open();
    await addFirst(page);
    await signInWithPasskey(page);
    await page.getByRole('link', { name: 'Manage your passkeys' }).click();
    await page.getByRole('button', { name: 'Actions for Laptop' }).click();
    await page.getByRole('link', { name: 'Rename', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill('Old phone');
    await page.getByRole('button', { name: 'Rename passkey' }).click();
    await page.getByText('The passkey is called Old phone now.').waitFor();
    await page.getByRole('button', { name: 'Actions for Old phone' }).waitFor();
  });

  it('are added once for each device', async () => {
    const { page } = await open();
    await addPasskey(page, 'Laptop');
    await page.getByRole('link', { name: 'I have saved my codes' }).click();
    await addPasskey(page, 'Again');
    await page.getByText('already has a passkey of your account').waitFor();
    expect(await page.getByRole('button', { name: /^Actions for/ }).count()).toBe(1);
  });

  it('do nothing on a device that does not verify the person', async () => {
    const { page, authenticator } = await open();
    await authenticator.verifiesPerson(false);
    await addPasskey(page, 'Laptop');
    await page.getByText('No passkey was used.').waitFor();
    await authenticator.verifiesPerson(true);
    await addFirst(page);
    await authenticator.verifiesPerson(false);
    await signInWithPasskey(page);
    await page.getByText('No passkey was used.').waitFor();
  });

  it('are rejected if their counter goes back, as that of a copy does', async () => {
    const { page, authenticator } = await open();
    await addFirst(page);
    await signInWithPasskey(page);
    await page.waitForURL('/profile');
    await signOut(page);
    await authenticator.rewind();
    await signInWithPasskey(page);
    await page.getByText('This passkey was not accepted.').waitFor();
  });

  it('are refused by the browser at another address than the public URL', async () => {
    const page = await browser.visit(address);
    await addAuthenticator(page);
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('The browser allows no passkeys at this address.').waitFor();
  });

  it('say that they need JavaScript', async () => {
    const page = await browser.visit(url, { script: false });
    await page.goto('/login');
    await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
    await page.getByText('passkeys need JavaScript').waitFor();
    await signInAsSuperuser(page);
    await page.goto('/profile/passkeys');
    await page.getByRole('button', { name: 'Add passkey' }).click();
    await page.getByText('because passkeys need JavaScript').waitFor();
  });

  async function signInAsSuperuser(page: Page) {
    await signInWith(page, superuser);
    await page.waitForURL((address) => address.pathname !== '/login');
  }

  it('load their script only where a form needs it', async () => {
    const page = await browser.visit(url);
    const scripts: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('passkeys.js')) scripts.push(new URL(page.url()).pathname);
    });
    await page.goto('/login?next=/profile/api-tokens');
    await signInAsSuperuser(page);
    await page.getByRole('heading', { name: 'API tokens' }).waitFor();
    expect(scripts.length).toBeLessThanOrEqual(1);
    expect(scripts).not.toContain('/profile/api-tokens');
  });
});
