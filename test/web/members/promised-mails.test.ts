import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { storeServiceAccount } from '../../helpers/app/management-key.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { passkeyRecord } from '../../store/contract/sign-in/passkeys.ts';

/** Returns the text of each dialog that says who gets a mail, on a server with or without a mail server. */
async function dialogs(smtpUrl: string | null): Promise<Record<string, string>> {
  const app = await openTestApp({ smtpUrl });
  onTestFinished(app.close);
  const browser = openConsole(app, app.root);
  await createToken(app, app.dev, { name: 'ci' });
  await app.store.passkeys.insert(passkeyRecord(app.dev.id));
  await browser.get('/organization/team?dialog=add');
  await browser.submit('/organization/team', { email: 'new@example.com', invite: 'yes' });
  const invited = await app.store.users.findByEmail('new@example.com');
  const account = await storeServiceAccount(app, 'ci');
  const member = `/organization/team/${app.dev.id}`;
  const pages = {
    ...{ offboard: member, 'revoke-tokens': member, 'reset-two-step': member },
    ...{ invite: `/organization/team/${invited?.id}`, delete: `/organization/service-accounts/${account.id}` },
  };
  const texts: Record<string, string> = {};
  for (const [dialog, page] of Object.entries(pages)) {
    const { html } = await browser.get(`${page}?dialog=${dialog}`);
    texts[dialog] = textOf(/<dialog.*<\/dialog>/s.exec(html)?.[0] ?? '');
  }
  return texts;
}

const promise = /gets? (an |one |a )?(e?mail|another invitation by email)|Sends an email|notified by email/;

it('promises mails in dialogs if a mail server is configured', async () => {
  for (const [dialog, text] of Object.entries(await dialogs('smtp://127.0.0.1:1'))) {
    expect([dialog, text]).toEqual([dialog, expect.stringMatching(promise)]);
  }
});

it('promises no mail in any dialog if none is configured', async () => {
  const texts = await dialogs(null);
  for (const [dialog, text] of Object.entries(texts)) {
    expect(text, dialog).not.toBe('');
    expect([dialog, text]).toEqual([dialog, expect.not.stringMatching(promise)]);
  }
  expect(texts.invite).toContain('No mail server is configured, so no mail is sent. You see a new link once');
});

it('says at the forms for email addresses, and after them, whether a mail is sent', async () => {
  for (const smtpUrl of ['smtp://127.0.0.1:1', null]) {
    const app = await openTestApp({ smtpUrl });
    onTestFinished(app.close);
    const [superuser, member] = [openConsole(app, app.root), openConsole(app, app.dev)];
    const edit = textOf((await superuser.get(`/organization/team/${app.dev.id}?dialog=edit`)).html);
    const profile = textOf((await member.get('/profile')).html);
    const form = { email: 'new@example.com', password: app.dev.password };
    const { location } = await member.submit('/profile/email', form);
    const message = textOf((await member.get(location ?? '')).html);
    const none = 'No mail server is set up yet, so';
    const said = [edit.includes('Both addresses get a mail'), profile.includes('You get a link there')];
    expect([...said, message.includes('Check the mail of your new address')]).toEqual(Array(3).fill(smtpUrl !== null));
    expect([edit, profile, message].map((text) => text.includes(none))).toEqual(Array(3).fill(smtpUrl === null));
  }
});

it('promises mails about service accounts only if a mail server is configured', async () => {
  for (const smtpUrl of ['smtp://127.0.0.1:1', null]) {
    const app = await openTestApp({ smtpUrl });
    onTestFinished(app.close);
    const browser = openConsole(app, app.root);
    const account = await storeServiceAccount(app, 'ci');
    const orphaned = textOf((await browser.get(`/organization/service-accounts/${account.id}`)).html);
    const create = textOf((await browser.get('/organization/service-accounts?dialog=create')).html);
    expect(orphaned).toContain('No enabled member maintains this service account.');
    const said = [orphaned.includes('Mails about its tokens go to all'), create.includes('get the mails about them')];
    expect(said).toEqual([smtpUrl !== null, smtpUrl !== null]);
  }
});
