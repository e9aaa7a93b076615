import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { openView } from './open-view.ts';
import { openWorld, type World } from './world.ts';

describe.skipIf(!chromiumIsHere)('the navigation of a narrow window', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.stop());

  it.each([true, false])('is a drawer that a button opens and the Escape key closes (script %s)', async (script) => {
    const view = { name: 'overview', as: 'root@example.com', path: () => '/overview' };
    const page = await openView(browser, world, view, { script, width: 390 });
    const button = page.getByRole('button', { name: 'Sections' });
    const link = page.getByRole('navigation', { name: 'Sections' }).getByRole('link', { name: 'Audit', exact: true });
    await button.waitFor();
    await link.waitFor({ state: 'hidden' });
    await button.press('Enter');
    await link.waitFor();
    await page.keyboard.press('Escape');
    await link.waitFor({ state: 'hidden' });
    await button.click();
    await link.click();
    await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
    await link.waitFor({ state: 'hidden' });
  });

  it('stands beside the page in a wide window, where no button opens it', async () => {
    const view = { name: 'overview', as: 'root@example.com', path: () => '/overview' };
    const page = await openView(browser, world, view, { width: 1280 });
    await page
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('link', { name: 'Audit', exact: true })
      .waitFor();
    await page.getByRole('button', { name: 'Sections' }).waitFor({ state: 'hidden' });
    expect(await page.getByRole('button', { name: 'Sections' }).count()).toBe(0);
  });
});

describe.skipIf(!chromiumIsHere)('the menu of the account', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.stop());

  it.each([390, 1280])('has each label on one line, above its choices, in a window of %i pixels', async (width) => {
    const view = { name: 'overview', as: 'root@example.com', path: () => '/overview' };
    const page = await openView(browser, world, view, { width });
    await page.getByRole('button', { name: /^Account of/ }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    const groups = await page.evaluate(`[...document.querySelectorAll('.menu .themes')].map((group) => {
      const [label, choice] = [group.querySelector('legend'), group.querySelector('button')];
      const [style, box] = [getComputedStyle(label), label.getBoundingClientRect()];
      const text = box.height - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
      return {
        lines: Math.round(text / parseFloat(style.lineHeight)),
        isAbove: box.bottom <= choice.getBoundingClientRect().top + 1,
      };
    })`);
    expect(groups).toEqual([
      { lines: 1, isAbove: true },
      { lines: 1, isAbove: true },
    ]);
  });
});
