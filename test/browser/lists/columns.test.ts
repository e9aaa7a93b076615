import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { openView } from '../open-view.ts';
import { openWorld, type World } from '../world.ts';

const name = 'shown in every width';
const own = '/profile/api-tokens';
const all = '/organization/tokens?sort=name';

describe.skipIf(!chromiumIsHere)('a list of tokens', () => {
  const browser = useBrowser();
  let world: World;
  let prefix: string;
  beforeAll(async () => {
    world = await openWorld();
    const as = { ...world.dev, session: await world.sessionOf('dev@example.com') };
    const json = {
      name,
      description: 'It reads.',
      read_only: true,
      networks: ['192.0.2.0/24'],
      expires_in: 86_400 * 90,
    };
    const created = await world.ask('/api/v1/tokens', { as, method: 'POST', json });
    expect(created.status).toBe(201);
    prefix = ((await created.json()) as { prefix: string }).prefix;
  });
  afterAll(() => world.stop());

  const open = (as: string, path: string, options: object) =>
    openView(browser, world, { name: path, as, path: () => path }, options);
  const rowOf = (page: Page) => page.locator('tbody tr', { has: page.getByRole('link', { name, exact: true }) });

  it.each([
    ['dev@example.com', own, []],
    ['root@example.com', `${all}&q=${encodeURIComponent(name)}`, ['dev@example.com', 'member']],
  ])('shows each column, or its text below another one, from 640 to 1,440 px (%s, %s)', async (as, path, owner) => {
    const page = await open(as, path, {});
    for (const width of [641, 820, 1024, 1100, 1280, 1440, 1700]) {
      await page.setViewportSize({ width, height: 900 });
      const row = rowOf(page);
      for (const text of [name, 'It reads.', 'read-only · 1 network', prefix, ...owner]) {
        const shown = row.getByText(text, { exact: true }).filter({ visible: true });
        expect(await shown.count(), `${text} at ${width} px`).toBe(1);
        // The end of a long name or rule is cut; a prefix is never.
        const box = await shown.first().boundingBox();
        expect(
          (box?.x ?? width) + (text === prefix ? (box?.width ?? width) : 0),
          `${text} at ${width} px`,
        ).toBeLessThan(width);
      }
      for (const cell of [row.locator('.expires time'), row.locator('td.used', { hasText: 'never' })]) {
        await cell.waitFor({ timeout: 5_000 });
      }
    }
  });

  it.each([true, false])('lets its page be selected on a phone (script %s)', async (script) => {
    const page = await open('dev@example.com', own, { width: 390, height: 844, script });
    const select = script
      ? page.getByRole('checkbox', { name: 'Select all on this page' })
      : page.getByRole('link', { name: 'Select all on this page' });
    const box = await select.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(script ? 24 : 16);
    if (script) await page.getByText('Select all on this page').click();
    else await select.click();
    await page.getByRole('button', { name: 'Revoke…' }).waitFor();
    const boxes = page.locator('tbody .pick input');
    await expect.poll(async () => (await boxes.count()) > 0).toBe(true);
    for (const each of await boxes.all()) expect(await each.isChecked()).toBe(true);
  });
});
