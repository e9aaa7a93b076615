import { describe, expect, it, onTestFinished } from 'vitest';
import { deniedTokensPath, reportedTokensPath } from '../../../server/web/overview/overview-paths.ts';
import { formatDate } from '../../../server/web/shell/components/dates.ts';
import { type ReportedTokens, reportedTokens } from '../../../shared/tokens/report.ts';
import { createToken, type Member, openTestApp, type TestApp, verdict } from '../../helpers/app/app.ts';
import { type Browser, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addServiceAccount } from '../../store/contract/accounts/service-accounts.ts';

const overview = '/overview';
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

/** Returns the number of the card that leads to each path. */
async function cardsOf(browser: Browser): Promise<Record<string, string>> {
  const { html } = await browser.get(overview);
  const cards = [...html.matchAll(/<li><a href="([^"]*)"><span class="number[^"]*">(.*?)<\/span>/g)];
  return Object.fromEntries(cards.map(([, path = '', number = '']) => [path.replaceAll('&amp;', '&'), number]));
}

/** Returns the number that the overview shows under each name. */
async function shownCounts(browser: Browser): Promise<Record<string, number>> {
  const cards = await cardsOf(browser);
  return Object.fromEntries(names.map((name) => [name, Number(cards[listPath(name)]?.replaceAll(',', ''))]));
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
  const path = '/organization/service-accounts?orphaned=true';
  expect((await cardsOf(browser))[path]).toBe('1');
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
  expect(html).toContain(`<a href="/organization/team/${ada.id}" title="ada@example.com">ada@example.com</a>`);
  const [newest] = await app.store.tokens.list({ limit: 1, before: null, now: app.clock.now() });
  expect(html).toContain(`<a href="/profile/api-tokens/${newest?.id}">n59</a>`);
  expect((await browser.get(`${listPath('active')}&cursor=nonsense`)).status).toBe(400);
});

it('leads from each number to its list, and says what to do about those that are not zero', async () => {
  const { browser } = await open((app) => createToken(app, app.dev, { name: 'forever', expires_in: null }));
  const { html } = await browser.get(overview);
  expect(html.match(/<span class="number none">0<\/span>/g)).toHaveLength(7);
  expect(html.match(/<span class="number">1<\/span>/g)).toHaveLength(2);
  for (const path of Object.keys(await cardsOf(browser))) expect((await browser.get(path)).status, path).toBe(200);
  expect(textOf(html)).toMatch(/1 Active token [\s\S]* 1 token in all [\s\S]* 1 Token that never expires /);
  expect(textOf(html)).toContain('tokens edit NAME --expires 90d');
  expect(textOf(html)).not.toContain('tokens pause NAME');
  expect(textOf((await browser.get(listPath('unused'))).html)).toContain('0 tokens match, as of ');
});

it('counts the tokens of which a request was denied in the last 24 hours', async () => {
  const { app, ada, browser } = await open();
  const use = {
    method: 'GET',
    target: '/',
    peer: null,
    forwardedFor: null,
    userAgent: null,
    appId: null,
    wouldDeny: null,
  };
  for (const name of ['yesterday', 'today']) {
    const { id } = await createToken(app, await again(app, ada), { name });
    app.services.deniedUses.record(id, 'path', use);
    await app.services.deniedUses.flush();
    app.clock.advance(0.6 * day);
  }
  const viewer = openConsole(app, await again(app, app.root));
  expect((await cardsOf(viewer))[deniedTokensPath]).toBe('1');
  expect(textOf((await viewer.get(overview)).html)).toContain('A token counts if one of its requests was denied.');
  expect(await listed(viewer, deniedTokensPath)).toEqual(['today']);
  expect(browser).toBeDefined();
});

it('leads from the number of denied requests to the tokens with these, for superusers and for the owner', async () => {
  const { app, ada, browser } = await open(async (app, ada) => {
    await createToken(app, ada, { name: 'quiet' });
    const { id } = await createToken(app, ada, { name: 'denied' });
    const observed = { method: 'GET', target: '/', peer: null, forwardedFor: null, userAgent: null };
    app.services.deniedUses.record(id, 'path', { ...observed, appId: null, wouldDeny: null });
    await app.services.deniedUses.flush();
    await app.services.recordUsage.flush();
    const today = Math.floor(app.clock.now() / day);
    const writer = { id: 'node', batch: 1, at: app.clock.now() };
    await app.store.usage.addDays(writer, [{ day: today, allowed: 0, denied: 1 }]);
  });
  for (const [reader, list] of [
    [browser, '/organization/tokens'],
    [openConsole(app, ada), '/profile/api-tokens'],
  ] as const) {
    const { html } = await reader.get(overview);
    const path = `${list}?denied_within=${30 * 86_400}`;
    expect(html).toContain(`<a href="${path}"><strong>1</strong> denied</a>`);
    expect(textOf(html)).toContain('Values that were never issued are not counted.');
    expect(await listed(reader, path)).toEqual(['denied']);
  }
});

