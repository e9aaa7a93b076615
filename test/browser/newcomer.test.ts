import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { signInOn, signOut, useDaemon } from '../helpers/console/console.ts';
import { pressEscape, type Way, waitForFocus, ways } from '../helpers/console/input-devices.ts';
import { verify } from '../helpers/daemon/api.ts';
import { superuser } from '../helpers/daemon/daemon.ts';
import { eventually } from '../helpers/daemon/process.ts';

const done = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

describe.skipIf(!chromiumIsHere)('a newcomer', () => {
  const browser = useBrowser();
  const running = useDaemon();

  it.each(ways)(
    'is added, gets the permission, creates a token, sees its first use, and revokes it (by $by, script $script)',
    async (way) => {
      const newcomer = { email: `new-${way.by}-${way.script}@example.com`, password: 'four analytical engines' };
      await addAndGrant(await browser.visit(running.url, { script: way.script }), way, newcomer);

      const page = await browser.visit(running.url, { script: way.script });
      await page.goto('/');
      await signInOn(page, newcomer);
      await page.getByText('Create your first token').waitFor();
      const value = await createToken(page, way);
      expect(
        (await verify(running.url, value, { 'X-Forwarded-Method': 'GET', 'X-Forwarded-Uri': '/builds/42?x=1' })).status,
      ).toBe(200);
      await way.hands.press(page.getByRole('link', { name: 'I have saved it' }));
      const row = page.getByRole('row', { name: 'first script' });
      await row.waitFor();
      await eventually(async () => {
        await page.reload();
        return row.getByText('GET /builds/42').isVisible();
      }, 'the first use to be shown');

      await revoke(page, way);
      expect((await verify(running.url, value)).status).toBe(401);
      await changePassword(page, way, newcomer.password);
    },
  );

  async function addAndGrant(page: Page, { hands, script }: Way, newcomer: { email: string; password: string }) {
    await page.goto('/');
    await signInOn(page, superuser);
    await hands.press(page.getByRole('link', { name: 'Team' }));
    await hands.press(page.getByRole('link', { name: 'Add a member' }));
    const dialog = page.getByRole('dialog', { name: 'Add a member' });
    await waitForFocus(dialog.getByLabel('Email address'));
    await hands.write(dialog.getByLabel('Email address'), newcomer.email);
    await hands.write(dialog.getByLabel('Initial password'), newcomer.password);
    await hands.press(dialog.getByRole('button', { name: 'Add member' }));
    await done(page, `${newcomer.email} was added.`).waitFor();
    if (script) await waitForFocus(done(page, `${newcomer.email} was added.`));

    const row = page.getByRole('row').filter({ hasText: newcomer.email });
    const permission = row.getByRole('switch');
    expect(await permission.isChecked()).toBe(false);
    await hands.press(script ? permission : row.getByRole('button', { name: 'Grant' }));
    await done(page, `${newcomer.email} can now create and manage API tokens.`).waitFor();
    await expect.poll(() => permission.isChecked()).toBe(true);
  }

  async function createToken(page: Page, { hands, script }: Way): Promise<string> {
    await hands.press(page.getByRole('link', { name: 'Create token' }));
    const dialog = page.getByRole('dialog', { name: 'Create token' });
    await waitForFocus(dialog.getByLabel('Name'));
    await hands.write(dialog.getByLabel('Name'), 'first script');
    await hands.press(dialog.getByRole('button', { name: 'Create token' }));

    const field = page.getByLabel('Value of first script');
    const value = await field.inputValue();
    expect(value).toMatch(/^tok_[0-9A-Za-z]{38}$/);
    await page.getByText("can't be recovered").waitFor();
    const copy = page.getByRole('button', { name: 'Copy' }).first();
    await expect.poll(() => copy.isVisible()).toBe(script);
    if (script) {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await hands.press(copy);
      await done(page, 'Copied').waitFor();
      expect(await page.evaluate('navigator.clipboard.readText()')).toBe(value);
    }
    return value;
  }

  async function revoke(page: Page, { hands, script }: Way) {
    const opener = page.getByRole('button', { name: 'Actions for first script' });
    const choose = async () => {
      await hands.press(opener);
      await hands.press(page.getByRole('link', { name: 'Revoke', exact: true }));
    };
    const dialog = page.getByRole('dialog', { name: 'Revoke “first script”?' });
    const ways = [
      () => hands.press(dialog.getByRole('link', { name: 'Cancel' })),
      ...(script ? [() => pressEscape(dialog)] : []),
    ];
    for (const leave of ways) {
      await choose();
      await dialog.waitFor();
      await waitForFocus(dialog.getByRole('link', { name: 'Cancel' }));
      await leave();
      await dialog.waitFor({ state: 'detached' });
      if (script) await waitForFocus(opener);
    }
    await choose();
    await hands.press(dialog.getByRole('button', { name: 'Revoke this token' }));
    await done(page, 'was revoked.').waitFor();
    if (script) await waitForFocus(done(page, 'was revoked.'));
    await opener.waitFor({ state: 'detached' });
  }

  async function changePassword(page: Page, { hands }: Way, current: string) {
    await hands.press(page.getByRole('link', { name: 'Profile' }));
    await hands.write(page.getByLabel('Current password'), current);
    await hands.write(page.getByLabel('New password', { exact: true }), 'another analytical engine');
    await hands.write(page.getByLabel('Confirm new password'), 'another analytical engine');
    await hands.press(page.getByRole('button', { name: 'Change password' }));
    await done(page, 'Your password was changed').waitFor();
    await signOut(page, hands);
    await done(page, 'You are signed out.').waitFor();
  }
});
