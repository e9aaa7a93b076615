import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';
import { startTcpProxy } from '../../helpers/peers/tcp-proxy.ts';

describe.skipIf(!chromiumIsHere)('the console opened at another address than its public URL', () => {
  const browser = useBrowser();
  let server: TestServer;
  let publicUrl: string;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    publicUrl = `http://localhost:${port}`;
    server = await startTestServer({ publicUrl }, port);
  });
  afterAll(() => server.stop());

  async function openLogin(url: string) {
    const page = await browser.visit(url);
    await page.goto('/login');
    return {
      page,
      hint: page.getByText('The address of this console is'),
      warning: page.getByText('at another address'),
    };
  }

  it('warns on the sign-in page, and leads to the address at which signing in works', async () => {
    const { page, hint, warning } = await openLogin(`http://127.0.0.1:${port}`);
    await warning.waitFor();
    expect(await hint.isHidden()).toBe(true);
    await page.getByRole('link', { name: publicUrl }).click();
    await page.getByLabel('Email address').fill(server.root.email);
    await page.getByLabel('Password').fill(server.root.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });

  it('warns at another port', async () => {
    const proxy = await startTcpProxy(port);
    try {
      const { warning } = await openLogin(`http://localhost:${proxy.port}`);
      await warning.waitFor();
    } finally {
      await proxy.stop();
    }
  });

  it.each(['localhost', 'LOCALHOST'])('does not warn at the public URL, written %s', async (host) => {
    const { hint, warning } = await openLogin(`http://${host}:${port}`);
    await hint.waitFor();
    expect(await warning.isHidden()).toBe(true);
  });

  it('names the public URL without script', async () => {
    const page = await browser.visit(`http://127.0.0.1:${port}`, { script: false });
    await page.goto('/login');
    await page.getByRole('link', { name: publicUrl }).waitFor();
  });
});
