import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, chromiumIsHere, colorRules, sidewaysScroll, useBrowser } from '../../helpers/console/browser.ts';
import { isFullLength } from '../../helpers/length.ts';
import { openView } from '../open-view.ts';
import type { View } from '../views.ts';
import { openWorld, type World } from '../world.ts';
import { layoutShifts } from './layout-shifts.ts';

/** In which widths and themes axe checks a view. The short form checks all rules at each width, and the colors of each theme. */
const looks = [
  [1280, isFullLength ? (['light', 'dark'] as const) : (['dark'] as const)],
  [320, isFullLength ? (['light', 'dark'] as const) : (['light'] as const)],
] as const;

/** So far from UTC that most dates change when the script shows them in the time zone of the browser. */
const farZone = 'Pacific/Chatham';

/** Tests that these views are accessible and fit into every window. */
export function testViews(views: View[]): void {
  describe.skipIf(!chromiumIsHere)('every page and dialog', () => {
    const browser = useBrowser();
    let world: World;
    beforeAll(async () => {
      world = await openWorld();
    });
    afterAll(() => world.stop());

    it.each(views)(
      'meets WCAG 2.2 AA in both themes, wide and narrow, and never scrolls sideways or moves what is shown: $name',
      async (view) => {
        const page = await openView(browser, world, view, { timezoneId: farZone });
        expect(await layoutShifts(page)).toEqual([]);
        expect(await timesWithoutKeyboard(page)).toEqual([]);
        for (const width of [3840, 1920, 1024, 800, 600]) {
          await page.setViewportSize({ width, height: 800 });
          expect(await sidewaysScroll(page), `scrolls at ${width} px`).toBe(0);
        }
        for (const [width, themes] of looks) {
          await page.setViewportSize({ width, height: 800 });
          expect(await sidewaysScroll(page), `scrolls at ${width} px`).toBe(0);
          for (const [index, colorScheme] of themes.entries()) {
            await page.emulateMedia({ colorScheme });
            // The themes differ in colors only, as another test shows.
            expect(
              await axeFindings(page, index === 0 ? undefined : colorRules),
              `${colorScheme}, ${width} px`,
            ).toEqual([]);
          }
        }
        await expectStillOnPhone(page, view);
      },
    );
  });
}

/** Expects that nothing moves while a phone loads the page. A page after some steps cannot be loaded again. */
async function expectStillOnPhone(page: Page, view: View): Promise<void> {
  if (view.act !== undefined) return;
  await page.setViewportSize({ width: 390, height: 844 });
  await page.reload();
  expect(await layoutShifts(page), 'on a phone').toEqual([]);
}

/** Returns the texts of times whose exact time no key shows: they take no focus themselves, and neither does anything else in their row. */
function timesWithoutKeyboard(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('time[data-exact]')]
      .filter((time) => time.tabIndex < 0 && !time.closest('tr')?.querySelector('a[href], button:enabled, input:enabled'))
      .map((time) => time.textContent)`,
  );
}
