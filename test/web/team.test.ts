import { describe, expect, it, onTestFinished } from 'vitest';
import { refusedPath } from '../../server/web/search/search-paths.ts';
import { createToken, type Member, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { createServiceAccount } from '../helpers/app/service-accounts.ts';
import { type Browser, formsOf, messageAt, openConsole, textOf } from '../helpers/console/pages.ts';
import { addServiceAccount } from '../store/contract/accounts/service-accounts.ts';
import { useOf } from '../store/contract/records.ts';

const team = '/organization/team';
const permission = 'Can create and manage personal API tokens';
const alert = 'role="alert"';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.root), page: `${team}/${app.dev.id}` };
}

const summaryOf = async (app: TestApp, { id }: Member) => app.store.users.summary(id);
const signedIn = async (app: TestApp, { session }: Member) =>
  (await app.services.sessions.authenticate(session)) !== null;

/** Opens a dialog of the member's page and submits it. Returns the response and the dialog's text. */
async function confirm(browser: Browser, page: string, action: string) {
  const { html } = await browser.get(`${page}?dialog=${action}`);
  const response = await browser.submit(`${page}/${action}`);
  return { asked: textOf(/<dialog.*<\/dialog>/s.exec(html)?.[0] ?? ''), ...response };
}

it('lists each member with role, account status, tokens, last use and a permission switch', async () => {
  const { app, browser } = await open();
  const token = await createToken(app, app.dev, { name: 'ci' });
  const use = { at: app.clock.now(), method: 'GET', path: '/', ip: null, userAgent: null };
  await app.store.tokens.recordUses([{ tokenId: token.id, ...use }]);
  const ada = await app.addMember({ email: 'ada@example.com', name: 'Ada Lovelace' });
  await app.store.users.setDisabled(ada.id, true);

  const { status, html, headers } = await browser.get(team);
  expect(status).toBe(200);
  expect(headers.get('cache-control')).toBe('no-store');
  const [, , ...rows] = html.split('<tr>').map(textOf);
  expect(rows.sort()).toEqual([
    expect.stringMatching(
      /^Ada Lovelace ada@example.com Member disabled added 23 Nov 2026 0 never used ada@example.com: Can create/,
    ),
    expect.stringMatching(/^dev@example.com Member active joined 23 Nov 2026 1 now dev@example.com: Can create/),
    expect.stringMatching(
      /^root@example.com Organization Superuser active joined 23 Nov 2026 0 never used root@example.com: Can create/,
    ),
  ]);
  const switches = [...html.matchAll(/<input[^>]*role="switch"[^>]*>/g)].map(([input]) => input);
  expect(switches.map((input) => input.includes(' checked'))).toEqual([false, true, true]);
  for (const input of switches) expect(input).toContain('data-submit');
  expect(html.match(/<noscript><button type="submit"/g)).toHaveLength(3);
  expect(html).toContain(`<a href="${team}/${ada.id}">Ada Lovelace</a>`);
});

it('searches by part of the name or email address, in pages of 50', async () => {
  const { app, browser } = await open();
  await app.addMember({ email: 'countess@example.com', name: 'Ada LOVELACE' });
  await app.addMember({ email: 'wild_card%@example.com' });
  const found = async (q: string) => {
    const { html } = await browser.get(`${team}?q=${encodeURIComponent(q)}`);
    return [...html.matchAll(/<th scope="row">.*?<\/th>/gs)].map(([row]) => textOf(row));
  };
  expect(await found('lovelace')).toEqual(['Ada LOVELACE countess@example.com']);
  expect(await found('COUNTESS@')).toEqual(['Ada LOVELACE countess@example.com']);
  expect(await found('_card%')).toEqual(['wild_card%@example.com']);
  expect(await found("' OR 1=1 --")).toEqual([]);
  expect(await found('x'.repeat(5000))).toEqual([]);
  expect(await found('  ')).toHaveLength(4);

  for (let n = 0; n < 50; n += 1) await app.addMember({ email: `many-${n}@example.com` });
  const { html } = await browser.get(`${team}?q=example`);
  expect(html.match(/role="switch"/g)).toHaveLength(50);
  const next = /rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(next).toContain('q=example');
  const second = await browser.get(next);
  expect(second.html.match(/role="switch"/g)).toHaveLength(4);
  expect(second.html).not.toContain('rel="next"');
});

it('grants the permission immediately and returns to the search', async () => {
  const { app, browser } = await open();
  const ada = await app.addMember({ email: 'ada@example.com' });
  await browser.get(`${team}?q=ada`);
  const done = await browser.submit(`${team}/${ada.id}/grant`);
  expect([done.status, done.location]).toEqual([303, messageAt(`${team}?q=ada`, 'permission-granted')]);
  expect(await summaryOf(app, ada)).toMatchObject({ canManageTokens: true });
  expect(textOf((await browser.get(done.location ?? '')).html)).toContain(
    'ada@example.com can now create and manage API tokens.',
  );
});

