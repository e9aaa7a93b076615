import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, sidewaysScroll, useBrowser } from '../../helpers/console/browser.ts';
import { longAccount } from '../../helpers/console/samples/service-accounts.ts';
import { newDenied } from '../../store/contract/records.ts';
import { openView } from '../open-view.ts';
import { type View, views } from '../views.ts';
import { openWorld, type World } from '../world.ts';

const dev = 'dev@example.com';
const root = 'root@example.com';
/** The longest name, of the widest characters. */
const wide = 'W'.repeat(64);

/** Some views make what they list. */
function viewOf(name: string): View {
  const view = views.find((view) => view.name === name);
  if (view === undefined) throw new Error(`There is no view ${name}.`);
  return view;
}

const at = (as: string, path: View['path']) => ({ as, path });
/** Lists in which each row has a page. */
const lists: Record<string, Pick<View, 'as' | 'path' | 'act'>> = {
  'own tokens': at(dev, () => '/profile/api-tokens'),
  'all tokens': at(root, () => '/organization/tokens?sort=name'),
  'tokens of a member': at(root, async ({ idOf }) => `/organization/team/${await idOf(dev)}`),
  'tokens of a service account': at(
    root,
    async ({ accountIdOf }) => `/organization/service-accounts/${await accountIdOf(longAccount)}`,
  ),
  'tokens that ended': at(root, () => '/organization/tokens?status=revoked'),
  members: at(root, () => '/organization/team'),
  trusts: at(root, () => '/organization/trusts'),
  clients: viewOf('clients'),
  'service accounts': at(root, () => '/organization/service-accounts'),
  webhooks: viewOf('webhooks'),
  apps: viewOf('apps'),
  'results of a search': at(root, () => '/search?q=e'),
  'audit events': at(root, () => '/organization/audit'),
  'own events': at(dev, () => '/profile/activity'),
};

const rows = ':is(table:is(.tokens, .brief) tbody tr, .results > li, .events li)';

describe.skipIf(!chromiumIsHere)('a row on a phone', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
    await prepare(world);
  });
  afterAll(() => world.stop());

  it.each(Object.keys(lists))('has two lines and opens the page of what it shows: %s', async (name) => {
    const view = { name, as: root, path: () => '/', ...lists[name] };
    const page = await openView(browser, world, view, { width: 390, height: 844, script: false });
    for (const width of [320, 390, 639]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await sidewaysScroll(page)).toBe(0);
      const [heights, lines] = [await heightsOf(page), await linesOf(page)];
      // The owner is no text of the document, so that the lines of text do not count it.
      expect(Math.max(0, ...(await heightsOf(page, 'td.owner'))), `at ${width} px`).toBeLessThanOrEqual(24);
      expect(heights.length).toBeGreaterThan(0);
      expect(Math.min(...heights), `at ${width} px`).toBeGreaterThanOrEqual(44);
      expect(Math.max(...heights), `at ${width} px`).toBeLessThanOrEqual(72);
      expect(lines.length).toBe(heights.length);
      expect(
        lines.filter((count) => count > 2),
        `at ${width} px`,
      ).toEqual([]);
    }
    for (const width of [640, 820, 1024, 1200]) {
      await page.setViewportSize({ width, height: 844 });
      expect(await sidewaysScroll(page), `at ${width} px`).toBe(0);
    }
    await page.setViewportSize({ width: 639, height: 844 });
    const row = page.locator(rows).first();
    const href = (await row.locator(':is(th a, :scope > a)').first().getAttribute('href')) ?? '';
    // At the end of the second line, far from the name.
    const { width = 0, height = 0 } = (await row.boundingBox()) ?? {};
    await row.click({ position: { x: width - 8, y: height - 8 } });
    await page.waitForURL((url) => url.pathname === href);
  });

  it('has two lines and its button, if what it shows has no page', async () => {
    const page = await openView(browser, world, viewOf('webhook'), { width: 390, height: 844, script: false });
    const deliveries = page.getByRole('table', { name: 'Deliveries' }).locator('tbody tr');
    await expect.poll(() => deliveries.count()).toBe(3);
    for (const height of await heightsOf(page)) expect(height).toBeLessThanOrEqual(72);
    expect(Math.max(...(await linesOf(page)))).toBe(2);
    await deliveries.filter({ hasText: 'failed' }).getByText('The receiver answered HTTP 500.').first().waitFor();
    await deliveries.last().getByRole('button').click();
    await page.getByRole('status').first().waitFor();
  });

  it('shows its badges beside a long name', async () => {
    const view = { name: 'own tokens', as: dev, path: () => '/profile/api-tokens' };
    const page = await openView(browser, world, view, { width: 390, height: 844, script: false });
    const badgesOf = (name: string) =>
      page.locator('tbody tr', { has: page.getByRole('link', { name, exact: true }) }).locator('th .badge:visible');
    await expect.poll(() => badgesOf(wide).allTextContents()).toEqual(['paused', 'denied', 'two values']);
    await expect.poll(() => badgesOf('load-test').allTextContents()).toEqual(['expired']);
    await expect.poll(() => badgesOf('terraform').allTextContents()).toEqual(['two values']);
    for (const badge of await badgesOf(wide).all()) {
      const box = await badge.boundingBox();
      expect((box?.x ?? 390) + (box?.width ?? 0)).toBeLessThanOrEqual(390);
    }
    const name = await page.getByRole('link', { name: wide, exact: true }).boundingBox();
    expect(name?.width).toBeGreaterThanOrEqual(64);
  });
});

