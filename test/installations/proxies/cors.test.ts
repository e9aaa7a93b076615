import { createServer, type Server } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listen, startTestServer, type TestServer } from '../../helpers/app/http.ts';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { registerApp } from '../../helpers/gate/gated.ts';
import { type Running, startNginx } from '../../helpers/peers/proxies.ts';
import { hasRealParts } from '../../helpers/peers/real-parts.ts';

describe.skipIf(!chromiumIsHere || !hasRealParts('nginx'))('a page that calls an app on another origin', () => {
  const browser = useBrowser();
  const received: string[] = [];
  let daemon: TestServer;
  let api: Server;
  let pages: Server;
  let pagesUrl: string;
  let proxies: Record<'open' | 'closed', Running>;
  let value: string;

  beforeAll(async () => {
    daemon = await startTestServer();
    await registerApp(daemon.store, 'open', { preflight: 'pass' });
    await registerApp(daemon.store, 'closed');
    value = (await daemon.issue('of a page')).value;
    api = createServer((req, res) => {
      received.push(`${req.method} ${req.headers['x-auth-user'] ?? ''}`.trim());
      res.setHeader('Access-Control-Allow-Origin', req.headers.origin ?? '');
      res.setHeader('Access-Control-Allow-Methods', 'GET, DELETE');
      res.setHeader('Access-Control-Allow-Headers', 'Authorization, X-API-Key, X-Tokens-Authorization');
      // Chromium would remember a preflight for five seconds.
      res.setHeader('Access-Control-Max-Age', '0');
      res.end('from the app');
    });
    const targets = {
      daemonUrl: `http://127.0.0.1:${daemon.port}`,
      upstreamUrl: `http://127.0.0.1:${await listen(api)}`,
    };
    const start = (app: string) =>
      startNginx({
        ...targets,
        edit: (text) => text.replace('/verify/auth-request;', `/verify/apps/${app}/auth-request;`),
      });
    proxies = { open: await start('open'), closed: await start('closed') };
    pages = createServer((_req, res) =>
      res.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Page</title>'),
    );
    pagesUrl = `http://127.0.0.1:${await listen(pages)}/`;
  });
  afterAll(async () => {
    for (const proxy of Object.values(proxies)) await proxy.stop();
    for (const server of [api, pages]) {
      server.close();
      server.closeAllConnections();
    }
    await daemon.stop();
  });

  const openPage = async () => {
    const page = await browser.visit(pagesUrl);
    await page.goto(pagesUrl);
    return page;
  };

  /** Chromium logs each response that it keeps from the page. */
  const expectBlocked = (count: number) => {
    const blocked = browser.troubles.splice(0).filter((text) => text.includes('blocked by CORS policy'));
    expect(blocked).toHaveLength(count);
  };

  /** Calls the app from a page, and returns the status and body that the page sees, or the name of the error. */
  async function call(page: Page, app: 'open' | 'closed', headers: Record<string, string>, method = 'DELETE') {
    received.length = 0;
    const url = `http://127.0.0.1:${proxies[app].port}/items/1`;
    const seen = await page.evaluate(
      async ({ url, method, headers }) => {
        try {
          const response = await fetch(url, { method, headers });
          return [response.status, await response.text()];
        } catch (error) {
          return (error as Error).name;
        }
      },
      { url, method, headers },
    );
    return { seen, received: [...received] };
  }

  it('reaches it with a token in any field if the app lets preflights pass', async () => {
    const page = await openPage();
    for (const headers of [
      { Authorization: `Bearer ${value}` },
      { 'X-API-Key': value },
      { 'X-Tokens-Authorization': value, Authorization: 'Bearer of-the-app' },
    ]) {
      expect(await call(page, 'open', headers)).toEqual({
        seen: [200, 'from the app'],
        received: ['OPTIONS', 'DELETE dev@example.com'],
      });
    }
  });

  it('does not get past the preflight without a token, or with an unknown one', async () => {
    const page = await openPage();
    for (const headers of [{}, { Authorization: 'Bearer tok_mavzfVABqZ5YsOOlB1f46RfHk7hp3ILT3ijSzE' }]) {
      expect(await call(page, 'open', headers)).toEqual({ seen: 'TypeError', received: ['OPTIONS'] });
    }
    expectBlocked(2);
  });

  it('does not reach it, not even with a preflight, if the app denies preflights', async () => {
    const page = await openPage();
    expect(await call(page, 'closed', { Authorization: `Bearer ${value}` })).toEqual({
      seen: 'TypeError',
      received: [],
    });
    expectBlocked(1);
  });
});
