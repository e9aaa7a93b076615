import { readFile } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumIsHere, useBrowser } from '../helpers/console/browser.ts';
import { enter, signInOn, useDaemon } from '../helpers/console/console.ts';
import { pressEscape, type Way, waitForFocus, ways } from '../helpers/console/input-devices.ts';
import { addDeveloper, verify } from '../helpers/daemon/api.ts';
import { openView } from './open-view.ts';
import { callerOf } from './views.ts';
import { openWorld, type World } from './world.ts';

/** Adds so many service accounts of a member that no list offers them. */
async function addReceivers(world: World, maintainer: string): Promise<void> {
  const caller = await callerOf(world, maintainer);
  for (let index = 0; index < 13; index += 1) {
    const name = `receiver-${index}`;
    if ((await world.store.serviceAccounts.findByName(name)) !== null) continue;
    await world.services.serviceAccounts.create(caller, { name, maintainers: [maintainer] });
  }
}

const done = (page: Page, text: string) => page.getByRole('status').filter({ hasText: text });

describe.skipIf(!chromiumIsHere)('a superuser', () => {
  const browser = useBrowser();
  const running = useDaemon();

  async function visitTeam({ by, script }: Way, purpose: string) {
    const email = `${purpose}-${by}-${script}@example.com`;
    const member = await addDeveloper(running.url, running.root, email);
    const { token } = await member.createToken('in use');
    const page = await browser.visit(running.url, { script });
    await enter(page, running.url, running.root);
    await page.goto('/organization/team');
    return { page, email, status: async () => (await verify(running.url, token)).status };
  }

  it.each(ways)(
    'blocks tokens with the permission switch after a warning, and unblocks them (by $by, script $script)',
    async (way) => {
      const { hands, script } = way;
      const { page, email, status } = await visitTeam(way, 'switched');
      const row = page.getByRole('row').filter({ hasText: email });
      const permission = row.getByRole('switch');
      const flip = (verb: string) => hands.press(script ? permission : row.getByRole('button', { name: verb }));
      const dialog = page.getByRole('dialog', { name: `Remove the permission of ${email}?` });

      await flip('Remove');
      await dialog.getByText(/This blocks 1 active token immediately/).waitFor();
      await (script ? pressEscape(dialog) : hands.press(dialog.getByRole('link', { name: 'Cancel' })));
      await dialog.waitFor({ state: 'detached' });
      await expect.poll(() => permission.isChecked()).toBe(true);
      if (script) await waitForFocus(permission);
      expect(await status()).toBe(200);

      await flip('Remove');
      await hands.press(dialog.getByRole('button', { name: 'Remove permission' }));
      await done(page, 'can no longer create API tokens.').waitFor();
      await expect.poll(() => permission.isChecked()).toBe(false);
      expect(await status()).toBe(401);

      await flip('Grant');
      await done(page, 'can now create and manage API tokens.').waitFor();
      expect(await status()).toBe(200);
    },
  );

  it.each(ways)('invites addresses that were pasted (by $by, script $script)', async ({ hands, by, script }) => {
    const page = await browser.visit(running.url, { script });
    await enter(page, running.url, running.root);
    await page.goto('/organization/team');
    await hands.press(page.getByRole('link', { name: 'Invite members' }));
    const [ada, grace] = [`ada-${by}-${script}@example.com`, `grace-${by}-${script}@example.com`];
    await hands.write(page.getByLabel('Email addresses'), `Ada <${ada}>, ${grace} nobody`);
    await hands.press(page.getByRole('button', { name: 'Invite' }));
    await page.getByRole('heading', { name: '2 members invited' }).waitFor();
    await page.getByRole('row', { name: 'nobody Not invited' }).waitFor();
    expect(await page.getByLabel('Email addresses').inputValue()).toBe('nobody');
    await hands.press(page.getByRole('link', { name: ada }));
    await page.getByRole('heading', { name: 'Ada' }).waitFor();
  });

  it.each(ways)('copies an invitation link, which voids the earlier one (by $by, script $script)', async (way) => {
    const { hands, by, script } = way;
    const email = `link-${by}-${script}@example.com`;
    const added = await running.root.request('POST', '/users', { email });
    const { invitation } = (await added.json()) as { invitation: { link: string } };
    const page = await browser.visit(running.url, { script });
    await enter(page, running.url, running.root);
    await page.goto(`/organization/team?q=${email}`);
    await hands.press(page.getByRole('button', { name: `Actions for ${email}` }));
    await hands.press(page.getByRole('link', { name: 'Copy invitation link' }));
    const dialog = page.getByRole('dialog', { name: `Make an invitation link for ${email}?` });
    await hands.press(dialog.getByRole('button', { name: 'Make link' }));
    const link = await page.getByRole('textbox', { name: 'Link' }).inputValue();
    const stranger = await browser.visit(running.url, { script });
    const open = (url: string) => stranger.goto(new URL(url).pathname + new URL(url).search);
    await open(invitation.link);
    await stranger.getByText('A newer invitation was made on').waitFor();
    await open(link);
    await stranger.getByText(`Choose a password for your account ${email}.`).waitFor();
  });

  it.each(ways)('offboards a member after confirmation (by $by, script $script)', async (way) => {
    const { hands, script } = way;
    const { page, email, status } = await visitTeam(way, 'leaving');
    await hands.write(page.getByRole('searchbox', { name: 'Search by name or email' }), email);
    await page.keyboard.press('Enter');
    await hands.press(page.getByRole('link', { name: email }));
    const offboard = page.getByRole('link', { name: 'Offboard', exact: true });
    const dialog = page.getByRole('dialog', { name: `Offboard ${email}?` });
    await hands.press(offboard);
    for (const text of [/Disables the account/, /Ends all its sessions/, /Permanently revokes 1 token\./]) {
      await dialog.getByText(text).waitFor();
    }
    await hands.press(dialog.getByRole('link', { name: 'Cancel' }));
    if (script) await waitForFocus(offboard);
    await hands.press(offboard);
    await hands.press(dialog.getByRole('button', { name: 'Offboard' }));
    await done(page, `The account of ${email} was disabled, and all its tokens were revoked.`).waitFor();
    expect(await status()).toBe(401);

    const visitor = await browser.visit(running.url, { script });
    await visitor.goto('/login');
    await signInOn(visitor, { email, password: `analytical engines for ${email}` });
    await visitor.getByRole('alert').waitFor();
  });

  it.each(ways)('filters the audit log by actor and downloads it as CSV (by $by, script $script)', async (way) => {
    const { hands } = way;
    const { page, email } = await visitTeam(way, 'audited');
    await hands.press(page.getByRole('link', { name: 'Audit', exact: true }));
    await hands.write(page.getByLabel('Actor'), email);
    await hands.press(page.getByRole('button', { name: 'Filter' }));
    await page.waitForURL(/actor=/);
    const events = page.getByRole('main').getByRole('listitem');
    await events.filter({ hasText: `${email} created token` }).waitFor();
    expect(await events.filter({ hasNotText: email }).count()).toBe(0);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      hands.press(page.getByRole('link', { name: 'Download CSV' })),
    ]);
    expect(download.suggestedFilename()).toMatch(/^audit-.*\.csv$/);
    const records: string[][] = parse(await readFile(await download.path()), { bom: true });
    expect(records.slice(1)).toHaveLength(await events.count());
    expect(records.flat()).toContain('token.created');
  });
});