it('asks before it removes the permission, shows the number of active tokens, and can grant it again', async () => {
  const { app, browser, page } = await open();
  const { token } = await createToken(app, app.dev, { name: 'one' });
  await createToken(app, app.dev, { name: 'two' });
  await createToken(app, app.dev, { name: 'short', expires_in: 60 });
  app.clock.advance(61_000);

  const list = await browser.get(`${team}?q=dev`);
  const [, form = ''] = /<form method="get"([\s\S]*?)role="switch"/.exec(list.html.split('<table')[1] ?? '') ?? [];
  const hidden = [...form.matchAll(/type="hidden" name="(.*?)" value="(.*?)"/g)].map(([, name, value]) => [
    name,
    value,
  ]);
  expect(hidden).toEqual([
    ['q', 'dev'],
    ['dialog', 'ungrant'],
    ['id', app.dev.id],
  ]);
  const asked = await browser.get(`${team}?q=dev&dialog=ungrant&id=${app.dev.id}`);
  expect(await verdict(app, token)).toBe(200);
  expect(textOf(asked.html)).toContain('This blocks 2 active tokens immediately');
  expect(textOf(asked.html)).toContain('If you grant the permission again');
  expect(asked.html).toContain(`data-close="${team}?q=dev#permission-${app.dev.id}"`);
  expect(asked.html).toContain(`id="permission-${app.dev.id}"`);

  const done = await browser.submit(`${page}/ungrant`);
  expect([done.status, done.location]).toEqual([303, messageAt(`${team}?q=dev`, 'permission-removed')]);
  expect(await verdict(app, token)).toBe('blocked');
  await browser.get(page);
  await browser.submit(`${page}/grant`);
  expect(await verdict(app, token)).toBe(200);
});

it('says that removing the permission blocks no active tokens if there are none', async () => {
  const { browser, page } = await open();
  expect((await confirm(browser, page, 'ungrant')).asked).toContain('This blocks no active tokens.');
});

it('adds a member with all values of the form', async () => {
  const { app, browser } = await open();
  await browser.get(`${team}?dialog=add`);
  const ada = { email: 'ada@example.com', name: 'Ada', password: 'another staple battery horse' };
  const done = await browser.submit(team, { ...ada, superuser: 'yes', can_manage_tokens: 'yes' });
  expect([done.status, done.location]).toEqual([303, messageAt(team, 'member-added')]);
  expect(textOf((await browser.get(done.location ?? '')).html)).toContain('was added.');
  const added = await app.store.users.findByEmail(ada.email);
  expect(added).toMatchObject({ email: ada.email, name: 'Ada', superuser: true, canManageTokens: true });
  const nowhere = { ip: null, userAgent: null };
  await expect(app.services.sessions.signIn(ada.email, ada.password, nowhere)).resolves.toBeDefined();

  await browser.get(`${team}?dialog=add`);
  await browser.submit(team, { email: 'plain@example.com' });
  const plain = await app.store.users.findByEmail('plain@example.com');
  expect(plain).toMatchObject({ superuser: false, auditor: false, canManageTokens: false, passwordHash: null });
});

it('adds an auditor with the form, who is no superuser', async () => {
  const { app, browser } = await open();
  await browser.get(`${team}?dialog=add`);
  const rejected = await browser.submit(team, { email: 'nonsense', auditor: 'yes' });
  expect(rejected.html).toMatch(/name="auditor" value="yes" checked/);
  await browser.get(`${team}?dialog=add`);
  expect((await browser.submit(team, { email: 'vera@example.com', auditor: 'yes' })).status).toBe(303);
  expect(await app.store.users.findByEmail('vera@example.com')).toMatchObject({ superuser: false, auditor: true });
  const events = await app.store.audit.list({ limit: 10, before: null });
  expect(events.map(({ action }) => action)).toContain('user.auditor_granted');
});

it('shows a rejected form again with its values, except the password', async () => {
  const { app, browser } = await open();
  const before = await app.store.users.list({ limit: 200, before: null });
  const rejections: Array<[Record<string, string>, number, string]> = [
    [{ email: 'DEV@example.com' }, 409, 'There is already a member with this email address.'],
    [{ email: 'nonsense' }, 400, 'Enter an email address such as ada@example.com.'],
    [{ email: 'a@example.com', password: 'sh0rt-One' }, 400, 'This password is too short.'],
    [{ email: 'a@example.com', name: 'x\u202Ey' }, 400, 'A name must not contain control'],
  ];
  for (const [typed, status, message] of rejections) {
    await browser.get(`${team}?dialog=add`);
    const rejected = await browser.submit(team, { name: 'Ada', superuser: 'yes', ...typed });
    expect(rejected.status).toBe(status);
    expect(rejected.html).toContain(alert);
    expect(textOf(rejected.html)).toContain(message);
    expect(rejected.html).toContain(`value="${typed.email}"`);
    expect(rejected.html).toMatch(/name="superuser" value="yes" checked/);
    expect(rejected.html).not.toMatch(/name="can_manage_tokens" value="yes" checked/);
    expect(rejected.html).not.toContain('sh0rt-One');
  }
  expect(await app.store.users.list({ limit: 200, before: null })).toEqual(before);
});

it('names a taken address and a weak password at once', async () => {
  const { browser } = await open();
  await browser.get(`${team}?dialog=add`);
  const { status, html } = await browser.submit(team, { email: 'DEV@example.com', password: 'sh0rt-One' });
  expect(status).toBe(400);
  const errors = [...html.matchAll(/<p class="error" id="(\w+)-error">(.*?)<\/p>/gs)].map(([, name, text = '']) => [
    name,
    textOf(text),
  ]);
  expect(errors).toEqual([
    ['email', 'There is already a member with this email address.'],
    ['password', expect.stringContaining('This password is too short.')],
  ]);
});