describe('the numbers of the organization', () => {
  it('are counted at most once a minute, and say when', async () => {
    const { app, browser } = await open();
    const at = () => />As of <time [^>]*>(\d\d:\d\d)</.exec(html)?.[1];
    let { html } = await browser.get(overview);
    const first = at();
    expect(first).toBe(new Date(app.clock.now()).toISOString().slice(11, 16));
    expect((await shownCounts(browser)).active).toBe(0);
    await createToken(app, app.dev, { name: 'new' });
    app.clock.advance(59_000);
    expect((await shownCounts(browser)).active).toBe(0);
    app.clock.advance(1_000);
    expect((await shownCounts(browser)).active).toBe(1);
    ({ html } = await browser.get(overview));
    expect(at()).not.toBe(first);
  });
});

it('shows members their own tokens only', async () => {
  const { app } = await open();
  const member = openConsole(app, app.dev);
  expect(textOf((await member.get(overview)).html)).toContain('Create your first token');
  expect((await member.get(overview)).html).toContain('href="/profile/api-tokens?dialog=create"');
  const { id } = await createToken(app, app.dev, { name: 'mine', expires_in: null });
  await createToken(app, app.root, { name: 'theirs', expires_in: null });
  app.services.useCounter.denied(id, app.clock.now(), 'paused', 3);
  const trap = await createToken(app, app.dev, { name: 'trap', canary: true, expires_in: null });
  app.services.useCounter.denied(trap.id, app.clock.now(), 'canary', 7);
  await app.services.recordUsage.flush();
  const { html } = await member.get(overview);
  expect(await cardsOf(member)).toEqual({
    '/profile/api-tokens': '2',
    '/profile/api-tokens?expiring_within=604800': '0',
    '/profile/api-tokens?denied_within=86400': '0',
    '/profile/api-tokens?two_values=true': '0',
    '/profile/api-tokens?no_expiry=true': '1',
  });
  for (const path of Object.keys(await cardsOf(member))) expect((await member.get(path)).status, path).toBe(200);
  expect(textOf(html)).toContain('0 allowed and 3 denied in the last 30 days');
  expect(textOf(html)).not.toContain('All tokens');
  expect(html).not.toContain('/organization/tokens');
});

it('tells a member without the permission whom to ask', async () => {
  const { app } = await open();
  const member = openConsole(app, await app.addMember({ email: 'new@example.com' }));
  const { html } = await member.get(overview);
  expect(textOf(html)).toContain('Ask an Organization Superuser to grant it: root@example.com, viewer@example.com');
  expect(html).not.toContain('dialog=create');
});

it('shows a superuser their own tokens in one line', async () => {
  const { app } = await open();
  const superuser = openConsole(app, app.root);
  expect(textOf((await superuser.get(overview)).html)).not.toContain('Your tokens');
  await createToken(app, app.root, { name: 'mine', expires_in: null });
  expect(textOf((await superuser.get(overview)).html)).toContain('Your tokens 1 token 1 never expires');
});

it('shows the verifications of the last 30 days as a chart and as a table', async () => {
  const { app, browser } = await open(async (app) => {
    const { token } = await createToken(app, app.dev, { name: 'used' });
    for (let use = 0; use < 3; use += 1) await verdict(app, token);
    await app.services.dayTotals.flush();
    app.clock.advance(day);
    await verdict(app, token);
    await app.services.dayTotals.flush();
  });
  const { html } = await browser.get(overview);
  const days = [0, 1, 2].map((ago) => formatDate(app.clock.now() - ago * day));
  expect(textOf(html)).toContain('4 allowed and 0 denied in the last 30 days');
  expect(textOf(html)).toContain(`They have been counted since ${days[1]}`);
  // A whole UTC day, which the script must not change to another one.
  expect(html).not.toMatch(/counted since <time/);
  expect(textOf(html)).toContain(`Day Allowed Denied ${days[0]} 1 0 ${days[1]} 3 0 ${days[2]} 0 0`);
  expect(html).toMatch(/<svg role="img" aria-label="Verifications per day from /);
  expect(html).not.toMatch(/ style=/);
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

it('lists the steps of the set-up that are left, each with the page that does it, and folds away those that are done', async () => {
  const { app, browser } = await open();
  const listed = async () => {
    const [, left = '', done = ''] =
      /<section class="set-up"[^>]*>.*?<ul>(.*?)<\/ul>(.*?)<\/section>/s.exec((await browser.get(overview)).html) ?? [];
    const links = [...left.matchAll(/<a class="button quiet" href="([^"]*)">(.*?)<\/a>/g)];
    return { links: Object.fromEntries(links.map(([, href, label]) => [label, href])), done: textOf(done) };
  };
  const before = await listed();
  expect(before.links).toEqual({
    Settings: '/organization/settings#mail',
    'Turn on': '/profile/two-step',
    Register: '/organization/apps?dialog=add',
    'Create a token': '/profile/api-tokens/new',
  });
  expect(before.done).toContain('Show the steps that are done');
  expect(before.done).not.toContain('Register an app');
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'wiki' } });
  const after = await listed();
  expect(Object.keys(after.links)).toEqual(['Settings', 'Turn on', 'Create a token']);
  expect(after.done).toContain('Register an app (done)');
});
