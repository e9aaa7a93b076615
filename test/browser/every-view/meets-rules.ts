import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeFindings, chromiumIsHere, colorRules, sidewaysScroll, useBrowser } from '../../helpers/console/browser.ts';
import { isFullLength } from '../../helpers/length.ts';
import { openView } from '../open-view.ts';
import type { View } from '../views.ts';
import { openWorld, type World } from '../world.ts';

/** In which widths and themes axe checks a view. The short form checks all rules at each width, and the colors of each theme. */
const looks = [
  [1280, isFullLength ? (['light', 'dark'] as const) : (['dark'] as const)],
  [320, isFullLength ? (['light', 'dark'] as const) : (['light'] as const)],
] as const;

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
      'meets WCAG 2.2 AA in both themes, wide and narrow, and never scrolls sideways: $name',
      async (view) => {
        const page = await openView(browser, world, view, {});
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
      },
    );
  });
}
