import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, useDaemon } from '../helpers/console/console.ts';
import { tabTo } from '../helpers/console/input-devices.ts';
import { addDeveloper } from '../helpers/daemon/api.ts';

describe.skipIf(!chromiumIsHere)('times', () => {
  const browser = useBrowser();
  const running = useDaemon();

  it.each([
    ['Pacific/Auckland', true, /UTC\+1[23]:00\./],
    ['America/St_Johns', true, /UTC−0[23]:30\./],
    ['Pacific/Auckland', false, /Times are in UTC\./],
  ])('are in the time zone of the browser, which the page names once (%s, script %s)', async (zone, script, named) => {
    const member = await addDeveloper(running.url, running.root, `${zone.replace('/', '.')}-${script}@example.com`);
    const expiry = new Date(Date.now() + 60 * 86_400_000);
    await member.request('POST', '/tokens', { name: 'ci', expires_at: expiry.toISOString() });
    const page = await browser.visit(running.url, { script, timezoneId: zone });
    await enter(page, running.url, member);
    await page.goto('/profile/api-tokens');
    await expect.poll(() => page.getByText(named).count()).toBe(1);
    const shown = page.getByRole('row', { name: 'ci' }).locator('time[data-form=date]');
    const timeZone = script ? zone : 'UTC';
    const parts = { day: 'numeric', month: 'short', year: 'numeric', timeZone } as const;
    expect(await shown.textContent()).toBe(
      new Intl.DateTimeFormat('en-GB', parts).format(expiry).replace('Sept', 'Sep'),
    );
  });

  it('show an expiry that was given as a date on that date, also east of UTC', async () => {
    const member = await addDeveloper(running.url, running.root, 'day@example.com');
    const day = new Date(Date.now() + 60 * 86_400_000).toISOString().slice(0, 10);
    await member.request('POST', '/tokens', { name: 'ci', expires_at: `${day}T23:59:59.999Z` });
    const page = await browser.visit(running.url, { timezoneId: 'Pacific/Kiritimati' });
    await enter(page, running.url, member);
    await page.goto('/profile/api-tokens');
    await expect.poll(() => page.getByText(/UTC\+14:00\./).count()).toBe(1);
    const shown = page.getByRole('row', { name: 'ci' }).locator('time[data-form=date]');
    const parts = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' } as const;
    const expected = new Intl.DateTimeFormat('en-GB', parts).format(new Date(day)).replace('Sept', 'Sep');
    expect(await shown.textContent()).toBe(expected);
  });

  it('show their exact time after a click, and while a link in their row has the focus', async () => {
    const member = await addDeveloper(running.url, running.root, 'exact@example.com');
    await member.request('POST', '/tokens', { name: 'ci', expires_in: 60 * 86_400 });
    const page = await browser.visit(running.url);
    await enter(page, running.url, member);
    await page.goto('/profile/api-tokens');
    const time = page.getByRole('row', { name: 'ci' }).locator('time').first();
    const exact = () => page.evaluate("getComputedStyle(document.querySelector('tbody time'), '::after').content");
    expect(await exact()).toBe('none');
    await time.click();
    expect(await exact()).toMatch(/^"\d+ \w{3} \d{4}, \d\d:\d\d"$/);
    await page.getByRole('heading', { level: 1 }).click();
    await page.mouse.move(0, 0);
    expect(await exact()).toBe('none');
    await tabTo(page.getByRole('link', { name: 'ci', exact: true }));
    expect(await exact()).not.toBe('none');
  });

  it('show their exact time to the keyboard where no link in a row does', async () => {
    const member = await addDeveloper(running.url, running.root, 'keyboard@example.com');
    const created = await member.request('POST', '/tokens', { name: 'ci', expires_in: 60 * 86_400 });
    const { id } = (await created.json()) as { id: string };
    const page = await browser.visit(running.url);
    await enter(page, running.url, member);
    await page.goto(`/profile/api-tokens/${id}`);
    const times = page.locator('time[data-exact]');
    await times.first().waitFor();
    for (const time of await times.all()) {
      await tabTo(time);
      const exact = await page.evaluate("getComputedStyle(document.activeElement, '::after').content");
      expect(exact).toMatch(/^"\d+ \w{3} \d{4}, \d\d:\d\d"$/);
    }
  });
});