it('shows a member’s account and tokens, filtered by name and status', async () => {
  const { app, browser, page } = await open();
  await createToken(app, app.dev, { name: 'CI pipeline' });
  await createToken(app, app.dev, { name: 'ends soon', expires_in: 60 });
  await createToken(app, app.root, { name: 'not yours' });
  app.clock.advance(61_000);
  const shown = async (query: string) => {
    const { html } = await browser.get(page + query);
    const list = html.slice(0, html.indexOf('id="sessions"'));
    return ['CI pipeline', 'ends soon', 'not yours'].filter((name) => list.includes(name));
  };
  expect(await shown('')).toEqual(['CI pipeline', 'ends soon']);
  expect(await shown('?q=PIPE')).toEqual(['CI pipeline']);
  expect(await shown('?status=expired')).toEqual(['ends soon']);
  expect(await shown('?status=blocked')).toEqual([]);
  expect(await shown('?status=nonsense')).toEqual([]);
  const text = textOf((await browser.get(page)).html);
  expect(text).toContain(
    `Email address dev@example.com Role Member Account active Added 23 Nov 2026 Joined 23 Nov 2026 ${permission}`,
  );
  expect(text).toContain('Tokens 2 tokens (1 active)');
});

it('revokes one token of a member, mails the member, and returns to the same list', async () => {
  const { app, browser, page } = await open();
  const { id, token } = await createToken(app, app.dev, { name: 'ci' });
  const other = await createToken(app, app.dev, { name: 'ci-2' });
  const mailsBefore = (await app.mails()).length;
  const { html } = await browser.get(`${page}?q=ci`);
  expect(html).toContain(`${page}?q=ci&amp;dialog=revoke&amp;token=${id}`);
  const asked = await browser.get(`${page}?q=ci&dialog=revoke&token=${id}`);
  expect(textOf(asked.html)).toContain('Revoke “ci”?');
  expect(asked.html).toContain(`data-close="${page}?q=ci#actions-${id}"`);
  const done = await browser.submit(`${page}/tokens/${id}/revoke?q=ci`);
  expect([done.status, done.location]).toEqual([303, messageAt(`${page}?q=ci`, 'token-revoked')]);
  expect(await verdict(app, token)).toBe('revoked');
  expect(await verdict(app, other.token)).toBe(200);
  const mails = await app.mails();
  expect(mails.slice(mailsBefore).map(({ to }) => to)).toEqual([app.dev.email]);
  expect(mails.at(-1)?.text).toContain('root@example.com');
});

it('revokes a token only on its owner’s page', async () => {
  const { app, browser, page } = await open();
  const own = await createToken(app, app.root, { name: 'mine' });
  expect((await browser.get(`${page}?dialog=revoke&token=${own.id}`)).status).toBe(404);
  await browser.get(page);
  const { form_token = '' } = formsOf((await browser.get(page)).html)[0]?.hidden ?? {};
  expect((await browser.post(`${page}/tokens/${own.id}/revoke`, { form_token })).status).toBe(404);
  expect((await browser.post(`${page}/tokens/nonsense/revoke`, { form_token })).status).toBe(404);
  expect(await verdict(app, own.token)).toBe(200);
});

it('shows how many tokens a member has, revokes them all and sends one mail that lists them', async () => {
  const { app, browser, page } = await open();
  const created = [await createToken(app, app.dev, { name: 'one' }), await createToken(app, app.dev, { name: 'two' })];
  const kept = await createToken(app, app.root, { name: 'kept' });
  const before = (await app.mails()).map(({ id }) => id);
  const { asked, location } = await confirm(browser, page, 'revoke-tokens');
  expect(asked).toContain('This permanently revokes 2 tokens (2 active).');
  expect(location).toEqual(messageAt(page, 'tokens-revoked'));
  for (const { token } of created) expect(await verdict(app, token)).toBe('revoked');
  expect(await verdict(app, kept.token)).toBe(200);
  const mails = (await app.mails()).filter(({ id }) => !before.includes(id));
  expect(mails).toHaveLength(1);
  expect(mails[0]?.text).toMatch(/one[\s\S]*two|two[\s\S]*one/);
  expect(await summaryOf(app, app.dev)).toMatchObject({ disabled: false, tokenCount: 0 });
});

it('disables an account, ends its sessions and blocks its tokens, then enables it again', async () => {
  const { app, browser, page } = await open();
  const { token } = await createToken(app, app.dev, { name: 'ci' });
  const disabling = await confirm(browser, page, 'disable');
  expect(disabling.asked).toContain('This disables 1 active token immediately');
  expect(disabling.location).toEqual(messageAt(page, 'member-disabled'));
  expect(await signedIn(app, app.dev)).toBe(false);
  expect(await verdict(app, token)).toBe('disabled');
  expect(textOf((await browser.get(page)).html)).toContain('Account disabled');

  const enabling = await confirm(browser, page, 'enable');
  expect(enabling.asked).toContain('Tokens that have not expired work again');
  expect(enabling.location).toEqual(messageAt(page, 'member-enabled'));
  expect(await verdict(app, token)).toBe(200);
  expect(await signedIn(app, app.dev)).toBe(false);
});

it('grants and removes the superuser role', async () => {
  const { app, browser, page } = await open();
  expect((await confirm(browser, page, 'promote')).location).toEqual(messageAt(page, 'member-promoted'));
  expect((await openConsole(app, app.dev).get(team)).status).toBe(200);
  expect((await confirm(browser, page, 'demote')).location).toEqual(messageAt(page, 'member-demoted'));
  expect((await openConsole(app, app.dev).get(team)).status).toBe(403);
});

