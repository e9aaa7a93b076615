import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../../helpers/console/browser.ts';
import { enter, useDaemon } from '../../helpers/console/console.ts';
import { keyboard, mouse } from '../../helpers/console/input-devices.ts';
import { addDeveloper, type Client } from '../../helpers/daemon/api.ts';

describe.skipIf(!chromiumIsHere)('selecting tokens of a list', () => {
  const browser = useBrowser();
  const running = useDaemon();

  async function open(name: string, count: number, look: { script: boolean; width?: number }) {
    const member = await addDeveloper(running.url, running.root, `${name}@example.com`);
    for (let number = 1; number <= count; number += 1) await member.createToken(`job-${number}`);
    const page = await browser.visit(running.url, look);
    await enter(page, running.url, member);
    return { member, page };
  }

  const statusesOf = async (member: Client) => {
    const response = await member.request('GET', '/tokens?limit=200');
    const { items } = (await response.json()) as { items: Array<{ name: string; status: string }> };
    return Object.fromEntries(items.map(({ name, status }) => [name, status]));
  };

  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name });

  it.each([
    ['the mouse', mouse],
    ['the keyboard', keyboard],
  ])('pauses what was checked, with %s', async (what, hands) => {
    const { member, page } = await open(what.replace(' ', '-'), 3, { script: true });
    await page.goto('/profile/api-tokens');
    const bar = page.getByRole('button', { name: 'Pause…' });
    await bar.waitFor({ state: 'hidden' });
    await hands.press(page.getByRole('checkbox', { name: 'Select job-1', exact: true }));
    await page.getByText('1 selected').waitFor();
    const pageBox = page.getByRole('checkbox', { name: 'Select all on this page' });
    await expect
      .poll(() => pageBox.evaluate((box) => (box as unknown as { indeterminate: boolean }).indeterminate))
      .toBe(true);
    await hands.press(pageBox);
    await page.getByText('3 selected').waitFor();
    await hands.press(page.getByRole('checkbox', { name: 'Select job-2', exact: true }));
    await page.getByText('2 selected').waitFor();
    await hands.press(bar);
    await heading(page, 'Pause 2 tokens?').waitFor();
    await page.getByLabel('Reason (optional)').fill('Incident 7');
    await hands.press(page.getByRole('button', { name: 'Pause 2 tokens' }));
    await heading(page, '2 tokens were paused').waitFor();
    expect(await statusesOf(member)).toEqual({ 'job-1': 'paused', 'job-2': 'active', 'job-3': 'paused' });
    await hands.press(page.getByRole('link', { name: 'Back to the list' }));
    await heading(page, 'API tokens').waitFor();
  });

  it('takes the selection back without a request, and shows it again after Back', async () => {
    const { page } = await open('back', 2, { script: true });
    await page.goto('/profile/api-tokens');
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await page.getByText('2 selected').waitFor();
    await page.getByRole('link', { name: 'Clear selection' }).click();
    await page.getByRole('button', { name: 'Revoke…' }).waitFor({ state: 'hidden' });
    expect(await page.getByRole('checkbox', { name: 'Select job-1' }).isChecked()).toBe(false);
  });

  it('revokes all that match without script, and changes nothing before the confirmation', async () => {
    const { member, page } = await open('no-script', 53, { script: false });
    await page.goto('/profile/api-tokens?q=job');
    await page.getByRole('link', { name: 'Select all on this page' }).click();
    await page.getByText('With the selected tokens:').waitFor();
    await page.getByRole('link', { name: 'Select all 53 tokens that match' }).click();
    await page.getByText('All 53 tokens that match are selected.').waitFor();
    await member.createToken('job-later');
    await page.getByRole('button', { name: 'Revoke…' }).click();
    await heading(page, 'Revoke 54 tokens?').waitFor();
    await member.createToken('job-too-late');
    await page.getByText('Name contains “job”').waitFor();
    expect(Object.keys(await statusesOf(member))).toHaveLength(55);
    await page.getByRole('button', { name: 'Revoke 54 tokens' }).click();
    await heading(page, '54 tokens were revoked').waitFor();
    expect(Object.keys(await statusesOf(member))).toEqual(['job-too-late']);
    // The browser sends the form again.
    await page.reload();
    await heading(page, '0 tokens were revoked').waitFor();
    await page.getByText('Skipped: 54').waitFor();
  });

  it('works on a phone, beside the link of the row', async () => {
    const { page } = await open('phone-boxes', 2, { script: false, width: 390 });
    await page.goto('/profile/api-tokens');
    await page.getByRole('checkbox', { name: 'Select job-2', exact: true }).check();
    await page.getByRole('button', { name: 'Pause…' }).click();
    await heading(page, 'Pause 1 token?').waitFor();
  });
});
