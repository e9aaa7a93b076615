import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { type Browser, openConsole, textOf } from '../../helpers/console/pages.ts';
import { addWebhook } from '../../store/contract/webhooks/webhooks.ts';

const web = join(import.meta.dirname, '../../../server/web');

/** Opens the console as a superuser. There is a member, a service account and a webhook, which own nothing. */
async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  const account = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const { id: webhook } = await addWebhook(app.store, { events: ['app.deleted'] });
  const pages = {
    member: `/organization/team/${app.dev.id}`,
    account: `/organization/service-accounts/${account.id}`,
    webhook: `/organization/webhooks/${webhook}`,
  };
  return { app, pages, browser: openConsole(app, app.root) };
}

/** Opens the console of an app in which nothing happened yet. */
async function openUnused(): Promise<Browser> {
  const app = await openTestApp();
  onTestFinished(app.close);
  return openConsole(app, app.root);
}

type Pages = Awaited<ReturnType<typeof open>>['pages'];

/** Returns what stands in place of the list of a page: its sentence, what follows, and where its link leads. */
async function emptyOn(browser: Browser, path: string) {
  const { status, html } = await browser.get(path);
  expect(status, path).toBe(200);
  const [, lead = '', rest = ''] = /<div class="empty"><p class="lead">(.*?)<\/p>(.*?)<\/div>/s.exec(html) ?? [];
  const [, href = '', label = ''] = /<a [^>]*?href="([^"]*)"[^>]*>(.*?)<\/a>/s.exec(rest) ?? [];
  return { lead: textOf(lead), next: textOf(rest), href: href.replaceAll('&amp;', '&'), label };
}

const filtered: Array<[list: string, path: (pages: Pages) => string]> = [
  ['all tokens', () => '/organization/tokens?q=zzz'],
  ['own tokens', () => '/profile/api-tokens?q=zzz&sort=name'],
  ['all tokens that ended', () => '/organization/tokens?status=revoked&q=zzz'],
  ['own tokens that ended', () => '/profile/api-tokens?status=revoked&q=zzz'],
  ['members', () => '/organization/team?q=zzz'],
  ['tokens of a member', ({ member }) => `${member}?q=zzz`],
  ['tokens of a service account', ({ account }) => `${account}?status=paused`],
  ['service accounts', () => '/organization/service-accounts?orphaned=true'],
  ['audit events', () => '/organization/audit?ip=198.51.100.77'],
  ['apps', () => '/organization/apps?name=zzz'],
  ['deliveries', ({ webhook }) => `${webhook}?status=failed`],
];

describe('a list whose filters match nothing', () => {
  it.each(filtered)('says so and offers to clear them: %s', async (_, path) => {
    const { app, pages, browser } = await open();
    await createToken(app, app.dev, { name: 'of-dev' });
    await createToken(app, app.root, { name: 'of-root' });
    await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'of-ci', service_account: 'ci' } });
    const { lead, href, label } = await emptyOn(browser, path(pages));
    expect(lead).toMatch(/^[A-Z0].*\.$/);
    expect(label).toBe('Clear filters');
    expect(href).not.toMatch(/[?&](?!status=revoked)/);
    expect((await emptyOn(browser, href)).label).not.toBe('Clear filters');
  });

  it.each([
    ['members', '/organization/team', 'q=a'],
    ['audit events', '/organization/audit', 'action=token.created'],
    ['own events', '/profile/activity', 'until=2026-11-23'],
  ])('has Clear beside its filters only if one is set: %s', async (_, path, query) => {
    const { browser } = await open();
    const clears = async (address: string) => {
      const { html } = await browser.get(address);
      const bar = /<form(?=[^>]*method="get")[^>]*class="filters[^>]*>.*?<\/form>/s.exec(html)?.[0] ?? '';
      expect(bar).toContain('<button type="submit">');
      return bar.includes(`<a class="button" href="${path}">Clear</a>`);
    };
    expect([await clears(path), await clears(`${path}?q=&status=&action=`), await clears(`${path}?${query}`)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('says so in the search, and offers to clear it', async () => {
    const { browser } = await open();
    expect(await emptyOn(browser, '/search?q=zzz')).toMatchObject({
      ...{ lead: 'Nothing matches.', href: '/search', label: 'Clear the search' },
    });
  });
});

const empty: Array<[list: string, lead: string, path: (pages: Pages) => string]> = [
  ['all tokens', 'Nobody has a token yet.', () => '/organization/tokens'],
  ['own tokens', 'You have no tokens yet.', () => '/profile/api-tokens'],
  ['all tokens that ended', 'No token ended in the last 90 days.', () => '/organization/tokens?status=revoked'],
  ['own tokens that ended', 'No token ended in the last 90 days.', () => '/profile/api-tokens?status=revoked'],
  ['tokens of a member', 'This member has no tokens.', ({ member }) => member],
  ['tokens of a service account', 'This service account has no tokens.', ({ account }) => account],
  ['service accounts', 'There are no service accounts.', () => '/organization/service-accounts'],
  ['trusts', 'There are no trusts.', () => '/organization/trusts'],
  ['clients', 'There are no clients.', () => '/organization/clients'],
  ['apps', 'There are no apps.', () => '/organization/apps'],
  ['webhooks', 'There are no webhooks.', () => '/organization/webhooks'],
  ['deliveries', 'Nothing was sent yet.', ({ webhook }) => webhook],
  ['audit events', 'Nothing was recorded yet.', () => '/organization/audit'],
  ['own events', 'Nothing was recorded yet.', () => '/profile/activity'],
];

describe('a list that has nothing yet', () => {
  it.each(empty)('says so, and what to do next: %s', async (list, lead, path) => {
    const { app, pages, browser } = await open();
    if (list === 'service accounts') {
      const account = await app.store.serviceAccounts.findByName('ci');
      await app.ask(`/api/v1/service-accounts/${account?.id}`, { as: app.root, method: 'DELETE' });
    }
    if (list === 'webhooks') await app.store.webhooks.delete(pages.webhook.split('/').at(-1) ?? '');
    const found = await emptyOn(list.includes('events') ? await openUnused() : browser, path(pages));
    expect(found).toMatchObject({ lead, next: expect.stringMatching(/^[A-Z].*[.a-z]$/) });
    expect(found.label).not.toMatch(/^Clear/);
  });
});

it('is on every page of the console that lists something', () => {
  const files = readdirSync(web, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'));
  const sources = files.map((file) => ({ file, source: readFileSync(join(web, file), 'utf8') }));
  const lists = sources.filter(({ source }) => source.includes('<NextPageLink'));
  expect(lists.length).toBeGreaterThan(9);
  const unexplained = lists.filter(({ source }) => !/<(EmptyList|NothingMatches|No\w+|MemberTokens)/.test(source));
  expect(unexplained.map(({ file }) => file)).toEqual([]);
  // No page says it in words of its own.
  const own = sources.filter(({ file, source }) => source.includes('class="empty"') && !file.includes('empty-list'));
  expect(own.map(({ file }) => file)).toEqual(['overview/own-section.tsx']);
});
