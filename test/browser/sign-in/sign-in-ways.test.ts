import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ssoClient } from '../../helpers/app/sso.ts';
import { makeHome } from '../../helpers/cli/home.ts';
import { ctrlC, startOnTerminal } from '../../helpers/cli/terminal.ts';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { signInOn, signOut } from '../../helpers/console/console.ts';
import { type Client, signIn, verify } from '../../helpers/daemon/api.ts';
import { type Daemon, freePort, prepareDaemon, startDaemon, superuser } from '../../helpers/daemon/daemon.ts';
import { eventually, startProgram } from '../../helpers/daemon/process.ts';
import { startIdentityProvider, type TestProvider } from '../../helpers/peers/identity-provider.ts';
import { codeAt } from '../../helpers/sign-in/totp.ts';

describe.skipIf(!chromiumIsHere)('sign-in', () => {
  const browser = useBrowser();
  const cleanups: Array<() => Promise<unknown>> = [];
  let provider: TestProvider;
  let daemon: Daemon;
  let url: string;
  let root: Client;
  let removeDaemon: () => Promise<void>;

  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    provider = await startIdentityProvider(url);
    const env = {
      TOKENSD_LISTEN: `127.0.0.1:${port}`,
      TOKENSD_PUBLIC_URL: url,
      TOKENSD_OIDC_ISSUER: provider.issuer,
      TOKENSD_OIDC_CLIENT_ID: ssoClient.clientId,
      TOKENSD_OIDC_CLIENT_SECRET: ssoClient.clientSecret,
      TOKENSD_OIDC_TOKENS_GROUP: 'engineers',
    };
    const { dataDir, remove } = await prepareDaemon();
    removeDaemon = remove;
    daemon = await startDaemon(dataDir, env);
    root = await signIn(url, superuser);
  });
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
  afterAll(async () => {
    await daemon.stop();
    await provider.stop();
    await removeDaemon();
  });

  async function signInThroughProvider(page: Page, subject: string) {
    await page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
    await page.getByLabel('Subject').fill(subject);
    await page.getByLabel('Password').fill(provider.people[subject]?.password ?? '');
    await page.getByRole('button', { name: 'Sign in there' }).click();
  }

  it.each([{ script: true }, { script: false }])(
    'works through the identity provider, and signing out ends both sessions (script $script)',
    async (look) => {
      const page = await browser.visit(url, look);
      await page.goto('/profile/api-tokens');
      await signInThroughProvider(page, 'ada');
      await page.getByRole('link', { name: 'Create token' }).click();
      await page.getByLabel('Name', { exact: true }).fill(`made by SSO ${look.script}`);
      await page.getByRole('button', { name: 'Create token' }).click();
      const value = await page.getByLabel(/^Value of/).inputValue();
      expect((await verify(url, value)).status).toBe(200);
      await page.getByRole('link', { name: 'I have saved it' }).click();
      await signOut(page);
      await page.waitForURL(new RegExp(`^${provider.issuer}/session/end`));
      await page.getByRole('button', { name: 'Sign out there' }).click();
      await page.waitForURL(`${url}/login`);
      await page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
      await page.getByLabel('Subject').waitFor();
      expect((await verify(url, value)).status, 'the token still works').toBe(200);
    },
  );

  it('reports an unavailable provider and still accepts passwords', async () => {
    const page = await browser.visit(url);
    await provider.halt();
    try {
      await page.goto('/login');
      await page.getByRole('link', { name: 'Sign in with single sign-on' }).click();
      await page.getByRole('alert').waitFor();
      await signInOn(page, superuser);
      await page.getByRole('heading', { name: 'Overview' }).waitFor();
    } finally {
      await provider.resume();
    }
  });

  it('works with two-factor sign-in, turned on in the profile', async () => {
    const member = { email: 'careful@example.com', password: 'four analytical engines' };
    expect((await root.request('POST', '/users', member)).status).toBe(201);
    const page = await browser.visit(url);
    await page.goto('/profile/two-step');
    await signInOn(page, member);
    await page.getByLabel('Password').fill(member.password);
    await page.getByRole('button', { name: 'Turn on' }).click();
    const secret = await page.getByLabel('Or enter this secret in the app').inputValue();
    await page.getByLabel('Code').fill(codeAt(secret, Date.now()));
    await page.getByRole('button', { name: 'Turn on' }).click();
    await page.getByRole('heading', { name: 'Save your recovery codes' }).waitFor();
    const [recoveryCode = ''] = (await page.locator('pre').innerText()).split('\n');
    await signOut(page);
    await signInOn(page, member);
    await page.getByLabel('Code').fill('000000');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('alert').waitFor();
    await page.getByLabel('Code').fill(recoveryCode);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  /** Starts `tokens login` on a terminal. Its `xdg-open` writes the URL to a file. */
  async function startLogin(args: string[], display = ':0') {
    const home = await makeHome();
    cleanups.push(home.remove);
    const opened = join(home.path, 'opened');
    await writeFile(
      join(home.path, 'xdg-open'),
      `#!/bin/sh\nprintf %s "$1" > '${opened}.tmp' && mv '${opened}.tmp' '${opened}'\n`,
    );
    await chmod(join(home.path, 'xdg-open'), 0o755);
    const env: Record<string, string> = { ...home.env, PATH: `${home.path}:${process.env.PATH}`, DISPLAY: display };
    const store = ['--credential-store', 'file'];
    const terminal = startOnTerminal(['login', url, ...store, ...args], { env });
    const address = () => eventually(() => readFile(opened, 'utf8').catch(() => null), 'the browser to be opened');
    return { terminal, address, env };
  }

  async function signedInAs(env: Record<string, string>): Promise<string> {
    const child = startProgram('tokens', ['whoami', '--json'], env);
    let text = '';
    for await (const chunk of child.stdout ?? []) text += chunk;
    return (JSON.parse(text) as { email: string }).email;
  }

  it('signs the command line in through the browser and a loopback redirect', async () => {
    const { terminal, address, env } = await startLogin([]);
    await terminal.answer('Email', '\r');
    const page = await browser.visit(url);
    await page.goto(await address());
    await signInOn(page, superuser);
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('You can close this window.').waitFor();
    const { code, screen } = await terminal.ended();
    expect({ code, signedIn: screen.includes('Signed in to') }).toEqual({ code: 0, signedIn: true });
    expect(screen).not.toMatch(/session_|code_[\w-]{43}/);
    expect(await signedInAs(env)).toBe(superuser.email);
  });

  it('signs the command line in through single sign-on with --sso', async () => {
    const { terminal, address, env } = await startLogin(['--sso']);
    const page = await browser.visit(url);
    const start = await address();
    expect(start).toContain(`${url}/login/sso?next=`);
    await page.goto(start);
    await page.getByLabel('Subject').fill('grace');
    await page.getByLabel('Password').fill(provider.people.grace?.password ?? '');
    await page.getByRole('button', { name: 'Sign in there' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByText('You can close this window.').waitFor();
    expect((await terminal.ended()).code).toBe(0);
    expect(await signedInAs(env)).toBe('grace@example.com');
  });

  it.each([{ script: true }, { script: false }])('signs in a device by its code (script $script)', async (look) => {
    const { terminal, env } = await startLogin(['--no-browser']);
    const page = await browser.visit(url, look);
    await page.goto('/device');
    await signInOn(page, superuser);
    let shown = '';
    await eventually(async () => {
      await terminal.answer('Waiting', '').catch(() => undefined);
      shown = terminal.screen();
      return /[A-Z]{4}-[A-Z]{4}/.test(shown);
    }, 'the code');
    const code = /[A-Z]{4}-[A-Z]{4}/.exec(shown)?.[0] ?? '';
    await page.getByLabel('Code').fill(code.toLowerCase());
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText(code).waitFor();
    await page.getByText('127.0.0.1').waitFor();
    await page.getByRole('button', { name: 'Approve' }).click();
    await page.getByRole('heading', { name: 'The device is signed in' }).waitFor();
    expect((await terminal.ended()).code).toBe(0);
    expect(await signedInAs(env)).toBe(superuser.email);
  });

  it('falls back to a code if there is no display', async () => {
    const { terminal } = await startLogin([], '');
    await terminal.answer('Email', '\r');
    await terminal.answer('enter this code', '');
    await terminal.answer('Waiting', ctrlC);
    expect((await terminal.ended()).code).toBe(130);
  });

  it.each([
    [['--no-browser'], 'Waiting'],
    [['--sso'], 'Continue in your browser'],
  ])('exits with 130 after Ctrl-C during `tokens login` with %j and stores no credentials', async (args, waiting) => {
    const { terminal, env } = await startLogin(args);
    await terminal.answer(waiting, ctrlC);
    expect((await terminal.ended()).code).toBe(130);
    await expect(readFile(join(env.HOME ?? '', '.config', 'tokens', 'credentials.json'))).rejects.toThrow('ENOENT');
  });
});
