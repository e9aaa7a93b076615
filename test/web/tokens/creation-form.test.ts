import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const tokens = '/profile/api-tokens';
const form = `${tokens}?dialog=create`;

async function open(smtpUrl: string | null = null) {
  const app = await openTestApp({ smtpUrl });
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.dev) };
}

/** Returns the positions of texts in a page, to compare their order. */
const places = (html: string, texts: string[]) => texts.map((text) => html.indexOf(text));

it('says beside each lifetime when it ends', async () => {
  const { browser } = await open();
  const { html } = await browser.get(form);
  const text = textOf(html);
  // No stop of the Tab key stands between the choices.
  expect(html).not.toMatch(/<label class="inline">(?:(?!<\/label>).)*<time[^>]*tabindex/);
  expect(text).toContain('In 30 days – 23 Dec 2026 In 90 days – 21 Feb 2027 In 365 days – 23 Nov 2027 Never');
});

it('asks in the same order as the form that edits a token, and for a canary at the end, apart', async () => {
  const { app, browser } = await open();
  const names = ['name="name"', 'name="description"', 'name="allow"', 'name="network_mail"', 'name="self_rotate"'];
  const { html } = await browser.get(form);
  const created = places(html, [...names, 'Plant a canary instead', 'name="canary"']);
  expect(created.toSorted((a, b) => a - b)).toEqual(created);
  expect(created).not.toContain(-1);
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  const edited = places((await browser.get(`${tokens}/${id}?dialog=edit`)).html, names);
  expect(edited.toSorted((a, b) => a - b)).toEqual(edited);
  expect(edited).not.toContain(-1);
});

it('keeps the choice of no mail about new networks, and leaves it out for a canary', async () => {
  const { app, browser } = await open();
  const stored = async (name: string) => {
    const listed = await app.store.tokens.list({ limit: 9, before: null, ownerId: app.dev.id, now: app.clock.now() });
    return listed.find((token) => token.name === name)?.quietNetworks;
  };
  await browser.get(form);
  await browser.submit(tokens, { name: 'told', expires: '86400' });
  expect(await stored('told')).toBe(false);
  const fields = { expires: '86400', network_mail: 'false' };
  await browser.get(form);
  await browser.submit(tokens, { name: 'quiet', ...fields });
  expect(await stored('quiet')).toBe(true);
  await browser.get(form);
  await browser.submit(tokens, { name: 'trap', canary: 'true', ...fields });
  expect(await stored('trap')).toBe(false);
});

it('promises no mail if no mail server is set up: in the form, on a canary, and before many tokens change', async () => {
  for (const smtpUrl of [null, 'smtp://127.0.0.1:1']) {
    const { app, browser } = await open(smtpUrl);
    await createToken(app, app.dev, { name: 'ci' });
    const { id } = await createToken(app, app.dev, { name: 'trap', canary: true });
    const superuser = openConsole(app, app.root);
    for (const [reader, path] of [
      [browser, form],
      [browser, `${tokens}/${id}`],
      [superuser, '/organization/tokens/selected?all=true&action=revoke'],
    ] as const) {
      const text = textOf((await reader.get(path)).html);
      expect([path, /gets? a mail/.test(text)]).toEqual([path, smtpUrl !== null]);
      expect([path, text.includes('No mail server is set up')]).toEqual([path, smtpUrl === null]);
    }
  }
});

it('tells a member who creates a token that a service account outlives their own account', async () => {
  const { app, browser } = await open();
  expect(textOf((await browser.get(form)).html)).toContain(
    'a service account own it: an Organization Superuser creates one (root@example.com).',
  );
  expect(textOf((await openConsole(app, app.root).get(form)).html)).not.toContain('an Organization Superuser creates');
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const { html } = await browser.get(form);
  expect(textOf(html)).not.toContain('an Organization Superuser creates');
  expect(textOf(html)).toContain(
    'For a pipeline or a server, choose a service account. A CI job needs no stored token if a superuser sets up a trust.',
  );
  expect(html).toMatch(/name="name"[\s\S]*name="service_account"[\s\S]*<option value="ci">[\s\S]*name="description"/);
  const ofAccount = await browser.get(`/organization/service-accounts/${account.id}?dialog=create-token`);
  expect(textOf(ofAccount.html)).not.toContain('stops working when your account is disabled');
});

it('creates a token for the service account that its maintainer chose, and offers no other', async () => {
  const { app, browser } = await open();
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await createServiceAccount(app, 'other');
  const { html } = await browser.get(form);
  expect(html).not.toContain('<option value="other">');
  const made = await browser.submit(tokens, { name: 'deploy', expires: '86400', service_account: 'ci' });
  expect(textOf(made.html)).toContain('Value of deploy');
  const listed = await app.store.tokens.list({ limit: 9, before: null, ownerId: id, now: app.clock.now() });
  expect(listed.map(({ name }) => name)).toEqual(['deploy']);
  await browser.get(form);
  const refused = await browser.submit(tokens, { name: 'deploy2', expires: '86400', service_account: 'other' });
  expect(textOf(refused.html)).toContain('There is no such service account');
  expect(refused.html).toMatch(/name="service_account"[\s\S]*?<option value="other" selected=""/);
});

it('completes the names of many service accounts instead of listing them', async () => {
  const app = await openTestApp();
  onTestFinished(app.close);
  const owner = async () => (await openConsole(app, app.root).get(`${tokens}?dialog=create`)).html;
  for (let at = 1; at <= 12; at += 1) await createServiceAccount(app, `account-${at}`);
  expect(await owner()).toMatch(/<select id="service_account"[^>]*>\s*<option value="" selected="">\s*Me\s*<\/option>/);
  await createServiceAccount(app, 'account-13');
  expect(await owner()).toMatch(/<input id="service_account"[^>]* list="service_account-names"/);
});

it('asks nobody for an owner who may create tokens for no service account', async () => {
  const { app, browser } = await open();
  await createServiceAccount(app, 'ci');
  const auditor = openConsole(
    app,
    await app.addMember({ email: 'auditor@example.com', auditor: true, can_manage_tokens: true }),
  );
  for (const reader of [browser, auditor]) {
    expect((await reader.get(form)).html).not.toContain('name="service_account"');
    expect((await reader.get(`${tokens}/new`)).html).not.toContain('name="service_account"');
  }
  expect((await openConsole(app, app.root).get(`${tokens}/new`)).html).toContain('<option value="ci">');
});
