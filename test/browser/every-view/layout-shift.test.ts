import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { showMessage } from '../../helpers/console/show-message.ts';
import { openView } from '../open-view.ts';
import { type View, views } from '../views.ts';
import { openWorld, type World } from '../world.ts';
import { delayScript, layoutShifts } from './layout-shifts.ts';

describe.skipIf(!chromiumIsHere)('the layout of a page', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.stop());

  const viewOf = (name: string) => views.find((view) => view.name === name) as View;
  /** Returns where the heading and the navigation are. */
  const places = (page: Page) => Promise.all(['h1', 'nav'].map((name) => page.locator(name).first().boundingBox()));

  // Their script changes dates within sentences, and what the bar of a selection says.
  it.each([1280, 390])('does not shift when a slow script arrives at last, at %d px', async (width) => {
    for (const name of ['token-paused', 'all-tokens-selected', 'tokens']) {
      const page = await openView(browser, world, viewOf(name), { width, timezoneId: 'Pacific/Chatham' });
      await delayScript(page);
      await page.reload();
      expect(await page.locator('[data-zone]').textContent()).toContain('UTC+1');
      expect(await layoutShifts(page, { always: true }), name).toEqual([]);
    }
  });

  it('does not shift when a message appears or is dismissed', async () => {
    const page = await openView(browser, world, viewOf('tokens'), {});
    const before = await places(page);
    await showMessage('token-revoked', 'ci-deploy')(page, world);
    expect(await places(page)).toEqual(before);
    await page.getByRole('link', { name: 'Dismiss this message' }).click();
    await page.getByRole('region', { name: 'Message' }).waitFor({ state: 'detached' });
    expect(await layoutShifts(page, { always: true })).toEqual([]);
  });

  it('does not shift when a value was copied', async () => {
    const page = await openView(browser, world, viewOf('token-created'), {});
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    expect(await layoutShifts(page, { always: true })).toEqual([]);
  });

  it('does not shift with the results of a search, and has them where the empty page has its text', async () => {
    const page = await openView(browser, world, viewOf('search'), {});
    const [, navigation] = await places(page);
    await page.getByRole('searchbox', { name: 'Search' }).first().fill('ci');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'ci' }).waitFor();
    expect((await places(page))[1]).toEqual(navigation);
    expect(await layoutShifts(page)).toEqual([]);
  });

  it('does not shift when the theme changes', async () => {
    const page = await openView(browser, world, viewOf('tokens'), {});
    const before = await places(page);
    await page.getByRole('button', { name: /account/i }).click();
    await page.getByRole('button', { name: 'Dark' }).click();
    await page.locator('html[data-theme=dark]').waitFor();
    expect(await places(page)).toEqual(before);
    expect(await layoutShifts(page)).toEqual([]);
  });
});
