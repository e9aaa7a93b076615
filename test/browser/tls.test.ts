import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { signOut } from '../helpers/console/console.ts';
import { freePort, prepareDaemon, startDaemon, superuser } from '../helpers/daemon/daemon.ts';
import { hasRealParts } from '../helpers/peers/real-parts.ts';
import { startTlsProxy } from '../helpers/peers/tls-proxy.ts';

const partsAreHere = [chromiumIsHere, hasRealParts('nginx', 'openssl')].every(Boolean);

describe.skipIf(!partsAreHere)('the console behind nginx that terminates TLS', () => {
  const browser = useBrowser();
  const stops: Array<() => unknown> = [];
  let url: string;

  beforeAll(async () => {
    const port = await freePort();
    url = `https://localhost:${port}`;
    const { dataDir, remove } = await prepareDaemon();
    stops.push(remove);
    const daemon = await startDaemon(dataDir, { TOKENSD_PUBLIC_URL: url });
    stops.push(() => daemon.stop());
    const proxy = await startTlsProxy(port, daemon.url);
    stops.push(proxy.stop);
  });
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop();
  });

  it('accepts forms and uses a session cookie that other hosts cannot set and scripts cannot read', async () => {
    const page = await browser.visit(url, { ignoreHTTPSErrors: true });
    await page.goto('/login');
    await page.getByLabel('Email address').fill(superuser.email);
    await page.getByLabel('Password').fill(superuser.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.waitForURL('/overview');
    const cookie = (await page.context().cookies()).find(({ name }) => name === '__Host-tokens_session');
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/', domain: 'localhost' });
    expect(await page.evaluate('document.cookie')).toBe('');

    await signOut(page);
    await page.getByText('You are signed out.').waitFor();
    expect((await page.context().cookies()).map(({ name }) => name)).not.toContain('__Host-tokens_session');
  });
});
