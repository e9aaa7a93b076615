import { createServer, type Server } from 'node:http';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen } from '../helpers/app/http.ts';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, sessionCookie, signInOn, useDaemon } from '../helpers/console/console.ts';
import { signIn } from '../helpers/daemon/api.ts';
import { superuser } from '../helpers/daemon/daemon.ts';

describe.skipIf(!chromiumIsHere)('another site', () => {
  const browser = useBrowser();
  const running = useDaemon();
  let server: Server;
  let port: number;
  let shown = '';

  beforeAll(async () => {
    server = createServer((_, res) => res.setHeader('Content-Type', 'text/html').end(`<!doctype html>${shown}`));
    port = await listen(server);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  async function victim(): Promise<Page> {
    const page = await browser.visit(running.url);
    await enter(page, running.url, await signIn(running.url, superuser));
    return page;
  }

  /** Returns a form with the fields of the real one, except that it must guess the form token. */
  const forged = () => `
    <form method="post" action="${running.url}/profile/api-tokens" target="_top">
      <input name="name" value="forged"><input name="expires" value="never"><input name="form_token" value="guessed">
      <button>Win a prize</button>
    </form>`;

  async function expectRefusal(page: Page, button: Locator): Promise<void> {
    const [answer] = await Promise.all([page.waitForResponse(`${running.url}/profile/api-tokens`), button.click()]);
    expect([303, 403]).toContain(answer.status());
    const tokens = await running.root.request('GET', '/tokens');
    expect(await tokens.json()).toMatchObject({ items: [] });
  }

  // A page on another port has another origin but is same-site, so the browser sends the cookie.
  it.each(['127.0.0.1', 'localhost'])('cannot post a form as a member from %s', async (host) => {
    shown = forged();
    const page = await victim();
    await page.goto(`http://${host}:${port}/`);
    await expectRefusal(page, page.getByRole('button'));
  });

  it('cannot post a form from a sandboxed frame, whose origin is null', async () => {
    shown = `<iframe sandbox="allow-forms allow-top-navigation" srcdoc='${forged().replaceAll("'", '&#39;')}'></iframe>`;
    const page = await victim();
    await page.goto(`http://127.0.0.1:${port}/`);
    await expectRefusal(page, page.frameLocator('iframe').getByRole('button'));
  });

  it('cannot post a form from a data: page, whose origin is null', async () => {
    const page = await victim();
    await page.goto(`data:text/html,${encodeURIComponent(forged())}`);
    await expectRefusal(page, page.getByRole('button'));
  });

  it('cannot sign a visitor in to its own account', async () => {
    shown = `
      <form method="post" action="${running.url}/login">
        <input name="email" value="${superuser.email}"><input name="password" value="${superuser.password}"><button>Go</button>
      </form>`;
    const page = await browser.visit(running.url);
    await page.goto(`http://127.0.0.1:${port}/`);
    await page.getByRole('button').click();
    await page.waitForURL(`${running.url}/login`);
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain(sessionCookie);
  });

  it('cannot show the console in a frame', async () => {
    shown = `<iframe src="${running.url}/profile/api-tokens"></iframe>`;
    const page = await victim();
    await page.goto(`http://127.0.0.1:${port}/`);
    await expect.poll(() => browser.troubles.some((text) => text.includes('frame-ancestors'))).toBe(true);
    browser.troubles.length = 0;
    expect(await page.frameLocator('iframe').getByRole('heading', { name: 'API tokens' }).count()).toBe(0);
  });

  it('gains nothing from a planted session cookie, because signing in replaces it', async () => {
    const planted = (await signIn(running.url, superuser)).session.replace(/.{8}$/, 'attacker');
    const page = await browser.visit(running.url);
    await enter(page, running.url, { session: planted });
    await page.goto('/login');
    await signInOn(page, superuser);
    await page.waitForURL('/overview');
    const cookie = (await page.context().cookies()).find(({ name }) => name === sessionCookie);
    expect(cookie?.value).not.toBe(planted);
    const answer = await fetch(`${running.url}/api/v1/me`, { headers: { Authorization: `Bearer ${planted}` } });
    expect(answer.status).toBe(401);
  });

  it.each([
    (host: string) => `//${host}/`,
    (host: string) => `/\\${host}/`,
    (host: string) => `http://${host}/`,
    (host: string) => `/\t/${host}/`,
    (host: string) => `/%2e%2e//${host}/`,
  ])('is never the page that a sign-in leads to (%#)', async (next) => {
    shown = '<h1>Elsewhere</h1>';
    const page = await browser.visit(running.url);
    await page.goto(`/login?next=${encodeURIComponent(next(`127.0.0.1:${port}`))}`);
    await signInOn(page, superuser);
    await page.waitForURL((url) => url.pathname !== '/login');
    expect(new URL(page.url()).origin).toBe(running.url);
  });
});
