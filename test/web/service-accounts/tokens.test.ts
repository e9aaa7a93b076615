import { expect, it, onTestFinished } from 'vitest';
import { openTestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { messageAt, openConsole, textOf } from '../../helpers/console/pages.ts';

/** Opens the console for a maintainer of the service account `ci`, for a superuser who is none, and for a member. */
async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const [maintainer, superuser, stranger] = [app.dev, app.root, other].map((member) => openConsole(app, member));
  if (!maintainer || !superuser || !stranger) throw new Error('There is no browser.');
  return { app, account, page: `/organization/service-accounts/${account.id}`, maintainer, superuser, stranger };
}

const tokenPage = (id: string) => `/profile/api-tokens/${id}`;
const actions = (html: string) =>
  [...html.matchAll(/href="\/profile\/api-tokens\/[^"]*dialog=([a-z-]+)"/g)].map(([, name]) => name);

it('creates a token with rules for a service account, and shows its value once', async () => {
  const { app, page, maintainer, superuser, stranger } = await open();
  for (const [browser, name] of [
    [maintainer, 'deploy'],
    [superuser, 'nightly'],
  ] as const) {
    const { html } = await browser.get(`${page}?dialog=create-token`);
    expect(textOf(html)).toContain('Create a token for ci');
    const form = { name, expires: 'never', allow: 'GET /api/**' };
    const made = await browser.submit(`${page}/tokens`, form);
    expect(made.status).toBe(200);
    expect(made.html).toMatch(/value="tok_[A-Za-z0-9]+"/);
    expect(made.html).toContain(`href="${page}"`);
    const value = /value="(tok_[^"]+)"/.exec(made.html)?.[1] ?? '';
    const again = await browser.get(page);
    expect(again.html).toContain(`>${name}</a>`);
    expect(again.html).not.toContain(value);
  }
  const tokens = await app.store.tokens.list({ limit: 9, before: null, now: app.clock.now() });
  expect(tokens.map(({ ownerEmail }) => ownerEmail)).toEqual(['service-account:ci', 'service-account:ci']);
  expect((await stranger.get(`${page}?dialog=create-token`)).status).toBe(404);
});

it('creates one token if the same form is sent twice', async () => {
  const { app, page, maintainer } = await open();
  const { html } = await maintainer.get(`${page}?dialog=create-token`);
  const key = /name="key" value="([0-9a-f-]{36})"/.exec(html)?.[1] ?? '';
  const form = { name: 'deploy', expires: 'never' };
  await maintainer.submit(`${page}/tokens`, form);
  await maintainer.get(page);
  await maintainer.get(`${page}?dialog=create-token`);
  const again = await maintainer.submit(`${page}/tokens`, { ...form, key });
  expect(textOf(again.html)).toContain('The value was already shown');
  expect(again.html).toContain(`href="${page}"`);
  expect(await app.store.tokens.list({ limit: 9, before: null, now: app.clock.now() })).toHaveLength(1);
});

it('shows a rejected form with its values again', async () => {
  const { app, page, maintainer } = await open();
  await createAccountToken(app, app.dev, 'ci', { name: 'taken' });
  await maintainer.get(`${page}?dialog=create-token`);
  const { status, html } = await maintainer.submit(`${page}/tokens`, { name: 'taken', expires: 'never' });
  expect([status, textOf(html)]).toEqual([409, expect.stringContaining('The service account already has a token')]);
  expect(html).toContain('value="taken"');
  expect(textOf(html)).toContain('Create a token for ci');
});

it('offers maintainers what an owner may do, and other superusers only to stop the token', async () => {
  const { app, page, maintainer, superuser, stranger } = await open();
  const { id } = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  const own = await maintainer.get(tokenPage(id));
  // Nothing has used it yet, so there is nothing to limit it to.
  expect(actions(own.html)).toEqual(['rotate', 'edit', 'pause', 'revoke']);
  expect(actions((await superuser.get(tokenPage(id))).html)).toEqual(['pause', 'revoke']);
  expect(own.html).toContain(`<a href="${page}">ci</a>`);
  expect(own.html).toContain(`<a href="${page}">Back to the service account</a>`);
  expect((await stranger.get(tokenPage(id))).status).toBe(404);
});

it('lets maintainers rotate, edit, pause, resume and revoke the token', async () => {
  const { app, page, maintainer } = await open();
  const { id } = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  const submit = async (dialog: string, fields: Record<string, string> = {}) => {
    await maintainer.get(`${tokenPage(id)}?dialog=${dialog}`);
    return maintainer.submit(`${tokenPage(id)}/${dialog}`, fields);
  };
  expect((await submit('rotate', { overlap: '0' })).html).toMatch(/value="tok_[A-Za-z0-9]+"/);
  const edit = (await maintainer.get(`${tokenPage(id)}?dialog=edit`)).html;
  expect(textOf(edit)).toContain('Mail the maintainers when it is used from a new network');
  expect((await submit('edit', { name: 'deploy-2' })).status).toBe(303);
  expect((await submit('pause', { for: '0' })).status).toBe(303);
  expect((await submit('resume')).status).toBe(303);
  expect(await app.store.tokens.findById(id)).toMatchObject({ name: 'deploy-2', pausedAt: null });
  const { location } = await submit('revoke');
  expect(location).toEqual(messageAt(page, 'token-revoked'));
  expect(await app.store.tokens.findById(id)).toBeNull();
});

it('revokes a token from the page of its service account, and only a token of that account', async () => {
  const { app, page, superuser } = await open();
  const { id } = await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  await createServiceAccount(app, 'other');
  const others = await createAccountToken(app, app.root, 'other', { name: 'x' });
  expect((await superuser.get(`${page}?dialog=revoke&token=${others.id}`)).status).toBe(404);
  const { html } = await superuser.get(`${page}?dialog=revoke&token=${id}`);
  expect(textOf(html)).toContain('Owner service-account:ci');
  expect((await superuser.submit(`${tokenPage(id)}/revoke`)).location).toEqual(messageAt(page, 'token-revoked'));
});

it('searches the tokens by name and status', async () => {
  const { app, page, maintainer } = await open();
  const paused = await createAccountToken(app, app.dev, 'ci', { name: 'nightly' });
  await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  await app.ask(`/api/v1/tokens/${paused.id}/pause`, { as: app.dev, json: {} });
  const found = async (query: string) => {
    const { html } = await maintainer.get(`${page}${query}`);
    return ['nightly', 'deploy'].filter((name) => html.includes(`>${name}</a>`));
  };
  expect(await found('')).toEqual(['nightly', 'deploy']);
  expect(await found('?q=DEP')).toEqual(['deploy']);
  expect(await found('?status=paused')).toEqual(['nightly']);
  expect(await found('?q=zzz')).toEqual([]);
});

it('links the owner in the list of all tokens to the service account', async () => {
  const { app, page, superuser } = await open();
  await createAccountToken(app, app.dev, 'ci', { name: 'deploy' });
  const { html } = await superuser.get('/organization/tokens');
  expect(html).toContain(`<a href="${page}" title="ci">ci</a>`);
});

it('shows beside its field what is wrong with a filter, although the service account has no tokens', async () => {
  const { page, maintainer } = await open();
  expect((await maintainer.get(page)).html).not.toContain('name="status"');
  const { html, status } = await maintainer.get(`${page}?status=nonsense`);
  expect(status).toBe(400);
  expect(textOf(html)).toContain('Choose one of the listed statuses.');
});
