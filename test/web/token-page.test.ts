import { expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../helpers/app/service-accounts.ts';
import { messageAt, openConsole, textOf } from '../helpers/console/pages.ts';
import { newDenied } from '../store/contract/records.ts';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const body = { name: 'ci-pipeline', description: 'deploys the shop', expires_in: 90 * 86_400 };
  const token = await createToken(app, app.dev, body);
  return { app, token, path: `/profile/api-tokens/${token.id}` };
}

it('shows the fields of a token to its owner, with its last use and without its value', async () => {
  const { app, token, path } = await open();
  const use = { method: 'GET', path: '/builds/42', ip: '203.0.113.9', userAgent: 'curl/8.5.0' };
  await app.store.tokens.recordUses([{ tokenId: token.id, at: app.clock.now(), ...use }]);
  const { status, html } = await openConsole(app, app.dev).get(path);
  expect(status).toBe(200);
  expect(html).toContain('<h1>ci-pipeline</h1>');
  const text = textOf(html);
  for (const fact of ['deploys the shop', token.prefix, 'active', '21 Feb 2027, 16:20 UTC', ...Object.values(use)]) {
    expect(text).toContain(fact);
  }
  expect(html).not.toContain(token.token);
  expect(text).not.toContain('Owner');
});

it('shows another member’s token, with its owner, to a superuser', async () => {
  const { app, path } = await open();
  const { status, html } = await openConsole(app, app.root).get(path);
  expect(status).toBe(200);
  expect(textOf(html)).toMatch(/Owner\s+dev@example\.com/);
  expect(html).toContain(`href="/organization/team/${app.dev.id}"`);
});

it('returns the same 404 for another member’s token, another one that was revoked and one that never existed', async () => {
  const { app, path } = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const revoked = await createToken(app, app.dev, { name: 'gone' });
  await app.ask(`/api/v1/tokens/${revoked.id}`, { as: app.dev, method: 'DELETE' });
  const browser = openConsole(app, other);
  const pages = [path, `/profile/api-tokens/${revoked.id}`, '/profile/api-tokens/nothing'].map(async (address) => {
    const { status, html } = await browser.get(address);
    return [status, textOf(html).replace(/Request ID: \S+/, '')];
  });
  const [first, ...others] = await Promise.all(pages);
  expect(first?.[0]).toBe(404);
  expect(first?.[1]).toContain('There is no such token, or it was revoked long ago.');
  expect(others).toEqual([first, first]);
});

it('opens from a mail after the member signs in', async () => {
  const { app, token, path } = await open();
  const [mail] = await app.mails();
  const address = /^https:\/\/tokens\.example\.com(\/profile\/api-tokens\/\S+)$/m.exec(mail?.text ?? '')?.[1];
  expect(address).toBe(path);
  const browser = openConsole(app);
  const { location } = await browser.get(path);
  expect(location).toBe(`/login?next=${encodeURIComponent(path)}`);
  await browser.get(location ?? '');
  const signedIn = await browser.submit('/login', { email: 'dev@example.com', password: app.dev.password });
  expect(signedIn.location).toBe(path);
  expect((await browser.get(path)).html).toContain(token.prefix);
});

it('revokes the token after asking, and returns to the list', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.dev);
  const asked = await browser.get(`${path}?dialog=revoke`);
  expect(textOf(asked.html)).toContain('Revoke “ci-pipeline”?');
  expect(asked.html).toContain(`href="${path}#revoke-${token.id}"`);
  expect(await verdict(app, token.token)).toBe(200);
  const { location } = await browser.submit(`${path}/revoke`);
  expect(location).toEqual(messageAt('/profile/api-tokens', 'token-revoked'));
  expect(await verdict(app, token.token)).toBe('revoked');
});

it('revokes another member’s token for a superuser, and returns to the member', async () => {
  const { app, token, path } = await open();
  const browser = openConsole(app, app.root);
  await browser.get(`${path}?dialog=revoke`);
  const { location } = await browser.submit(`/organization/team/${app.dev.id}/tokens/${token.id}/revoke`);
  expect(location).toEqual(messageAt(`/organization/team/${app.dev.id}`, 'token-revoked'));
  expect(await verdict(app, token.token)).toBe('revoked');
});

it('is linked from the lists of tokens', async () => {
  const { app, path } = await open();
  expect((await openConsole(app, app.dev).get('/profile/api-tokens')).html).toContain(
    `<a href="${path}">ci-pipeline</a>`,
  );
  const member = await openConsole(app, app.root).get(`/organization/team/${app.dev.id}`);
  expect(member.html).toContain(`<a href="${path}">ci-pipeline</a>`);
});

