import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { sampleMails } from '../helpers/console/samples/mails.ts';
import { openDesignSystem } from './design-system/open.ts';
import { openView } from './open-view.ts';
import { views } from './views.ts';
import { openWorld, type World } from './world.ts';

const directory = join(import.meta.dirname, '..', '..', 'screenshots');

/** `npm run screenshots` takes screenshots of every page and dialog, and of mails. Add `-- -t team` for those whose name contains `team`. */
describe.skipIf(!chromiumIsHere)('screenshots', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await rm(directory, { recursive: true, force: true });
  });
  afterAll(() => world.stop());

  const looks = [
    { label: 'desktop', width: 1280, height: 800 },
    { label: 'phone', width: 390, height: 844 },
    { label: 'small-phone', width: 320, height: 568 },
    { label: 'tablet', width: 820, height: 1180 },
    { label: 'wide', width: 1440, height: 900 },
  ];
  it.each(views)('of $name', async (view) => {
    const page = await openView(browser, world, view, {});
    await page.screenshot({ path: join(directory, `${view.name}.window.png`) });
    // The backdrop of a modal dialog covers only the window, so a full-page screenshot would look wrong.
    const fullPage = (await page.locator('dialog[open]').count()) === 0;
    const shoot = (label: string) => page.screenshot({ path: join(directory, `${view.name}.${label}.png`), fullPage });
    for (const { label, ...size } of looks) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await shoot(`${label}.${colorScheme}`);
      }
    }
    await page.setViewportSize({ width: 794, height: 1123 });
    await page.emulateMedia({ media: 'print', colorScheme: 'light' });
    await shoot('print');
  });

  it('of the design system', async () => {
    const page = await openDesignSystem(browser);
    await mkdir(directory, { recursive: true });
    for (const { label, ...size } of looks.filter(({ label }) => ['phone', 'tablet', 'wide'].includes(label))) {
      await page.setViewportSize(size);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(directory, `design-system.${label}.${colorScheme}.png`), fullPage: true });
      }
    }
  });

  it.each(sampleMails)('of the mail $name', async ({ name, mail }) => {
    const page = await browser.visit('about:blank', { script: false });
    await page.setContent(mail.html);
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `mail-${name}.txt`), `Subject: ${mail.subject}\n\n${mail.text}`);
    for (const width of [320, 600]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        await page.screenshot({ path: join(directory, `mail-${name}.${width}.${colorScheme}.png`), fullPage: true });
      }
    }
  });
});