describe.skipIf(!chromiumIsHere)('the dialog that offboards a member with tokens in use', () => {
  const browser = useBrowser();
  let world: World;
  beforeAll(async () => {
    world = await openWorld();
  });
  afterAll(() => world.stop());

  it.each([true, false])('changes nothing before somebody chooses who receives them (script %s)', async (script) => {
    const member = await world.store.users.findByEmail('dev@example.com');
    const path = `/organization/team/${member?.id}?dialog=offboard`;
    const view = { name: 'offboard', as: 'root@example.com', path: () => path };
    const page = await openView(browser, world, view, { script });
    const dialog = page.getByRole('dialog', { name: /^Offboard / });
    const receiver = dialog.getByLabel(/in use to$/);
    const grace = dialog.getByLabel('Transferred tokens work for');
    await dialog.getByRole('button', { name: 'Offboard', exact: true }).click();
    // The browser asks for a choice, and sends nothing.
    await expect.poll(() => receiver.evaluate((field) => field.matches(':focus:invalid'))).toBe(true);
    expect(page.url()).toContain('dialog=offboard');
    expect((await world.store.users.findByEmail('dev@example.com'))?.disabled).toBe(false);
    await receiver.selectOption({ index: 2 });
    await grace.waitFor();
    await dialog.getByRole('button', { name: /^Offboard, transfer/ }).waitFor();
    await receiver.selectOption('Nobody: revoke all tokens');
    await grace.waitFor({ state: 'hidden' });
    await dialog.getByRole('button', { name: /^Offboard and revoke/ }).waitFor();
  });

  it.each([true, false])(
    'asks for a name only after the choice of a service account, if there are many (script %s)',
    async (script) => {
      const member = await world.store.users.findByEmail('dev@example.com');
      await addReceivers(world, 'root@example.com');
      const path = `/organization/team/${member?.id}?dialog=offboard`;
      const page = await openView(
        browser,
        world,
        { name: 'many', as: 'root@example.com', path: () => path },
        { script },
      );
      const dialog = page.getByRole('dialog', { name: /^Offboard / });
      const choice = dialog.getByRole('radio', { name: 'A service account' });
      const name = dialog.getByLabel('Name of the service account');
      await dialog.getByRole('button', { name: 'Offboard', exact: true }).click();
      await expect.poll(() => choice.evaluate((field) => field.matches(':invalid'))).toBe(true);
      expect(page.url()).toContain('dialog=offboard');
      await name.waitFor({ state: 'hidden' });
      await choice.check();
      await name.waitFor();
      await dialog.getByRole('button', { name: /^Offboard, transfer/ }).waitFor();
      await dialog.getByRole('radio', { name: 'Nobody: revoke all tokens' }).check();
      await name.waitFor({ state: 'hidden' });
      await dialog.getByRole('button', { name: /^Offboard and revoke/ }).waitFor();
      expect((await world.store.users.findByEmail('dev@example.com'))?.disabled).toBe(false);
    },
  );
});