/** Gives tokens two values and denied requests, ends one, and creates one with the longest name in three states at once. */
async function prepare(world: World): Promise<void> {
  const { store, clock, tokenIdOf } = world;
  const as = { ...world.dev, session: await world.sessionOf(dev) };
  const send = async (path: string, json?: object, method = 'POST') => {
    const response = await world.ask(`/api/v1/tokens${path}`, { as, method, ...(json && { json }) });
    expect(response.status, path).toBeLessThan(300);
    return response;
  };
  const created = (await (await send('', { name: wide, description: 'It deploys. '.repeat(20) })).json()) as {
    id: string;
  };
  await send(`/${await tokenIdOf(dev, 'terraform')}/rotate`, { overlap: 86_400 });
  await send(`/${created.id}/rotate`, { overlap: 86_400 });
  await send(`/${created.id}/pause`, {});
  await send(`/${await tokenIdOf(dev, 'metrics exporter')}`, undefined, 'DELETE');
  const denied = [created.id, await tokenIdOf(dev, 'Laptop')].map((id) => newDenied(id, { at: clock.now() }));
  await store.transaction((store) => store.usage.addDenied(denied, clock.now()));
}

function heightsOf(page: Page, selector = rows): Promise<number[]> {
  return page.evaluate(
    `[...document.querySelectorAll('${selector}')].map((element) => element.getBoundingClientRect().height)`,
  );
}

/** Returns how many lines of visible text each row has. Text that its row or cell cuts off does not count. */
function linesOf(page: Page): Promise<number[]> {
  return page.evaluate(`[...document.querySelectorAll('${rows}')].map((row) => {
    const texts = [];
    const walker = document.createTreeWalker(row, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const text = walker.currentNode;
      // What a closed panel has is not visible, although it has a place.
      // A button stands beside both lines.
      if (text.parentElement.closest('button')) continue;
      if (text.data.trim() === '' || !text.parentElement.checkVisibility()) continue;
      const range = document.createRange();
      range.selectNodeContents(text);
      for (const { top, bottom, left, right } of range.getClientRects()) {
        const seen = { top, bottom, left, right };
        for (let box = text.parentElement; box && row.contains(box); box = box.parentElement) {
          if (getComputedStyle(box).overflow === 'visible') continue;
          const edge = box.getBoundingClientRect();
          seen.top = Math.max(seen.top, edge.top);
          seen.bottom = Math.min(seen.bottom, edge.bottom);
          seen.left = Math.max(seen.left, edge.left);
          seen.right = Math.min(seen.right, edge.right);
        }
        if (seen.bottom - seen.top > 2 && seen.right - seen.left > 2) texts.push(seen);
      }
    }
    texts.sort((one, other) => one.top - other.top);
    let [lines, end] = [0, Number.NEGATIVE_INFINITY];
    for (const { top, bottom } of texts) {
      if ((top + bottom) / 2 > end) [lines, end] = [lines + 1, bottom];
    }
    return lines;
  })`);
}