it('shows a chart of the last 30 days with a text alternative, and the ten most used routes, networks and agents', async () => {
  const { app, token, path } = await open();
  const { useCounter, recordUsage } = app.services;
  const now = app.clock.now();
  const request = {
    method: 'GET',
    peer: '203.0.113.9',
    forwardedFor: null,
    userAgent: 'curl/8.5.0',
    appId: null,
    wouldDeny: null,
  };
  for (let route = 1; route <= 12; route += 1) {
    useCounter.allowed(token.id, now, { ...request, target: `/route-${route}-/<b>` });
    useCounter.allowed(token.id, now - route * 86_400_000, { ...request, target: `/route-${route}-/<b>` });
  }
  useCounter.denied(token.id, now, 'paused');
  await recordUsage.flush();
  const { html } = await openConsole(app, app.dev).get(path);
  const text = textOf(html);
  expect(text).toContain(
    '24 uses in the last 30 days, and 1 denied (1 for “Token paused”). No details of the denied requests are left. Uses of the last minute may be missing.',
  );
  expect(html).toContain(
    'aria-label="Uses per day from 25 Oct 2026 to 23 Nov 2026: 24 allowed and 1 denied. The most were 13 on 23 Nov 2026."',
  );
  expect(html.match(/<rect class="allowed"/g)).toHaveLength(30);
  expect(text).toContain('23 Nov 2026: 12 allowed, 1 denied');
  expect(text).toMatch(/GET \/route-\d+-\/<b>\s+2/);
  expect(html).not.toContain('/<b>');
  expect(text.match(/GET \/route/g)).toHaveLength(10);
  expect(text).toContain('These are 10 of 12 routes.');
  expect(text).toContain('203.0.113.0/24');
  expect(text).toContain('curl/8.5.0');
  const table = /<table class="list">.*?<\/table>/s.exec(html)?.[0] ?? '';
  expect(table).toMatch(/<time[^>]*data-form="minute"/);
  expect(table, 'no stops of the Tab key').not.toContain('tabindex');
  // On a phone, the tables lose their header rows: these captions are then all that says what a row is.
  for (const values of ['routes', 'networks', 'user agents']) {
    expect(html).toContain(`<caption>The ${values} with the most uses</caption>`);
  }
  const denied = [newDenied(token.id, { at: now, reason: 'paused' })];
  await app.store.transaction((store) => store.usage.addDenied(denied, now));
  const listed = await openConsole(app, app.dev).get(path);
  expect(listed.html).toContain('<a href="#denied">1 denied</a>');
  expect(textOf(listed.html)).not.toContain('No details of them');
});

it('says where details of denied requests can be, to those who may not see all', async () => {
  const { app } = await open();
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const token = await createAccountToken(app, app.root, 'ci', { name: 'deploy' });
  app.services.useCounter.denied(token.id, app.clock.now(), 'paused');
  await app.services.recordUsage.flush();
  const usageFor = async (as: typeof app.dev) =>
    textOf((await openConsole(app, as).get(`/profile/api-tokens/${token.id}`)).html);
  expect(await usageFor(app.dev)).toContain(
    'No details of the denied requests are left, or they are from before a transfer of the token: superusers and auditors can see those.',
  );
  expect(await usageFor(app.root)).toContain(
    'No details of the denied requests are left. Uses of the last minute may be missing.',
  );
});

it('says that no use was counted, without a chart', async () => {
  const { app, path } = await open();
  const { html } = await openConsole(app, app.dev).get(path);
  expect(textOf(html)).toContain('No use was counted in the last 30 days.');
  expect(html).not.toContain('<svg role');
});

it('creates a token without mails about new networks, and says so on its page', async () => {
  const { app } = await open();
  const browser = openConsole(app, app.dev);
  const fields = { name: 'quiet', expires: '86400', network_mail: 'false' };
  await browser.get('/profile/api-tokens?dialog=create');
  expect((await browser.submit('/profile/api-tokens', fields)).status).toBe(200);
  const [token] = await app.store.tokens.list({ ownerId: app.dev.id, limit: 1, before: null, now: app.clock.now() });
  expect(token).toMatchObject({ name: 'quiet', quietNetworks: true });
  const { html } = await browser.get(`/profile/api-tokens/${token?.id}`);
  expect(textOf(html)).toContain('No mail is sent when this token is used from a new network.');
});
