import { expect, it, onTestFinished } from 'vitest';
import { StoreUnavailable } from '../../../server/store/errors.ts';
import { openTestApp } from '../../helpers/app/app.ts';
import { ssoConfig } from '../../helpers/app/sso.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const team = '/organization/team';
const invite = `${team}/invite`;

async function open({ smtpUrl = 'smtp://127.0.0.1:1', sso = false }: { smtpUrl?: string | null; sso?: boolean } = {}) {
  const app = await openTestApp({ smtpUrl, ...(sso && { oidc: ssoConfig('https://sso.example.com') }) });
  onTestFinished(app.close);
  const browser = openConsole(app, app.root);
  const { html } = await browser.get(`${team}?dialog=invite-several`);
  expect(html).toContain('<textarea id="addresses"');
  const send = (addresses: string, more: Record<string, string> = {}) => browser.submit(invite, { addresses, ...more });
  const memberOf = (email: string) => app.store.users.findByEmail(email);
  return { ...app, browser, send, memberOf };
}

/** Returns the rows of the table, as address and result. */
function resultsIn(html: string): string[] {
  return [...html.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) => textOf(row));
}

it('invites each address that was pasted, and says what became of each', async () => {
  const app = await open();
  const pasted = 'Ada Lovelace <ada@example.com>, DEV@example.com bob@example.com\nada@EXAMPLE.com; nobody\neve@';
  const { status, html, headers } = await app.send(pasted, { can_manage_tokens: 'yes' });
  expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(textOf(html)).toContain('2 members invited');
  expect(resultsIn(html)).toEqual([
    'ada@example.com Ada Lovelace Invited',
    'DEV@example.com Already a member',
    'bob@example.com Invited',
    'nobody Not invited Enter an email address such as ada@example.com.',
    'eve@ Not invited Enter an email address such as ada@example.com.',
  ]);
  expect(await app.memberOf('ada@example.com')).toMatchObject({
    ...{ name: 'Ada Lovelace', canManageTokens: true, superuser: false, auditor: false, passwordHash: null },
    invitedAt: app.clock.now(),
  });
  expect((await app.mails()).map(({ to }) => to).sort()).toEqual(['ada@example.com', 'bob@example.com']);
  expect(html).toMatch(/<textarea[^>]*>nobody\neve@<\/textarea>/);
});

it('invites nobody twice if the form is sent again, and says since when they are invited', async () => {
  const app = await open();
  await app.send('ada@example.com');
  await app.browser.get(`${team}?dialog=invite-several`);
  const { html } = await app.send('ada@example.com');
  expect(textOf(html)).toContain('Nobody was invited');
  expect(resultsIn(html)).toEqual([
    'ada@example.com Already invited on 23 Nov 2026 Open their page to invite them again.',
  ]);
  expect((await app.mails()).filter(({ to }) => to === 'ada@example.com')).toHaveLength(1);
});

it('shows each link once if the server cannot send mail', async () => {
  const app = await open({ smtpUrl: null });
  const { html, headers } = await app.send('ada@example.com bob@example.com');
  expect(headers.get('cache-control')).toBe('no-store');
  const links = [...html.matchAll(/value="https:\/\/tokens\.example\.com(\/invitation\?token=[^"]*)"/g)];
  expect(new Set(links.map(([, link]) => link)).size).toBe(2);
  for (const [, link = ''] of links) expect((await app.ask(link)).status).toBe(200);
  expect(textOf(html)).toContain(
    '2 members invited No mail was sent, because no mail server is configured: copy the links',
  );
  expect(textOf(html)).toContain('Anyone who has a link, including you, can set the password');
});

it('shows the address of single sign-on once, and as no secret, if the server cannot send mail', async () => {
  const app = await open({ smtpUrl: null, sso: true });
  expect(textOf((await app.browser.get(`${team}?dialog=invite-several`)).html)).toContain(
    'The next page has the address at which everybody signs in, which you pass on yourself.',
  );
  const { html } = await app.send('ada@example.com bob@example.com');
  expect(html.match(/value="https:\/\/tokens\.example\.com\/login"/g)).toHaveLength(1);
  expect(html.match(/data-copy=/g)).toHaveLength(1);
  expect(html).not.toContain('data-secret');
  expect(textOf(html)).toContain(
    'The address is no secret, and nobody got a link of their own. For a member who may sign in with a password, open their page and choose “Copy invitation link”.',
  );
  expect(resultsIn(html)).toEqual(['ada@example.com Invited', 'bob@example.com Invited']);
  await app.browser.get(`${team}?dialog=add`);
  const added = await app.browser.submit(team, { email: 'eve@example.com', invite: 'yes' });
  expect(textOf(added.html)).toContain('Everybody signs in at this address');
  expect(added.html).toMatch(/data-saved[^>]*>\s*Done</);
  expect(added.html).not.toMatch(/data-secret|data-unsaved/);
});

