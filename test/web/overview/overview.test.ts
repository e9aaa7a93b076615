import { expect, it, onTestFinished } from 'vitest';
import { reportedTokensPath } from '../../../server/web/overview/overview-paths.ts';
import { type ReportedTokens, reportedTokens } from '../../../shared/token-report.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { type Browser, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';

const overview = '/organization/overview';
const day = 86_400_000;
const names = Object.keys(reportedTokens) as ReportedTokens[];
const listPath = (name: ReportedTokens) => reportedTokensPath(name);

/** Opens the console as a superuser whose session begins after `advance`, which makes the tokens as old as the test needs. */
async function open(prepare: (app: TestApp, ada: Member) => Promise<unknown> = async () => {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const ada = await app.addMember({ email: 'ada@example.com', name: 'Ada', can_manage_tokens: true });
  await prepare(app, ada);
  const viewer = await app.addMember({ email: 'viewer@example.com', superuser: true });
  return { app, ada, browser: openConsole(app, viewer) };
}

/** Signs a member in again, because sessions end while a test advances the clock. */
const again = async (app: TestApp, member: Member): Promise<Member> => ({
  ...member,
  session: await app.signIn(member.id),
});

/** Returns the number that the overview shows under each name. */
async function shownCounts(browser: Browser): Promise<Record<string, number>> {
  const { html } = await browser.get(overview);
  const numberIn = (text: string) => Number(/(?:^|\s)([\d,]+|none)(?=\s)/.exec(text)?.[1]?.replace('none', '0'));
  const rows = html.split(/<tr>|<main[^>]*>|<h2>/);
  return Object.fromEntries(
    names.map((name) => {
      const row = rows.find((part) => part.includes(`href="${listPath(name).replaceAll('&', '&amp;')}"`)) ?? '';
      const number = /<span class="badge [^>]*>(.*?)<\/span>/.exec(row)?.[1];
      return [name, number === undefined ? numberIn(textOf(row)) : numberIn(`${number} `)];
    }),
  );
}

/** Returns the names of the tokens on all pages of a list. */
async function listed(browser: Browser, path: string): Promise<string[]> {
  const { status, html } = await browser.get(path);
  expect(status).toBe(200);
  const found = [...html.matchAll(/<th scope="row"><a href="[^"]*">(.*?)<\/a>/g)].map(([, name = '']) => textOf(name));
  const next = /rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  return next === undefined ? found : [...found, ...(await listed(browser, next))];
}

it('counts the service accounts without an enabled maintainer, and leads to a list of exactly those', async () => {
  const { browser } = await open(async (app, ada) => {
    const [kept] = [await addServiceAccount(app.store, 'kept'), await addServiceAccount(app.store, 'nobodys')];
    await app.store.serviceAccounts.addMaintainer(kept.id, ada.id);
  });
  const { html } = await browser.get(overview);
  const [, path = '', count] =
    /href="([^"]*)">Orphaned service accounts<.*?<span class="badge [^>]*>(.*?)</s.exec(html) ?? [];
  expect(count).toBe('1');
  expect(await listed(browser, path)).toEqual(['nobodys']);
});

it('counts the tokens of all members, and each number leads to a list of exactly those tokens', async () => {
  const { browser } = await open(async (app, ada) => {
    await createToken(app, app.dev, { name: 'forgotten', expires_in: null });
    const rotated = await createToken(app, app.dev, { name: 'rotated', expires_in: null });
    await createToken(app, ada, { name: 'left behind', expires_in: null });
    app.clock.advance(300 * day);
    const dev = await again(app, app.dev);
    await app.ask(`/api/v1/tokens/${rotated.id}/rotate`, { as: dev, method: 'POST', json: { overlap: 0 } });
    await createToken(app, dev, { name: 'ends soon', expires_in: 125 * 86_400 });
    await createToken(app, dev, { name: 'in use', expires_in: 365 * 86_400 });
    app.clock.advance(120 * day);
    await createToken(app, await again(app, app.dev), { name: 'new', expires_in: 90 * 86_400 });
    const stored = await app.store.tokens.list({ limit: 9, before: null, now: app.clock.now() });
    const use = { at: app.clock.now() - day, method: 'GET', path: '/', ip: null, userAgent: null };
    const used = stored.filter(({ name }) => ['in use', 'rotated'].includes(name));
    await app.store.tokens.recordUses(used.map(({ id }) => ({ tokenId: id, ...use })));
    await app.store.users.setDisabled(ada.id, true);
  });
  const lists = Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await listed(browser, listPath(name))] as const)),
  );
  expect(lists).toEqual({
    active: ['new', 'in use', 'ends soon', 'rotated', 'forgotten'],
    never_expiring: ['left behind', 'rotated', 'forgotten'],
    never_used: ['ends soon', 'left behind', 'forgotten'],
    unused: ['ends soon', 'left behind', 'forgotten'],
    unrotated: ['left behind', 'forgotten'],
    expiring: ['ends soon'],
    owner_disabled: ['left behind'],
  });
  const lengths = Object.entries(lists).map(([name, tokens]) => [name, tokens.length]);
  expect(await shownCounts(browser)).toEqual(Object.fromEntries(lengths));
});

