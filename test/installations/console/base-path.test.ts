import { randomInt } from 'node:crypto';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openView } from '../../browser/open-view.ts';
import { views } from '../../browser/views.ts';
import { openWorld, type World } from '../../browser/world.ts';
import { startTestServer } from '../../helpers/app/http.ts';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { signOut } from '../../helpers/console/console.ts';
import { freePort } from '../../helpers/daemon/daemon.ts';
import { isFullLength } from '../../helpers/length.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';
import { startTlsProxy } from '../../helpers/peers/tls-proxy.ts';

const partsAreHere = [chromiumIsHere, hasRealParts('nginx', 'openssl')].every(Boolean);

/** Returns the web addresses of all links, forms, dialogs and files on a page, as the browser resolves them. A link to an app (noreferrer) leads away. */
const addresses = (page: Page): Promise<string[]> =>
  page.evaluate(`[
    ...[...document.querySelectorAll('[href]:not([rel=noreferrer])')].map((element) => element.href.baseVal ?? element.href),
    ...[...document.querySelectorAll('[src]')].map((element) => element.src),
    ...[...document.querySelectorAll('form')].map((form) => new URL(form.getAttribute('action') ?? '', location.href).href),
    ...[...document.querySelectorAll('[data-close]')].map((dialog) => new URL(dialog.dataset.close, location.href).href),
  ].filter((url) => url.startsWith('http'))`);

/** The short form visits every other view, at random the even or the odd ones. */
const first = randomInt(2);
const visited = isFullLength ? views : views.filter((_view, index) => index % 2 === first);

/** A proxy that strips the path changes only the addresses that arrive, so a few pages tell enough. */
const sample = views.filter(({ name }) => /^(login|profile|tokens|team)$/.test(name));

describe.skipIf(!partsAreHere)('the console below a path, behind nginx', () => {
  const browser = useBrowser();

  describe.each([
    ['passes the path on', '', visited],
    ['strips the path', '/', sample],
  ])('that %s', (_kind, ending, shown) => {
    let world: World;
    let proxy: Awaited<ReturnType<typeof startTlsProxy>>;
    let port: number;
    let publicUrl: string;
    beforeAll(async () => {
      port = await freePort();
      publicUrl = `https://localhost:${port}/tokens`;
      world = await openWorld({ publicUrl });
      proxy = await startTlsProxy(port, { '/tokens/': `http://127.0.0.1:${world.port}${ending}` });
    });
    afterAll(async () => {
      await proxy.stop();
      await world.stop();
    });

    it.each(shown)('stays below the path: $name', async (view) => {
      const requested: string[] = [];
      const page = await openView(
        { ...browser, visit: async (url, look) => watched(await browser.visit(url, look), requested) },
        world,
        view,
        { url: `https://localhost:${port}`, ignoreHTTPSErrors: true },
      );
      const outside = (url: string) => url !== publicUrl && !url.startsWith(`${publicUrl}/`);
      expect((await addresses(page)).filter(outside)).toEqual([]);
      expect(requested.filter(outside)).toEqual([]);
      expect(await page.evaluate('document.styleSheets[0].cssRules.length')).toBeGreaterThan(50);
      expect(page.url()).toMatch(new RegExp(`^${publicUrl}/`));
    });

    it('signs in, works and signs out', async () => {
      // The world's clock is a year ahead, and browsers reject cookies that live so long.
      const sitePort = await freePort();
      const site = `https://localhost:${sitePort}/tokens`;
      const server = await startTestServer({ publicUrl: site });
      onTestFinished(() => server.stop());
      const siteProxy = await startTlsProxy(sitePort, { '/tokens/': `http://127.0.0.1:${server.port}${ending}` });
      onTestFinished(() => siteProxy.stop());
      const page = await browser.visit(site, { ignoreHTTPSErrors: true });
      await page.goto('/tokens/organization/team?q=root');
      await signIn(page, server);
      await page.getByRole('heading', { name: 'Team' }).waitFor();
      expect(page.url()).toBe(`${site}/organization/team?q=root`);
      await page.getByRole('link', { name: 'API tokens' }).click();
      await page
        .getByRole('link', { name: /create/i })
        .first()
        .click();
      await page.getByLabel('Name', { exact: true }).fill('made below a path');
      await page.getByRole('button', { name: 'Create token' }).click();
      await page.locator('[data-secret]').first().waitFor();
      await page.getByRole('link', { name: 'I have saved it' }).click();
      const cookies = await page.context().cookies();
      expect(cookies.map(({ name, path }) => `${name} ${path}`)).toContain('__Secure-tokens_session /tokens');
      expect(cookies.filter(({ path }) => path !== '/tokens')).toEqual([]);
      await signOut(page);
      await page.getByText('You are signed out.').waitFor();
      expect(page.url()).toMatch(new RegExp(`^${site}/login\\?done=signed-out\\.[\\w-]{11}$`));
    });
  });
});

describe.skipIf(!partsAreHere)('two daemons below different paths of one host', () => {
  const browser = useBrowser();

  it('do not share or overwrite their cookies', async () => {
    const port = await freePort();
    const paths = ['/a', '/b', '/a/inner'];
    const servers = await Promise.all(
      paths.map((path) => startTestServer({ publicUrl: `https://localhost:${port}${path}` })),
    );
    const locations = paths.map((path, i) => [`${path}/`, `http://127.0.0.1:${servers[i]?.port}/`]);
    const proxy = await startTlsProxy(port, Object.fromEntries(locations));
    try {
      const page = await browser.visit(`https://localhost:${port}`, { ignoreHTTPSErrors: true });
      const heading = page.getByRole('heading', { name: 'API tokens' });
      for (const [i, path] of paths.entries()) {
        await page.goto(`${path}/login`);
        await signIn(page, servers[i] as (typeof servers)[number]);
        await page.getByRole('heading', { name: 'Overview' }).waitFor();
      }
      for (const path of paths) {
        await page.goto(`${path}/profile/api-tokens`);
        await heading.waitFor();
      }
      await page.goto('/b/profile');
      await signOut(page);
      await page.getByText('You are signed out.').waitFor();
      for (const path of ['/a', '/a/inner']) {
        await page.goto(`${path}/profile/api-tokens`);
        await heading.waitFor();
      }
    } finally {
      await proxy.stop();
      for (const server of servers) await server.stop();
    }
  });
});

function watched(page: Page, requested: string[]): Page {
  page.on('request', (request) => requested.push(request.url()));
  return page;
}

async function signIn(page: Page, { root }: { root: { email: string; password: string } }): Promise<void> {
  await page.getByLabel('Email address').fill(root.email);
  await page.getByLabel('Password').fill(root.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}