it('says in the form for one member how a member without a password signs in', async () => {
  for (const [sso, way] of [
    [false, 'A member without a password sets one with the link of the invitation.'],
    [true, 'A member without a password uses single sign-on.'],
  ] as const) {
    const app = await open({ sso });
    expect(textOf((await app.browser.get(`${team}?dialog=add`)).html)).toContain(way);
  }
});

it.each([true, false])(
  'keeps the permission that was chosen (%s) in the form that corrects addresses',
  async (chosen) => {
    const app = await open();
    const { html } = await app.send('ada@example.com, eve@', chosen ? { can_manage_tokens: 'yes' } : {});
    expect(/<input[^>]*name="can_manage_tokens"[^>]*>/.exec(html)?.[0].includes('checked')).toBe(chosen);
  },
);

it.each([
  ['smtp://127.0.0.1:1', false],
  [null, true],
])('warns before anybody is invited if the server cannot send mail (%s)', async (smtpUrl, isWarned) => {
  const app = await open({ smtpUrl });
  for (const dialog of ['invite-several', 'add']) {
    const text = textOf((await app.browser.get(`${team}?dialog=${dialog}`)).html);
    expect([
      dialog,
      text.includes('no mail server is configured') || text.includes('No mail server is configured'),
    ]).toEqual([dialog, isWarned]);
  }
});

it('keeps what is wrong with an address or a name to its line, and escapes it', async () => {
  const app = await open();
  const { html } = await app.send(`"${'x'.repeat(65)}" <ada@example.com>\n<script>@example.com\nbob@example.com`);
  expect(html).not.toContain('<script>@');
  const [ada, , ...rest] = resultsIn(html);
  expect(ada).toContain('Not invited A name must have at most 64 characters.');
  expect(rest.at(-1)).toBe('bob@example.com Invited');
  expect(await app.memberOf('ada@example.com')).toBeNull();
});

it.each([
  ['none', ' ,;\n ', 'Enter at least one email address.'],
  [
    'too many',
    Array.from({ length: 101 }, (_, index) => `m${index}@example.com`).join('\n'),
    'These are 101 email addresses, and nobody was invited. Invite at most 100 at once.',
  ],
])('invites nobody if the addresses are %s, and keeps the form', async (_, addresses, message) => {
  const app = await open();
  const { status, html } = await app.send(addresses);
  expect(status).toBe(400);
  expect(textOf(html)).toContain(message);
  expect(html.replaceAll('\r\n', '\n')).toContain(addresses.trim().slice(0, 40));
  expect(await app.memberOf('m0@example.com')).toBeNull();
});

it('invites 100 at once', async () => {
  const app = await open();
  const { html } = await app.send(Array.from({ length: 100 }, (_, index) => `m${index}@example.com`).join(' '));
  expect(textOf(html)).toContain('100 members invited');
});

it('invites the others if one fails, and tries no more once the database is gone', async () => {
  const app = await open();
  const { transaction } = app.store;
  let transactions = 0;
  app.store.transaction = async (work) => {
    transactions += 1;
    if (transactions === 2) throw new StoreUnavailable('gone');
    return transaction(work);
  };
  const { status, html } = await app.send('ada@example.com bob@example.com eve@example.com');
  expect(status).toBe(200);
  expect(resultsIn(html)).toEqual([
    'ada@example.com Invited',
    'bob@example.com Failed The database could not be used, so nobody knows whether this was saved. Try again.',
    'eve@example.com Failed Not tried, because the one before failed.',
  ]);
  expect(html).toMatch(/<textarea[^>]*>bob@example\.com\neve@example\.com<\/textarea>/);
});

it('rejects a superuser who was demoted in the meantime, and members', async () => {
  const app = await open();
  await app.addMember({ email: 'second@example.com', superuser: true });
  await app.store.users.setSuperuser(app.root.id, false);
  expect((await app.send('ada@example.com')).status).toBe(403);
  expect(await app.memberOf('ada@example.com')).toBeNull();
});