it('grants and removes the auditor role, which reads the team and offers no change', async () => {
  const { app, browser, page } = await open();
  const auditor = openConsole(app, app.dev);
  await createToken(app, app.dev, { name: 'never expires' });
  expect((await confirm(browser, page, 'make-auditor')).location).toEqual(messageAt(page, 'auditor-granted'));
  expect(textOf((await browser.get(page)).html)).toContain('Role Auditor');
  const { status, html } = await auditor.get(page);
  expect(status).toBe(200);
  expect(textOf(html)).toContain(
    'Overview API tokens Activity Profile Organization All tokens Service accounts Trusts Apps Clients Team Webhooks Audit Settings',
  );
  expect(html).not.toContain('dialog=');
  expect(textOf((await auditor.get('/profile')).html)).toContain('Role Auditor');
  for (const [reader, isAdvised] of [
    [browser, true],
    [auditor, false],
  ] as const) {
    const { html } = await reader.get('/overview');
    expect(html.includes('The owner gives them an expiry')).toBe(isAdvised);
  }
  expect((await auditor.get('/organization/tokens/selected')).status).toBe(403);
  expect((await confirm(browser, page, 'remove-auditor')).location).toEqual(messageAt(page, 'auditor-removed'));
  expect((await auditor.get(team)).status).toBe(403);
});

it('lists the consequences of offboarding before it offboards a member', async () => {
  const { app, browser, page } = await open();
  const created = [await createToken(app, app.dev, { name: 'one' }), await createToken(app, app.dev, { name: 'two' })];
  const before = (await app.mails()).map(({ id }) => id);
  const { asked, location } = await confirm(browser, page, 'offboard');
  for (const consequence of [
    'Disables the account dev@example.com',
    'Ends all its sessions',
    'Permanently revokes 2 tokens.',
    'Revoked in any case (2)',
    'Offboard and revoke 2 tokens',
  ]) {
    expect(asked).toContain(consequence);
  }
  expect(location).toEqual(messageAt(page, 'member-offboarded'));
  expect(await signedIn(app, app.dev)).toBe(false);
  for (const { token } of created) expect(await verdict(app, token)).toBe('revoked');
  const mails = (await app.mails()).filter(({ id }) => !before.includes(id));
  expect(mails.map(({ to }) => to)).toEqual([app.dev.email]);
  for (const { name } of created) expect(mails[0]?.text).toContain(name);
  expect(await summaryOf(app, app.dev)).toMatchObject({ disabled: true, tokenCount: 0 });

  const { html } = await browser.get(page);
  expect(html).not.toContain('dialog=offboard');
  await confirm(browser, page, 'enable');
  for (const { token } of created) expect(await verdict(app, token)).toBe('revoked');
});

it('offers to transfer the tokens in use when it offboards a member, and keeps what was entered if that fails', async () => {
  const { app, browser, page } = await open();
  const [used, unused] = [
    await createToken(app, app.dev, { name: 'in use', expires_in: null }),
    await createToken(app, app.dev, { name: 'forgotten' }),
  ];
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  const { id } = await addServiceAccount(app.store, 'ci');
  const disabled = await addServiceAccount(app.store, 'closed', { disabled: true });
  const { html } = await browser.get(`${page}?dialog=offboard`);
  const asked = textOf(html);
  expect(asked).toMatch(/In use: transferred, if you choose a service account \(1\)\s*in use/);
  expect(asked).toMatch(
    /Revoked in any case \(1\)\s*Not used in the last 30 days, not working, or a canary\.\s*forgotten/,
  );
  // What decides about the tokens comes first.
  expect(asked.indexOf('Transfer 1 token in use to')).toBeLessThan(asked.indexOf('Use this when someone leaves'));
  expect(asked).toContain('In use: active or paused, and used in the last 30 days. With a service account');
  expect(asked).toContain('Enabling the account later does not restore revoked tokens.');
  // The choice changes the length of the last item, so that no empty line appears between the others.
  expect(asked.indexOf('Ends all its sessions')).toBeLessThan(asked.indexOf('Transfers or permanently revokes'));
  expect(html).toMatch(/<span class="if-transferred">[^<]*<\/span><\/span>\s*<\/li>\s*<\/ul>/);
  expect(asked).toContain('Remove the member at your identity provider as well, if there is one.');
  // The style sheet shows one of the labels. Before a choice, no number contradicts the other choice.
  expect(html).toMatch(/class="if-unchosen">Offboard</);
  expect(html).toMatch(
    /class="if-unchosen">\s*Transfers or permanently revokes 1 token in use, as you choose, and permanently revokes 1 other\.\s*</,
  );
  expect(html).toMatch(/class="if-nobody">Offboard and revoke 2 tokens</);
  expect(html).toMatch(/class="if-transferred">Offboard, transfer 1, revoke 1</);
  expect(html).toMatch(/class="if-nobody">Permanently revokes 2 tokens\.</);
  expect(html).toMatch(/class="if-transferred">\s*Transfers 1 token and permanently revokes 1 token\.\s*</);
  expect(html).toMatch(/<a class="button"[^>]* autofocus[^>]*>\s*Cancel/);
  // Nothing irreversible is preselected.
  expect(html).toMatch(/<select id="transfer_to"[^>]* required=""[^>]*>\s*<option value="" selected="">\s*Choose…/);
  expect(html).toMatch(/<option value="-">\s*Nobody: revoke all tokens/);
  expect(html).toContain('<option value="ci">');
  expect(html).not.toContain(`<option value="${disabled.name}">`);

  const refused = await browser.submit(`${page}/offboard`, { transfer_to: 'ci', grace: 'soon' });
  expect(refused.status).toBe(400);
  expect(textOf(refused.html)).toContain('Enter a duration such as 30d or 12h.');
  expect(refused.html).toMatch(/<select id="transfer_to"[\s\S]*?<option value="ci" selected=""/);
  const unknown = await browser.submit(`${page}/offboard`, { transfer_to: 'nothing', grace: '30d' });
  expect(unknown.status).toBe(400);
  expect(unknown.html).toContain(alert);
  expect(await verdict(app, unused.token)).toBe(200);

  await browser.get(`${page}?dialog=offboard`);
  const { location } = await browser.submit(`${page}/offboard`, { transfer_to: 'ci', grace: '7d' });
  expect(location).toEqual(messageAt(page, 'member-offboarded-unmaintained'));
  expect(textOf((await browser.get(location ?? '')).html)).toContain('received the tokens in use');
  expect(await app.store.tokens.findById(used.id)).toMatchObject({
    ...{ ownerId: id, expiresAt: app.clock.now() + 7 * 24 * 60 * 60 * 1000 },
  });
  expect(await verdict(app, used.token)).toBe(200);
  expect(await verdict(app, unused.token)).toBe('revoked');
});

