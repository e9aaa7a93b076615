import { describe, expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';
import { useOf } from '../../store/contract/records.ts';

/** Opens the page of a member who has a token in use, with so many service accounts that the form asks for a name. */
async function open({ accounts = 13 } = {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const used = await createToken(app, app.dev, { name: 'in use' });
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  for (let index = 1; index <= accounts; index += 1) await addServiceAccount(app.store, `bot-${index}`);
  const page = `/organization/team/${app.dev.id}`;
  const browser = openConsole(app, app.root);
  const offboard = async (fields: Record<string, string>) => {
    await browser.get(`${page}?dialog=offboard`);
    return browser.submit(`${page}/offboard`, { grace: '30d', ...fields });
  };
  const isUntouched = async () =>
    (await verdict(app, used.token)) === 200 && (await app.store.users.findById(app.dev.id))?.disabled === false;
  return { app, browser, page, used, offboard, isUntouched };
}

/** Returns the text that the element with this ID has. */
const textById = (html: string, id: string) =>
  textOf(new RegExp(`<p class="error" id="${id}">[^]*?</p>`).exec(html)?.[0] ?? '');

describe('the receiver of tokens among many service accounts', () => {
  it('is a choice that nothing preselects, and that the browser requires', async () => {
    const { browser, page } = await open();
    const { html } = await browser.get(`${page}?dialog=offboard`);
    const radios = html.match(/<input type="radio"[^>]*name="receiver"[^>]*>/g) ?? [];
    expect(radios).toHaveLength(2);
    for (const radio of radios) {
      expect(radio).toContain('required');
      expect(radio).not.toContain('checked');
    }
    expect(textOf(html)).toMatch(/Transfer 1 token in use to\s*A service account/);
    expect(textOf(html)).toContain('Nobody: revoke all tokens');
    expect(textOf(html)).toContain('In use: active or paused, and used in the last 30 days.');
  });

  it.each<[string, number, Record<string, string>, string]>([
    ['nothing is chosen', 13, { transfer_to: '' }, 'Choose a service account, or choose to revoke all tokens.'],
    [
      'nothing is chosen in a list',
      1,
      { transfer_to: '' },
      'Choose a service account, or choose to revoke all tokens.',
    ],
    ['no name is typed', 13, { receiver: 'account', transfer_to: ' ' }, 'Enter the name of a service account.'],
    ['the name is unknown', 13, { receiver: 'account', transfer_to: 'bto-1' }, 'There is no such service account.'],
  ])('is an error, and nothing changes, if %s', async (_what, accounts, fields, error) => {
    const { offboard, isUntouched } = await open({ accounts });
    const { status, html } = await offboard(fields);
    expect(status).toBe(400);
    expect(textOf(html)).toContain('Nothing was changed. Correct the fields below.');
    expect(html).toMatch(new RegExp(`<p class="error"[^>]*>\\s*${error}`));
    expect(await isUntouched()).toBe(true);
  });

  it('keeps the choice and the name beside the error', async () => {
    const { offboard } = await open();
    const { html } = await offboard({ receiver: 'account', transfer_to: 'bto-1' });
    expect(html).toMatch(/<input type="radio" id="receiver-account"[^>]* checked/);
    expect(html).toMatch(/<input id="transfer_to"[^>]* value="bto-1"/);
    expect(textById(html, 'transfer_to-error')).toBe('There is no such service account.');
  });

  it('is no disabled service account, and none that the leaver alone maintains', async () => {
    const { app, offboard, isUntouched } = await open();
    await addServiceAccount(app.store, 'closed', { disabled: true });
    await createServiceAccount(app, 'solo', { maintainers: [app.dev] });
    const refused = async (name: string) =>
      textById((await offboard({ receiver: 'account', transfer_to: name })).html, 'transfer_to-error');
    expect(await refused('closed')).toMatch(/^The service account is disabled\./);
    expect(await refused('solo')).toBe('Nobody else maintains solo. Add a maintainer to it first, or choose another.');
    expect(await isUntouched()).toBe(true);
  });

  it('is nobody only if that is chosen', async () => {
    const { app, page, used, offboard } = await open();
    // A name that is typed before the choice of nobody does not count.
    const { location } = await offboard({ receiver: '-', transfer_to: 'bot-1' });
    expect(location).toEqual(messageAt(page, 'member-offboarded'));
    expect(await verdict(app, used.token)).toBe('revoked');
  });

  it('is named by the message, which warns if nobody maintains the service account', async () => {
    const maintained = await open();
    await createServiceAccount(maintained.app, 'ci', { maintainers: [maintained.app.root] });
    const fields = { receiver: 'account', transfer_to: 'ci' };
    expect((await maintained.offboard(fields)).location).toEqual(
      messageAt(maintained.page, 'member-offboarded-transferred'),
    );
    expect(await verdict(maintained.app, maintained.used.token)).toBe(200);

    const unmaintained = await open();
    const { location } = await unmaintained.offboard({ ...fields, transfer_to: 'bot-1' });
    expect(location).toEqual(messageAt(unmaintained.page, 'member-offboarded-unmaintained'));
    expect(textOf((await unmaintained.browser.get(location ?? '')).html)).toContain(
      'Nobody maintains bot-1: add a maintainer, who rotates the tokens.',
    );
  });
});
