import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { enter, useDaemon } from '../../helpers/console/console.ts';
import { addDeveloper, verify } from '../../helpers/daemon/api.ts';

const day = 86_400;

describe.skipIf(!chromiumIsHere)('a list of tokens', () => {
  const browser = useBrowser();
  const running = useDaemon();

  /** The names of the rows, in their order. */
  const names = (page: Page) => page.locator('tbody th a').allTextContents();

  it('is sorted by its headings, in the address, with empty values last in both orders', async () => {
    const member = await addDeveloper(running.url, running.root, 'sorting@example.com');
    const beta = await member.createToken('beta', { expires_in: 20 * day });
    await member.createToken('Alpha', { expires_in: null });
    const gamma = await member.createToken('gamma', { expires_in: 10 * day });
    const page = await browser.visit(running.url, {});
    await enter(page, running.url, member);
    for (const token of [gamma, beta]) {
      expect((await verify(running.url, token.token)).status).toBe(200);
      // The two uses must not share a millisecond.
      await expect
        .poll(async () => {
          const { items } = (await (await member.request('GET', '/tokens?limit=10')).json()) as {
            items: Array<{ id: string; last_used: unknown }>;
          };
          return items.find(({ id }) => id === token.id)?.last_used;
        })
        .not.toBeNull();
    }
    const orders: Array<[heading: string, sort: string, direction: string, names: string[]]> = [
      ['Name', 'name', 'ascending', ['Alpha', 'beta', 'gamma']],
      ['Name', '-name', 'descending', ['gamma', 'beta', 'Alpha']],
      ['Expires', 'expires', 'ascending', ['gamma', 'beta', 'Alpha']],
      ['Expires', '-expires', 'descending', ['beta', 'gamma', 'Alpha']],
      ['Last used', '-last_used', 'descending', ['beta', 'gamma', 'Alpha']],
      ['Last used', 'last_used', 'ascending', ['gamma', 'beta', 'Alpha']],
    ];
    await page.goto('/profile/api-tokens');
    for (const [heading, sort, direction, expected] of orders) {
      await page.getByRole('columnheader', { name: heading }).getByRole('link').click();
      await page.waitForURL((url) => url.searchParams.get('sort') === sort);
      const sorted = page.locator('th[aria-sort]');
      await expect.poll(() => sorted.allTextContents()).toEqual([expect.stringContaining(heading)]);
      expect([sort, await sorted.getAttribute('aria-sort'), await names(page)]).toEqual([sort, direction, expected]);
    }
    await page.reload();
    expect(await names(page)).toEqual(['gamma', 'beta', 'Alpha']);
    // The field below the filters has the orders that no heading has.
    await page.getByLabel('Order').selectOption('Oldest first');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.waitForURL((url) => url.searchParams.get('sort') === 'created');
    await expect.poll(() => names(page)).toEqual(['beta', 'Alpha', 'gamma']);
  });

  it('downloads what the filter shows, in which no cell is a formula', async () => {
    const member = await addDeveloper(running.url, running.root, 'download@example.com');
    for (const name of ['=1+1 shown', 'shown', 'hidden']) await member.createToken(name, { description: '@SUM(A1)' });
    const page = await browser.visit(running.url, {});
    await enter(page, running.url, running.root);
    await page.goto('/organization/tokens?owner=download%40example.com&q=shown&sort=name');
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download CSV' }).click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/^tokens-\d{4}-\d\d-\d\d\.csv$/);
    const rows: Array<Record<string, string>> = parse(await readFile(await file.path()), { bom: true, columns: true });
    expect(rows.map(({ name, description, owner }) => [name, description, owner])).toEqual([
      ["'=1+1 shown", "'@SUM(A1)", 'download@example.com'],
      ['shown', "'@SUM(A1)", 'download@example.com'],
    ]);
  });
});