it('warns before it offboards a member that a paused token would be transferred', async () => {
  const { app, browser, page } = await open();
  const { id } = await createToken(app, app.dev, { name: 'leaked' });
  await app.store.tokens.recordUses([useOf(id, { at: app.clock.now() })]);
  await addServiceAccount(app.store, 'ci');
  const asked = async () => textOf((await browser.get(`${page}?dialog=offboard`)).html);
  expect(await asked()).not.toContain('stays paused');
  await app.ask(`/api/v1/tokens/${id}/pause`, { as: app.root, json: { reason: 'Seen in a build log' } });
  const text = await asked();
  expect(text).toContain('1 of these is paused, and stays paused.');
  expect(text).toContain(', paused: Seen in a build log');
});

it('names the service accounts that an offboarding leaves without an enabled maintainer', async () => {
  const { app, browser, page } = await open();
  const asked = async () => (await browser.get(`${page}?dialog=offboard`)).html;
  expect(textOf(await asked())).not.toContain('maintainer');
  const alone = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await createServiceAccount(app, 'shared', { maintainers: [app.dev, app.root] });
  const html = await asked();
  const text = textOf(html);
  expect(text).toContain('Leaves 1 service account without an enabled maintainer. Its tokens keep working.');
  expect(text).toMatch(/Left without an enabled maintainer \(1\)/);
  expect(html).toContain(`<a href="/organization/service-accounts/${alone.id}">ci</a>`);
  expect(text).not.toContain('shared');
});

it.each(['disable', 'delete'])(
  'names the service accounts that lose their only enabled maintainer before it performs %s',
  async (action) => {
    const { app, browser, page } = await open();
    const asked = async (action: string) => (await browser.get(`${page}?dialog=${action}`)).html;
    expect(textOf(await asked(action))).not.toContain('maintainer');
    const alone = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
    await createServiceAccount(app, 'shared', { maintainers: [app.dev, app.root] });
    const html = await asked(action);
    const text = textOf(html);
    expect(text).toContain('Leaves 1 service account without an enabled maintainer. Its tokens keep working.');
    expect(html).toContain(`<a href="/organization/service-accounts/${alone.id}">ci</a>`);
    expect(text).not.toContain('shared');
    expect(textOf(await asked('promote'))).not.toContain('maintainer');
  },
);

it('revokes all tokens if an offboarding transfers the tokens in use to nobody', async () => {
  const { app, browser, page } = await open();
  const used = await createToken(app, app.dev, { name: 'in use' });
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  await addServiceAccount(app.store, 'ci');
  await browser.get(`${page}?dialog=offboard`);
  const { location } = await browser.submit(`${page}/offboard`, { transfer_to: '-', grace: '30d' });
  expect(location).toEqual(messageAt(page, 'member-offboarded'));
  expect(await verdict(app, used.token)).toBe('revoked');
});

it('offers no service account as a receiver that the same offboarding leaves without a maintainer', async () => {
  const { app, browser, page } = await open();
  const { id } = await createToken(app, app.dev, { name: 'in use' });
  await app.store.tokens.recordUses([useOf(id, { at: app.clock.now() })]);
  await createServiceAccount(app, 'solo', { maintainers: [app.dev] });
  const asked = async () => (await browser.get(`${page}?dialog=offboard`)).html;
  const alone = await asked();
  expect(textOf(alone)).toContain('No service account can receive the tokens in use');
  expect(textOf(alone)).toContain('Without one, it is not offered as a receiver.');
  await createServiceAccount(app, 'shared', { maintainers: [app.dev, app.root] });
  const html = await asked();
  expect(html).toContain('<option value="shared">');
  expect(html).not.toContain('<option value="solo">');
  // Nothing else is revoked, and no number is zero.
  expect(html).toMatch(/class="if-transferred">\s*Transfers 1 token\.\s*</);
});

