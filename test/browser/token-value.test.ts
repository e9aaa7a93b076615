import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { pressEscape, waitForFocus } from '../helpers/console/input-devices.ts';
import { addDeveloper, verify } from '../helpers/daemon/api.ts';

describe.skipIf(!chromiumIsHere)('the page that shows a token’s value', () => {
  const browser = useBrowser();
  const running = useDaemon();

  async function showValue(script: boolean) {
    const name = `script ${script} ${performance.now()}`;
    const page = await browser.visit(running.url, { script });
    await enter(
      page,
      running.url,
      await addDeveloper(running.url, running.root, `${name.replaceAll(' ', '-')}@example.com`),
    );
    await page.goto('/profile/api-tokens?dialog=create');
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Create token' }).click();
    return { page, name, value: await page.getByLabel(`Value of ${name}`).inputValue() };
  }

  async function copyValue(page: Page): Promise<void> {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy' }).first().click();
    await page.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
  }

  it('keeps the value out of URLs, history, storage and cookies', async () => {
    const { page, value } = await showValue(true);
    const kept = await page.evaluate(`JSON.stringify([
      location.href, history.state, document.title, { ...localStorage }, { ...sessionStorage }, document.cookie,
      performance.getEntries().map(({ name }) => name),
    ])`);
    expect(kept).not.toContain(value);
    expect(JSON.stringify(await page.context().storageState({ indexedDB: true }))).not.toContain(value);
    expect(page.url()).toBe(`${running.url}/profile/api-tokens`);
    expect(await page.evaluate('caches.keys()')).toEqual([]);
  });

  it.each([true, false])('loses the value on reload, and creates no second token (script %s)', async (script) => {
    const { page, name, value } = await showValue(script);
    if (script) await copyValue(page);
    await page.reload();
    await page.getByRole('heading', { name: 'The value was already shown' }).waitFor();
    expect(await page.content()).not.toContain(value);
    await page.goto('/profile/api-tokens');
    expect(await page.getByRole('row', { name }).count()).toBe(1);
  });

  it.each([true, false])('loses the value after leaving the page and going back (script %s)', async (script) => {
    const { page, value } = await showValue(script);
    await page.getByRole('link', { name: 'I have saved it' }).click();
    await page.waitForURL('/profile/api-tokens');
    // Chromium may show its own error page instead of a page that was loaded with POST.
    await page.goBack().catch(() => {});
    expect(await page.content()).not.toContain(value);
    const fields = await page.evaluate("[...document.querySelectorAll('input')].map((input) => input.value)");
    expect(fields).not.toContain(value);
  });

  it.each([true, false])('does not show the value in a second tab (script %s)', async (script) => {
    const { page, name, value } = await showValue(script);
    const second = await page.context().newPage();
    await second.goto(page.url());
    await second.getByRole('row', { name }).waitFor();
    expect(await second.content()).not.toContain(value);
  });

  /** Closes the tab as a member does, and returns whether the page asked. */
  async function asksBeforeLeaving(page: Page): Promise<boolean> {
    let asked = false;
    page.once('dialog', () => {
      asked = true;
    });
    // A question that is answered with no stops the navigation.
    const leave = () => page.goto('/profile').catch(() => null);
    let left = await leave();
    // On a busy machine, Chromium can abort a navigation that follows a stopped one.
    if (left === null && !asked) left = await leave();
    expect(left === null).toBe(asked);
    return asked;
  }

  it('stays open after Escape and clicks outside, and closes by “I have saved it” without asking', async () => {
    const { page, name } = await showValue(true);
    const dialog = page.getByRole('dialog', { name: 'Copy your new token now' });
    await waitForFocus(dialog.getByRole('button', { name: 'Copy' }).first());
    // Chromium closes a dialog at the second Escape, whatever its page says to the first.
    for (let press = 0; press < 3; press += 1) await pressEscape(dialog);
    await page.mouse.click(5, 300);
    await page.mouse.click(5, 300);
    await page.waitForTimeout(100);
    expect(await dialog.evaluate((element) => element.matches(':modal'))).toBe(true);
    expect(await page.getByLabel(`Value of ${name}`).inputValue()).toMatch(/^tok_/);
    await dialog.getByRole('link', { name: 'I have saved it' }).click();
    await page.getByRole('row', { name }).waitFor();
  });

  it('asks once before the page is left, unless the value was copied', async () => {
    const forgotten = (await showValue(true)).page;
    await waitForFocus(forgotten.getByRole('button', { name: 'Copy' }).first());
    await forgotten.getByRole('radio', { name: 'Python' }).check();
    expect(await asksBeforeLeaving(forgotten)).toBe(true);
    await expect.poll(() => browser.troubles.splice(0)).toEqual(['dialog: ']);
    expect(await asksBeforeLeaving(forgotten)).toBe(false);

    const copied = (await showValue(true)).page;
    await copyValue(copied);
    expect(await asksBeforeLeaving(copied)).toBe(false);

    const byKeys = (await showValue(true)).page;
    await byKeys.getByLabel(/^Value of/).click();
    await byKeys.keyboard.press('ControlOrMeta+A');
    await byKeys.keyboard.press('ControlOrMeta+C');
    expect(await asksBeforeLeaving(byKeys)).toBe(false);

    const onlySnippet = (await showValue(true)).page;
    await onlySnippet.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await onlySnippet.getByRole('button', { name: 'Copy' }).nth(1).click();
    await onlySnippet.getByRole('status').filter({ hasText: 'Copied' }).waitFor();
    expect(await asksBeforeLeaving(onlySnippet)).toBe(true);
    browser.troubles.splice(0);
  });

  it('moves nothing when Copy says “Copied” and when another snippet is chosen', async () => {
    const { page } = await showValue(true);
    const dialog = page.getByRole('dialog');
    const before = await dialog.boundingBox();
    await copyValue(page);
    expect(await dialog.boundingBox()).toEqual(before);
    for (const tab of await page.getByRole('radio').all()) {
      await tab.check();
      expect(await dialog.boundingBox()).toEqual(before);
    }
  });

  it.each([true, false])('shows one snippet at a time, chosen with the arrow keys (script %s)', async (script) => {
    const { page, value } = await showValue(script);
    const shown = page.locator('.snippet:visible');
    await page.getByRole('radio', { name: 'curl' }).focus();
    for (const [label, code] of [
      ['Python', 'urllib.request'],
      ['JavaScript', 'await fetch('],
      ['GitHub Actions', 'secrets.TOKENS_TOKEN'],
      ['git', 'git config --global'],
      ['Prometheus', 'scrape_configs:'],
    ] as const) {
      await page.keyboard.press('ArrowRight');
      await expect.poll(() => page.getByRole('radio', { name: label, exact: true }).isChecked()).toBe(true);
      await expect.poll(() => shown.count()).toBe(1);
      expect(await shown.textContent()).toContain(code);
      expect(await shown.textContent()).not.toContain(value);
    }
  });

  it('is a part of the page without script', async () => {
    const { page } = await showValue(false);
    expect(await page.evaluate("getComputedStyle(document.querySelector('dialog.value')).position")).toBe('static');
    expect(await page.getByRole('button', { name: 'Copy' }).count()).toBe(0);
  });

  it.each([true, false])('replaces a lost value at once by “Rotate now” (script %s)', async (script) => {
    const { page, name, value } = await showValue(script);
    if (script) await copyValue(page);
    await page.reload();
    await page.getByRole('button', { name: 'Rotate now' }).click();
    const field = page.getByLabel(`Value of ${name}`);
    const next = await field.inputValue();
    expect(next).not.toBe(value);
    expect((await verify(running.url, value)).status).toBe(401);
    expect((await verify(running.url, next)).status).toBe(200);
  });
});
