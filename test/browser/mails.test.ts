import { describe, expect, it } from 'vitest';
import { axeOn, chromiumIsHere, sidewaysScroll, useBrowser } from '../helpers/console/browser.ts';
import { sampleMails } from '../helpers/console/samples/mails.ts';

/** Names the background that mail programs show, because axe takes a transparent one for white. */
const background = '<style>html{background:Canvas;color:CanvasText}</style></head>';

describe.skipIf(!chromiumIsHere)('a mail', () => {
  const browser = useBrowser();

  it.each(sampleMails)('never scrolls sideways, and is legible on light and dark: $name', async ({ mail }) => {
    const page = await browser.visit('about:blank');
    await page.setContent(mail.html.replace('</head>', background));
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      for (const width of [600, 320]) {
        await page.setViewportSize({ width, height: 800 });
        expect(await sidewaysScroll(page), `${colorScheme}, ${width} px`).toBe(0);
      }
      const { violations } = await (await axeOn(page)).withRules(['color-contrast']).analyze();
      expect(
        violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)),
        colorScheme,
      ).toEqual([]);
    }
  });
});