it('offers more than one page of service accounts when it offboards a member, and accepts one that it does not offer', async () => {
  const { app, browser, page } = await open();
  const used = await createToken(app, app.dev, { name: 'in use' });
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  const oldest = await addServiceAccount(app.store, 'oldest');
  const offered = async () => {
    const { html } = await browser.get(`${page}?dialog=offboard`);
    return {
      html,
      count: html.match(/<option value="bot-/g)?.length,
      oldest: html.includes('<option value="oldest">'),
    };
  };
  for (let index = 1; index < 500; index += 1) await addServiceAccount(app.store, `bot-${index}`);
  expect(await offered()).toMatchObject({ count: 499, oldest: true });
  await addServiceAccount(app.store, 'bot-500');
  const { html, ...last } = await offered();
  expect(last).toEqual({ count: 500, oldest: false });
  expect(textOf(html)).toContain('Run tokens service-accounts list to see the others.');
  const { location } = await browser.submit(`${page}/offboard`, { transfer_to: 'oldest', grace: '7d' });
  expect(location).toEqual(messageAt(page, 'member-offboarded-unmaintained'));
  expect((await app.store.tokens.findById(used.id))?.ownerId).toBe(oldest.id);
});

it('says that no service account can receive tokens, and where to create one', async () => {
  const { app, browser, page } = await open();
  const used = await createToken(app, app.dev, { name: 'in use' });
  await app.store.tokens.recordUses([useOf(used.id, { at: app.clock.now() })]);
  await addServiceAccount(app.store, 'closed', { disabled: true });
  const { html } = await browser.get(`${page}?dialog=offboard`);
  expect(textOf(html)).toContain('No service account can receive the tokens in use');
  expect(html).toContain('href="/organization/service-accounts?dialog=create"');
  expect(html).not.toMatch(/name="(grace|transfer_to)"/);
  expect(textOf(html)).toContain('Offboard and revoke 1 token');
});

it('offers nobody to offboard themselves, and refuses it', async () => {
  const { app, browser } = await open();
  await app.store.users.setSuperuser(app.dev.id, true);
  const own = `${team}/${app.root.id}`;
  const { html } = await browser.get(`${own}?dialog=offboard`);
  expect(html).not.toContain('<dialog');
  expect(html).not.toContain('dialog=offboard');
  const { form_token = '' } = formsOf(html)[0]?.hidden ?? {};
  const refused = await browser.post(`${own}/offboard`, { form_token });
  expect(refused.status).toBe(409);
  expect(textOf(refused.html)).toContain('You cannot offboard yourself');
});

it('offers neither to demote nor to disable the last superuser, and explains why', async () => {
  const { app, browser } = await open();
  const own = `${team}/${app.root.id}`;
  const { html } = await browser.get(own);
  expect(textOf(html)).toContain(
    'This is the last enabled Organization Superuser. You cannot demote or disable this account',
  );
  expect(html).toContain('?dialog=make-auditor');
  for (const dialog of ['demote', 'disable']) expect(html).not.toContain(`?dialog=${dialog}`);
  for (const dialog of ['demote', 'disable', 'offboard']) {
    expect((await browser.get(`${own}?dialog=${dialog}`)).html).not.toContain('<dialog');
  }
});

it.each(['demote', 'disable'])(
  'rejects “%s” for the last superuser on a page that was opened earlier',
  async (action) => {
    const { app, browser } = await open();
    const own = `${team}/${app.root.id}`;
    const { token } = await createToken(app, app.root, { name: 'ci' });
    await app.store.users.setSuperuser(app.dev.id, true);
    await browser.get(`${own}?dialog=${action}`);
    await app.store.users.setSuperuser(app.dev.id, false);
    const before = [await summaryOf(app, app.root), await app.mails()].map((part) => JSON.stringify(part));

    const rejected = await browser.submit(`${own}/${action}`);
    expect(rejected.status).toBe(409);
    expect(rejected.html).toContain(alert);
    expect(textOf(rejected.html)).toContain(
      'This is the last enabled Organization Superuser. Promote another member first.',
    );
    expect(await signedIn(app, app.root)).toBe(true);
    expect(await verdict(app, token)).toBe(200);
    expect((await summaryOf(app, app.root))?.superuser).toBe(true);
    expect(JSON.stringify(await summaryOf(app, app.root))).toBe(before[0]);
  },
);

it.each([
  ['demote', 'You lose access to these pages immediately', messageAt('/overview', 'own-role-removed')],
  ['disable', 'You are signed out immediately', messageAt('/login', 'member-disabled')],
])(
  'warns superusers before they %s themselves, then redirects to a page that they may see',
  async (action, warning, location) => {
    const { app, browser } = await open();
    await app.addMember({ email: 'second@example.com', superuser: true });
    const done = await confirm(browser, `${team}/${app.root.id}`, action);
    expect(done.asked).toContain(`This is your own account. ${warning}`);
    expect([done.status, done.location]).toEqual([303, location]);
    const after = await browser.get(done.location ?? '');
    expect(after.status).toBe(200);
    expect(after.html).toContain('role="status"');
  },
);

it('shows the own-account warning for no other member', async () => {
  const { browser, page } = await open();
  for (const action of ['disable', 'offboard']) {
    expect((await browser.get(`${page}?dialog=${action}`)).html).not.toContain('your own account');
  }
});

it('returns 404 for a member or an action that does not exist', async () => {
  const { app, browser } = await open();
  const { form_token = '' } = formsOf((await browser.get(team)).html)[0]?.hidden ?? {};
  const ids = ['019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b', 'nonsense', app.dev.email, '%00', "'%20OR%201=1", '..%2f'];
  for (const id of ids) {
    const page = await browser.get(`${team}/${id}`);
    expect(page.status, id).toBe(404);
    expect(page.headers.get('content-type')).toContain('text/html');
    for (const action of ['grant', 'disable', 'offboard', 'revoke-tokens']) {
      expect((await browser.post(`${team}/${id}/${action}`, { form_token })).status, `${id} ${action}`).toBe(404);
    }
  }
  for (const action of ['constructor', '__proto__', 'destroy']) {
    expect((await browser.post(`${team}/${app.dev.id}/${action}`, { form_token })).status, action).toBe(404);
  }
  expect((await browser.get(`${team}?dialog=ungrant&id=nonsense`)).status).toBe(404);
});

it('redirects after an action only to the team pages or the start page', async () => {
  const { app, browser, page } = await open();
  const { form_token = '' } = formsOf((await browser.get(page)).html)[0]?.hidden ?? {};
  for (const back of [
    'https://evil.example',
    '//evil.example',
    '/logout',
    '',
    `${team}@evil.example\\x`,
    `${team}\n//x`,
  ]) {
    const { location } = await browser.post(`${page}/grant`, { form_token, back });
    expect(location, back).toMatch(/^\/(organization\/team\/|overview\?)/);
  }
  expect(app.config.publicUrl).not.toContain('evil');
});

/** Returns the paths of the team pages and of their forms, with a form body that is valid for a superuser. */
async function everyRequest(app: TestApp) {
  const { id } = await createToken(app, app.dev, { name: `ci ${app.clock.now()}` });
  const page = `${team}/${app.dev.id}`;
  const actions = [
    'grant',
    'ungrant',
    'promote',
    'demote',
    'make-auditor',
    'enable',
    'disable',
    'revoke-tokens',
    'offboard',
  ];
  return {
    pages: [team, `${team}?dialog=add`, `${team}?dialog=ungrant&id=${app.dev.id}`, page, `${page}?dialog=offboard`],
    posts: [team, ...actions.map((action) => `${page}/${action}`), `${page}/tokens/${id}/revoke`],
    body: { email: 'intruder@example.com', superuser: 'yes' },
  };
}

/** Returns all data that these pages can change, as text. */
async function everything(app: TestApp): Promise<string> {
  const all = { limit: 200, before: null };
  return JSON.stringify([
    await app.store.users.list(all),
    await app.store.tokens.list({ ...all, now: app.clock.now() }),
    await app.store.audit.list(all),
    (await app.mails()).map(({ id }) => id),
  ]);
}

it('returns 403 to members who are not superusers, and changes nothing', async () => {
  const { app } = await open();
  const { pages, posts, body } = await everyRequest(app);
  const before = await everything(app);
  const browser = openConsole(app, app.dev);
  for (const page of pages) {
    const rejected = await browser.get(page);
    expect(rejected.status, page).toBe(403);
    expect(textOf(rejected.html)).not.toContain('root@example.com');
  }
  const { form_token = '' } = formsOf((await browser.get('/profile')).html)[0]?.hidden ?? {};
  for (const post of posts) {
    const rejected = await browser.post(post, { ...body, form_token });
    expect(rejected.status, post).toBe(403);
    expect(textOf(rejected.html), post).toContain('Only an Organization Superuser may do this.');
  }
  expect(await everything(app)).toBe(before);
});

it('redirects visitors to the sign-in page, and changes nothing', async () => {
  const { app } = await open();
  const { pages, posts, body } = await everyRequest(app);
  const before = await everything(app);
  const browser = openConsole(app);
  for (const page of pages) {
    const asked = await browser.get(page);
    expect([asked.status, asked.location]).toEqual([303, `/login?next=${encodeURIComponent(page)}`]);
  }
  for (const post of posts) {
    const asked = await browser.post(post, body);
    expect([asked.status, asked.location]).toEqual([303, '/login']);
  }
  expect(await everything(app)).toBe(before);
});

it('changes nothing for a form from another site or without this session’s form token', async () => {
  const { app, browser } = await open();
  const { posts, body } = await everyRequest(app);
  const before = await everything(app);
  const { form_token = '' } = formsOf((await browser.get(team)).html)[0]?.hidden ?? {};
  const foreign = formsOf((await openConsole(app, app.dev).get('/profile')).html)[0]?.hidden.form_token ?? '';
  for (const post of posts) {
    for (const headers of [
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': '', Origin: 'null' },
      { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' },
    ]) {
      expect((await browser.post(post, { ...body, form_token }, headers)).status, post).toBe(403);
    }
    for (const wrong of ['', foreign]) {
      expect((await browser.post(post, { ...body, form_token: wrong })).status, post).toBe(403);
    }
    const { status, location } = await browser.get(`${post}?${new URLSearchParams({ form_token })}`);
    // Now and then, a random form token looks like a secret, which the console takes out of an address.
    if (location !== refusedPath) expect(status, post).not.toBe(303);
  }
  expect(await everything(app)).toBe(before);
});

it('escapes names, email addresses and form values', async () => {
  const { app, browser } = await open();
  const payloads = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    '</title><svg onload=1>',
  ];
  for (const [index, name] of payloads.entries()) {
    const email = `"><img/src=x>${index}@example.com`;
    const member = await app.addMember({ email, name, can_manage_tokens: true });
    await createToken(app, member, { name, description: name });
    const page = `${team}/${member.id}`;
    const typed = encodeURIComponent(name);
    const dialogs = ['ungrant', 'promote', 'disable', 'revoke-tokens', 'offboard'].map(
      (one) => `${page}?dialog=${one}`,
    );
    for (const path of [team, `${team}?q=${typed}`, page, `${page}?q=${typed}&status=${typed}`, ...dialogs]) {
      const { status, html } = await browser.get(path);
      // There is no such status.
      expect(status, path).toBe(path.includes('status=') ? 400 : 200);
      expect(html, path).not.toMatch(/<script>|<img|<svg onload|="'-alert/);
    }
    expect(textOf((await browser.get(page)).html)).toContain(name);
    await browser.get(`${team}?dialog=add`);
    const rejected = await browser.submit(team, { email: name, name: `${name}\u202E` });
    expect(rejected.status).toBe(400);
    expect(rejected.html).not.toMatch(/<script>|<img|<svg on/);
  }
});

it('lists dead letters with their errors and how to retry them', async () => {
  const { app, browser } = await open();
  expect((await browser.get(team)).html).not.toContain('could not be delivered');
  const now = app.clock.now();
  for (let i = 1; i <= 7; i += 1) {
    const mail = { id: `mail-${i}`, to: `a<b>${i}@example.com`, subject: 'API token created', text: '', html: '' };
    await app.store.outbox.enqueue({ ...mail, messageId: `<${i}@x>`, createdAt: now });
  }
  await app.store.outbox.claim({ now, leaseMs: 1000, leaseId: 'mine', limit: 10 });
  for (let i = 1; i <= 7; i += 1) await app.store.outbox.giveUp(`mail-${i}`, 'mine', now + i, '550 no such <user>');
  const { html } = await browser.get(team);
  expect(html).toContain('7 emails could not be delivered');
  expect(html).toContain('to a&lt;b&gt;7@example.com');
  expect(html).toContain('550 no such &lt;user&gt;');
  expect(textOf(html)).toContain('and 2 more');
  expect(textOf(html)).toContain('tokensd mail retry');
});

describe('an invited member', () => {
  const addAda = (browser: Browser, fields: Record<string, string> = { invite: 'yes' }) =>
    browser.submit(team, { email: 'ada@example.com', name: '', ...fields });

  async function openWith(smtpUrl: string | null) {
    const app = await openTestApp({ smtpUrl });
    onTestFinished(app.close);
    const browser = openConsole(app, app.root);
    await browser.get(`${team}?dialog=add`);
    return { app, browser };
  }

  const pageOf = async (app: TestApp) => `${team}/${(await app.store.users.findByEmail('ada@example.com'))?.id}`;

  it('gets a mail when they are added, and another when the superuser sends the invitation again', async () => {
    const { app, browser } = await openWith('smtp://127.0.0.1:1');
    expect((await addAda(browser)).location).toEqual(messageAt(team, 'member-invited'));
    const page = await pageOf(app);
    const { html } = await browser.get(team);
    expect(textOf(html)).toContain('ada@example.com Member invited');
    expect(textOf((await browser.get(page)).html)).toContain('Account invited Added 23 Nov 2026 Invited 23 Nov 2026');
    expect(html).not.toContain('token=');
    const again = await confirm(browser, page, 'invite');
    expect(again.asked).toContain('The link of the earlier invitation stops working.');
    expect(again.location).toEqual(messageAt(page, 'member-invited'));
    const mails = (await app.mails()).filter(({ to }) => to === 'ada@example.com');
    expect(mails.map(({ subject }) => subject)).toEqual(['root@example.com invited you']);
  });

  it('is invited again from the menu of the row, and the list stays', async () => {
    const { app, browser } = await openWith('smtp://127.0.0.1:1');
    await addAda(browser);
    const id = (await pageOf(app)).slice(`${team}/`.length);
    const { html } = await browser.get(`${team}?q=a`);
    expect(html).toContain(`popovertarget="menu-${id}"`);
    expect(html.match(/Invite again/g)).toHaveLength(1);
    expect(html).toContain(`href="${team}?q=a&amp;dialog=invite&amp;id=${id}"`);
    const dialog = await browser.get(`${team}?q=a&dialog=invite&id=${id}`);
    expect(dialog.html).toContain(`href="${team}?q=a#actions-${id}"`);
    const { location } = await browser.submit(`${team}/${id}/invite`);
    expect(location).toEqual(messageAt(`${team}?q=a`, 'member-invited'));
    expect(textOf((await browser.get(location ?? '')).html)).toContain('ada@example.com was invited.');
    expect((await browser.get(`${team}?dialog=invite&id=${app.dev.id}`)).html).not.toContain('<dialog');
    const auditor = await app.addMember({ email: 'vera@example.com', auditor: true });
    const shown = await openConsole(app, auditor).get(team);
    expect([shown.status, shown.html.includes('row-menu')]).toEqual([200, false]);
  });

  it('has a link that the superuser sees once and passes on, if the server cannot send mail', async () => {
    const { app, browser } = await openWith(null);
    const added = await addAda(browser);
    expect(added.status).toBe(200);
    expect(added.headers.get('cache-control')).toBe('no-store');
    const linkIn = (html: string) => /value="(https:[^"]*\/invitation\?token=[^"]*)"/.exec(html)?.[1] ?? '';
    const link = linkIn(added.html);
    expect(link).not.toBe('');
    expect(textOf(added.html)).toContain('Anyone who has this link, including you, can set the password');
    const page = await pageOf(app);
    expect((await browser.get(page)).html).not.toContain('token=');
    const again = await confirm(browser, page, 'invite');
    expect(linkIn(again.html)).not.toBe(link);
    expect((await app.ask(link.replace('https://tokens.example.com', ''))).status).toBe(410);
  });

  it('is not invited if the box is not checked or there is an initial password', async () => {
    const { app, browser } = await openWith('smtp://127.0.0.1:1');
    expect((await addAda(browser, {})).location).toEqual(messageAt(team, 'member-added'));
    await browser.get(`${team}?dialog=add`);
    const eve = { email: 'eve@example.com', password: 'another staple battery horse', invite: 'yes' };
    expect((await addAda(browser, eve)).location).toEqual(messageAt(team, 'member-added'));
    expect(await app.mails()).toEqual([]);
  });

  it('is not offered another invitation once they have joined, and a late one is rejected on the page', async () => {
    const { app, browser } = await openWith('smtp://127.0.0.1:1');
    await addAda(browser);
    const page = await pageOf(app);
    await browser.get(`${page}?dialog=invite`);
    const { id } = (await app.store.users.findByEmail('ada@example.com')) ?? { id: '' };
    await app.store.users.setPasswordHash(id, 'x');
    const late = await browser.submit(`${page}/invite`);
    expect(late.status).toBe(409);
    expect(textOf(late.html)).toContain('has joined already');
    expect((await browser.get(page)).html).not.toContain('dialog=invite');
  });
});

it('offers the download of a search that finds nobody', async () => {
  const { browser } = await open();
  const { html } = await browser.get(`${team}?q=nobody`);
  expect(html).toContain(`href="${team}.csv?q=nobody"`);
  const { status, html: csv } = await browser.get(`${team}.csv?q=nobody`);
  expect([status, csv.trim().split('\n').length]).toEqual([200, 1]);
});
