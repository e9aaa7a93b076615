import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { addDeveloper } from '../helpers/daemon/api.ts';

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
    await page.reload();
    await page.getByRole('heading', { name: 'The value was already shown' }).waitFor();
    expect(await page.content()).not.toContain(value);
    await page.goto('/profile/api-tokens');
    expect(await page.getByRole('row', { name }).count()).toBe(1);
  });

  it.each([true, false])('loses the value after leaving the page and going back (script %s)', async (script) => {
    const { page, value } = await showValue(script);
    await page.getByRole('link', { name: 'Back to your API tokens' }).click();
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
});
