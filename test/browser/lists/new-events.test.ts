import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { enter, signOut, useDaemon } from '../../helpers/console/console.ts';
import { type Client, signIn } from '../../helpers/daemon/api.ts';
import { superuser } from '../../helpers/daemon/daemon.ts';

const interval = 30_000;

describe.skipIf(!chromiumIsHere)('the audit log', () => {
  const browser = useBrowser();
  const running = useDaemon();

  /** Opens the log in a session of its own. `asked` has the address of every question for new events. */
  async function open({ script = true } = {}) {
    const reader = await signIn(running.url, superuser);
    const page = await browser.visit(running.url, { script });
    const asked: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/new.json')) asked.push(request.url());
    });
    await enter(page, running.url, reader);
    const start = Date.now();
    if (script) await page.clock.install({ time: start });
    await page.goto('/organization/audit');
    await page.getByRole('link', { name: 'Check for new events' }).waitFor();
    // From here on, the clock of the page moves only when a test moves it. Nothing was asked yet.
    if (script) await page.clock.pauseAt(start + 20_000);
    return { page, reader, asked };
  }

  const links = (page: Page) => page.locator('[data-new-events]');
  const topOfList = async (page: Page) => (await page.locator('.events').first().boundingBox())?.y;

  it('offers the events that were saved since, without moving anything', async () => {
    const { page, reader, asked } = await open();
    const before = await topOfList(page);
    await reader.createToken('first');
    expect(asked).toEqual([]);
    await page.clock.runFor(interval);
    await expect.poll(() => links(page).textContent()).toBe('1 new event');
    await reader.createToken('second');
    await page.clock.runFor(interval);
    await expect.poll(() => links(page).textContent()).toBe('2 new events');
    expect(await topOfList(page)).toBe(before);
    await links(page).click();
    await page.getByRole('heading', { level: 1, name: '2 new events' }).waitFor();
    await page.getByText('created token second').waitFor();
  });

  it('opens the fields of an event below its line, by pointer and by key, without script', async () => {
    const { page, reader } = await open({ script: false });
    await reader.createToken('unfolded');
    await page.reload();
    const line = page.locator('.events li', { hasText: 'created token unfolded' });
    const panel = line.getByText('token.created');
    expect(await panel.isHidden()).toBe(true);
    await line.getByText('created token unfolded').click();
    await panel.waitFor();
    await line.locator('summary').press('Enter');
    await panel.waitFor({ state: 'hidden' });
    await line.locator('summary').press('Enter');
    await line.locator('.panel a').click();
    await page.getByRole('heading', { level: 1, name: 'created token unfolded' }).waitFor();
  });

  it('asks nothing while the page is hidden, and asks when it is shown again', async () => {
    const { page, asked } = await open();
    await hide(page, true);
    await page.clock.runFor(20 * interval);
    await hide(page, false);
    await expect.poll(() => asked.length).toBe(1);
  });

  it('asks for an hour at most', async () => {
    const { page, asked } = await open();
    await page.clock.runFor(3_600_000);
    await expect.poll(() => asked.length).toBe(120);
    await page.clock.runFor(3_600_000);
    await hide(page, false);
    // A question would be sent before this page is loaded.
    await page.goto('/profile');
    expect(asked.length).toBe(120);
  });

  it('stops after the session ended elsewhere', async () => {
    const { page, reader, asked } = await open();
    await endSession(reader);
    const refused = page.waitForResponse((response) => response.url().includes('/new.json'));
    await page.clock.runFor(interval);
    expect((await refused).status()).toBe(303);
    await page.clock.runFor(20 * interval);
    await hide(page, false);
    await page.goto('/login');
    expect(asked).toHaveLength(1);
    await page.getByLabel('Email address').waitFor();
  });

  it('stops after signing out', async () => {
    const { page, asked } = await open();
    await signOut(page);
    await page.getByLabel('Email address').waitFor();
    await page.clock.runFor(20 * interval);
    expect(asked).toEqual([]);
  });

  it('has a link for them without script', async () => {
    const { page, reader, asked } = await open({ script: false });
    await reader.createToken('without-script');
    await links(page).click();
    await page.getByRole('heading', { level: 1, name: '1 new event' }).waitFor();
    expect(asked).toEqual([]);
  });
});

/** Tells the page that it is hidden or shown. Headless Chromium shows every page. */
async function hide(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate(
    `Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
     document.dispatchEvent(new Event('visibilitychange'));`,
  );
}

async function endSession(client: Client): Promise<void> {
  expect((await client.request('DELETE', '/sessions/current')).status).toBe(204);
}
