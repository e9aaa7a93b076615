import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageAccess } from '../../server/web/shell/access.ts';
import { axeFindings, chromiumIsHere, colorRules, sidewaysScroll, useBrowser } from '../helpers/console/browser.ts';
import { isFullLength } from '../helpers/length.ts';
import { openView } from './open-view.ts';
import { views } from './views.ts';
import { openWorld, type World } from './world.ts';

/** In which widths and themes axe checks a view. The short form checks all rules at each width, and the colors of each theme. */
const looks = [
  [1280, isFullLength ? (['light', 'dark'] as const) : (['dark'] as const)],
  [320, isFullLength ? (['light', 'dark'] as const) : (['light'] as const)],
] as const;

describe.skipIf(!chromiumIsHere)('every page and dialog', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.stop());

  it('is among the views', async () => {
    const paths: string[] = [];
    // One after the other, because some add what their page shows, once.
    for (const { path } of views) paths.push((await path(world)).replace(/[?#].*/, ''));
    const pages = Object.entries(pageAccess).flatMap(([route, access]) =>
      access !== 'file' && /^GET \/[^.]+$/.test(route) ? [route.slice('GET '.length)] : [],
    );
    const unseen = pages.filter((page) => {
      const shape = new RegExp(`^${page.replaceAll(/:\w+/g, '[^/]+')}$`);
      return !paths.some((path) => shape.test(path));
    });
    expect(unseen).toEqual([]);
  });

  it('has themes that differ in colors only', async () => {
    // `light-dark()` takes two colors. A media query could change anything.
    for (const asset of ['console.css', 'console.js']) {
      const text = await readFile(join(import.meta.dirname, '../../server/web/shell/assets', asset), 'utf8');
      expect(text).not.toContain('prefers-color-scheme');
    }
  });

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
          // The themes differ in colors only, as the test above shows.
          expect(await axeFindings(page, index === 0 ? undefined : colorRules), `${colorScheme}, ${width} px`).toEqual(
            [],
          );
        }
      }
    },
  );
});
