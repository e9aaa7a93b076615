import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  const page = `/organization/service-accounts/${account.id}`;
  return { app, page, auditor, browser: openConsole(app, app.dev) };
}

it('lets a maintainer revoke the checked tokens of a service account, and leads back to its page', async () => {
  const { app, page, browser } = await open();
  const names = ['deploy', 'nightly', 'kept'];
  const tokens = await Promise.all(names.map((name) => createAccountToken(app, app.dev, 'ci', { name })));
  expect((await browser.get(page)).html.match(/name="token"/g)).toHaveLength(3);
  const chosen = tokens.slice(0, 2).map(({ id }) => `&token=${id}`);
  const asked = await browser.get(`${page}/selected?action=revoke${chosen.join('')}&q=e`);
  expect(textOf(asked.html)).toContain('Selected by hand, among all tokens of the service account ci');
  expect(asked.html).toContain('href="/organization/service-accounts" aria-current="page"');
  const ids = tokens.slice(0, 2).map(({ id }) => id);
  const done = await browser.submit(`${page}/selected`, { action: 'revoke', ids: ids.join(' ') });
  expect(textOf(done.html)).toContain('2 tokens were revoked');
  expect(done.html).toContain(`href="${page}?q=e"`);
  expect(await Promise.all(tokens.map((token) => verdict(app, token.token)))).toEqual(['revoked', 'revoked', 200]);
});

it('selects all tokens of the service account that match, and none of another owner', async () => {
  const { app, page, browser } = await open();
  await createServiceAccount(app, 'other', { maintainers: [app.dev] });
  const build = await createAccountToken(app, app.dev, 'ci', { name: 'build' });
  await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  await createAccountToken(app, app.dev, 'other', { name: 'build of another' });
  await createToken(app, app.dev, { name: 'build of a member' });
  const { html } = await browser.get(`${page}/selected?action=pause&all=true&q=build`);
  expect(textOf(html)).toContain('Selected all tokens of the service account ci that match: Name contains “build”');
  const every = await browser.get(`${page}/selected?action=pause&all=true`);
  expect(textOf(every.html)).toMatch(/Selected all tokens of the service account ci Used/);
  expect(/name="ids" value="([^"]*)"/.exec(html)?.[1]).toBe(build.id);
});

it('says to a maintainer which paused tokens only a superuser can resume', async () => {
  const { app, page, browser } = await open();
  const deploy = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  const manage = { name: 'key', manage: ['tokens:read'], expires_in: 86_400 };
  const key = await createAccountToken(app, app.root, 'ci', manage);
  const asked = async (as: typeof browser, ...tokens: Array<{ id: string }>) => {
    const chosen = tokens.map(({ id }) => `&token=${id}`).join('');
    return textOf((await as.get(`${page}/selected?action=pause${chosen}`)).html);
  };
  const words = 'Only an Organization Superuser can resume 1 management key among them.';
  expect(await asked(browser, deploy, key)).toContain(words);
  expect(await asked(browser, deploy)).not.toContain('Only an Organization Superuser');
  expect(await asked(openConsole(app, app.root), deploy, key)).not.toContain('Only an Organization Superuser');
});

it('has no boxes for an auditor, who gets neither the question nor the change', async () => {
  const { app, page, auditor } = await open();
  const token = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  const browser = openConsole(app, auditor);
  const { html } = await browser.get(page);
  expect(html).not.toMatch(/name="token"|selection-bar/);
  expect((await browser.get(`${page}/selected?action=revoke&token=${token.id}`)).status).toBe(404);
  const form_token = /name="form_token" value="([^"]*)"/.exec(html)?.[1] ?? '';
  const sent = await browser.post(`${page}/selected`, { form_token, action: 'revoke', ids: token.id });
  expect(sent.status).toBe(403);
  expect(await verdict(app, token.token)).toBe(200);
});