it('shows a list in pages of 50, and links each token and its owner', async () => {
  const { app, ada, browser } = await open(async (app, ada) => {
    for (let index = 0; index < 60; index += 1)
      await createToken(app, index % 2 ? app.dev : ada, { name: `n${index}` });
  });
  expect(await shownCounts(browser)).toMatchObject({ active: 60, never_expiring: 60, unused: 0 });
  const { html } = await browser.get(listPath('never_expiring'));
  expect(html.match(/<th scope="row">/g)).toHaveLength(50);
  expect(await listed(browser, listPath('never_expiring'))).toEqual(
    Array.from({ length: 60 }, (_, index) => `n${59 - index}`),
  );
  expect(html).toContain(`<a href="/organization/team/${ada.id}">ada@example.com</a>`);
  const [newest] = await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() });
  expect(html).toContain(`<a href="/profile/api-tokens/${newest?.id}">n59</a>`);
  expect((await browser.get(`${listPath('active')}&cursor=nonsense`)).status).toBe(400);
});

it('shows zero as good, and says what to do about the rest', async () => {
  const { browser } = await open((app) => createToken(app, app.dev, { name: 'forever', expires_in: null }));
  const { html } = await browser.get(overview);
  expect(html.match(/<span class="badge success">none<\/span>/g)).toHaveLength(6);
  expect(html.match(/<span class="badge warning">1<\/span>/g)).toHaveLength(1);
  expect(textOf(html)).toContain('1 active token of all members and service accounts');
  expect(textOf(html)).toContain('tokens edit NAME --expires 90d');
  expect(textOf((await browser.get(listPath('unused'))).html)).toContain('No tokens match.');
});

it('escapes names, descriptions and paths', async () => {
  const hostile = '"><img src=x onerror=alert(1)>';
  const { html } = await open(async (app) => {
    const { id } = await createToken(app, app.dev, { name: hostile, description: hostile, expires_in: null });
    const use = { at: app.clock.now(), method: 'GET', path: `/${hostile}`, ip: null, userAgent: hostile };
    await app.store.tokens.recordUses([{ tokenId: id, ...use }]);
  }).then(({ browser }) => browser.get(listPath('active')));
  expect(html).not.toContain('<img');
  expect(textOf(html)).toContain(hostile);
});

it('is for superusers only, and only their pages link to it', async () => {
  const { app, browser } = await open();
  const member = openConsole(app, app.dev);
  const refusal = textOf((await member.get('/organization/team')).html).replace(/Request ID: \S+/, '');
  for (const path of [overview, listPath('active')]) {
    const { status, html } = await member.get(path);
    expect([status, textOf(html).replace(/Request ID: \S+/, '')]).toEqual([403, refusal]);
  }
  expect((await member.get('/profile')).html).not.toContain(overview);
  expect((await browser.get('/profile')).html).toContain(`href="${overview}"`);
  expect((await browser.get(overview)).html).toContain(`href="${overview}" aria-current="page">`);
});

it('warns about mail that could not be delivered', async () => {
  const { app, browser } = await open();
  const now = app.clock.now();
  const mail = { to: 'gone@example.com', subject: 'API token created', text: '', html: '', createdAt: now };
  await app.store.outbox.enqueue({ ...mail, id: 'dead', messageId: '<dead@example.com>' });
  await app.store.outbox.claim({ now, leaseMs: 1000, leaseId: 'test', limit: 1000 });
  await app.store.outbox.giveUp('dead', 'test', now, '550 no such user');
  expect(textOf((await browser.get(overview)).html)).toContain('1 email could not be delivered');
});
