import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { enter, useDaemon } from '../../helpers/console/console.ts';
import { addDeveloper } from '../../helpers/daemon/api.ts';

/** Looks like the value of a token. */
const value = `tok_8fK2b1Qz${'aB3'.repeat(10)}`;

/** Texts in which something divides the value because of where it was copied from. */
const dividedTexts = [' ', '\u200b', '\u00ad', '" "'].map(
  (between) => `"${value.slice(0, 20)}${between}${value.slice(20)}"`,
);

describe.skipIf(!chromiumIsHere)('the search', () => {
  const browser = useBrowser();
  const running = useDaemon();
  const openAs = async (email: string, options: { script?: boolean } = {}): Promise<Page> => {
    const member = await addDeveloper(running.url, running.root, email);
    await member.request('POST', '/tokens', { name: 'ci-pipeline' });
    const page = await browser.visit(running.url, options);
    await enter(page, running.url, member);
    await page.goto('/profile');
    return page;
  };

  /** Collects the addresses of all requests of a page. */
  const addressesOf = (page: Page): string[] => {
    const addresses: string[] = [];
    page.on('request', (request) => addresses.push(request.url()));
    return addresses;
  };

  it('has the focus after its key was pressed, and leaves the key alone in fields', async () => {
    const page = await openAs('key@example.com');
    const field = page.getByRole('searchbox', { name: 'Search' });
    await page.keyboard.press('/');
    await page.locator('#find:focus').waitFor();
    await page.keyboard.type('ci/p');
    await expect.poll(() => field.inputValue()).toBe('ci/p');
    await field.fill('ci-pipe');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'ci-pipeline' }).click();
    await page.getByRole('heading', { level: 1, name: 'ci-pipeline' }).waitFor();
  });

  it('opens on a phone with the focus, so that what is typed after its key or its button is searched', async () => {
    const page = await openAs('phone@example.com');
    await page.setViewportSize({ width: 390, height: 844 });
    for (const open of [() => page.keyboard.press('/'), () => page.getByRole('link', { name: 'Search' }).click()]) {
      await page.goto('/profile');
      await open();
      await page.waitForURL('**/search');
      await page.locator('#find:focus').waitFor();
      await page.keyboard.type('ci-pipe');
      await page.keyboard.press('Enter');
      await page.getByRole('link', { name: 'ci-pipeline' }).waitFor();
    }
  });

  it('cuts a pasted value to its prefix, and sends the prefix only', async () => {
    const page = await openAs('paste@example.com');
    const addresses = addressesOf(page);
    const field = page.getByRole('searchbox', { name: 'Search' });
    for (const pasted of [value, `Bearer ${value}`, `"${value}"`, ...dividedTexts]) {
      await field.fill(pasted);
      await expect.poll(() => field.inputValue()).toBe('tok_8fK2b1Qz');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'tok_8fK2b1Qz' }).waitFor();
    expect(addresses.join(' ')).toContain('q=tok_8fK2b1Qz');
    expect(addresses.join(' ')).not.toContain(value.slice(12, 20));
  });

  it('sends no value without script either', async () => {
    const page = await openAs('plain@example.com', { script: false });
    const addresses = addressesOf(page);
    const field = page.getByRole('searchbox', { name: 'Search' });
    for (const pasted of [value, `Bearer ${value}`, value.slice(0, -2), ...dividedTexts]) {
      await field.fill(pasted);
      await page.keyboard.press('Enter');
    }
    // The browser refused them, so that this is the first search that it sends.
    await field.fill('ci-pipe');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'ci-pipeline' }).waitFor();
    expect(addresses.join(' ')).not.toContain(value.slice(12, 20));
  });

  it('is not reached by its key once the account menu turned it off, also without script', async () => {
    for (const [email, script] of [
      ['off@example.com', true],
      ['off-plain@example.com', false],
    ] as const) {
      const page = await openAs(email, { script });
      await page.getByRole('button', { name: `Account of ${email}` }).click();
      await page.getByRole('group', { name: 'Search with the / key' }).getByRole('button', { name: 'Off' }).click();
      await page.locator('input#find:not([aria-keyshortcuts])').waitFor();
      if (script) {
        await page.keyboard.press('/');
        await page.keyboard.press('Tab');
        // From the search, the focus would have moved on to what follows it.
        await page.locator('a.skip:focus').waitFor();
      }
      await page.getByRole('button', { name: `Account of ${email}` }).click();
      await page.getByRole('group', { name: 'Search with the / key' }).getByRole('button', { name: 'On' }).click();
      await page.locator('input#find[aria-keyshortcuts]').waitFor();
    }
  });
});
