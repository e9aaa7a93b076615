import { afterEach, beforeEach, expect, it } from 'vitest';
import { createToken, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const [day, hour] = [86_400, 3600];
let app: TestApp;
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

/** The tokens of each list: their names, and the seconds after which they expire. */
const lives = { zebra: 6 * day, apple: 20 * day, mango: hour, pear: undefined };

/** Opens the pages about a service account, for its maintainer, and about a member, for a superuser. */
async function openLists() {
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  for (const [name, seconds] of Object.entries(lives)) {
    const body = { name, ...(seconds === undefined ? {} : { expires_in: seconds }) };
    await createAccountToken(app, app.dev, 'ci', body);
    await createToken(app, app.dev, body);
  }
  return [
    { page: `/organization/service-accounts/${id}`, browser: openConsole(app, app.dev) },
    { page: `/organization/team/${app.dev.id}`, browser: openConsole(app, app.root) },
  ];
}

const lineOf = (html: string) => /<p class="attention">.*?<\/p>/s.exec(html)?.[0] ?? '';
const namesOf = (html: string) => [...html.matchAll(/<th scope="row"><a [^>]*>(.*?)<\/a>/g)].map(([, name]) => name);
const linkOf = (html: string, text: string) =>
  [...html.matchAll(/<a [^>]*href="([^"]*)"[^>]*>(.*?)<\/a>/gs)]
    .find(([, , inner = '']) => textOf(inner).startsWith(text))?.[1]
    ?.replaceAll('&amp;', '&') ?? '';

it('counts what needs attention among the tokens of one owner, and each count is a filter', async () => {
  for (const { page, browser } of await openLists()) {
    const { html } = await browser.get(page);
    expect(textOf(lineOf(html))).toBe('4 tokens 2 expire within 7 days 3 expire within 30 days 1 never expires');
    const expiring = await browser.get(linkOf(lineOf(html), '2 expire'));
    expect(namesOf(expiring.html).sort()).toEqual(['mango', 'zebra']);
    expect(textOf(lineOf(expiring.html))).toBe('2 tokens match');
    const chips = /<ul class="chips".*?<\/ul>/s.exec(expiring.html)?.[0] ?? '';
    expect(textOf(chips)).toBe('Expires within 7 days Clear all');
    expect(linkOf(chips, 'Expires within')).toBe(page);
    expect(namesOf((await browser.get(linkOf(lineOf(html), '1 never'))).html)).toEqual(['pear']);
  }
});

it('sorts the tokens of one owner by each heading, and keeps the order with a filter', async () => {
  for (const { page, browser } of await openLists()) {
    const { html } = await browser.get(page);
    const byName = await browser.get(linkOf(html, 'Name'));
    expect(namesOf(byName.html)).toEqual(['apple', 'mango', 'pear', 'zebra']);
    expect(namesOf((await browser.get(linkOf(byName.html, 'Name'))).html)).toEqual(['zebra', 'pear', 'mango', 'apple']);
    const byExpiry = await browser.get(linkOf(html, 'Expires'));
    expect(namesOf(byExpiry.html)).toEqual(['mango', 'zebra', 'apple', 'pear']);
    expect(linkOf(lineOf(byName.html), '2 expire')).toContain('sort=name');
    const active = await browser.get(`${page}?status=active&sort=-name&expiring_within=${7 * day}`);
    expect(namesOf(active.html)).toEqual(['zebra', 'mango']);
    expect(active.html).toContain('<option value="active" selected="">');
  }
});

it('reads the next page of a sorted list of a member', async () => {
  for (let number = 10; number < 22; number++) await createToken(app, app.dev, { name: `runner-${number}` });
  const browser = openConsole(app, app.root);
  const first = await browser.get(`/organization/team/${app.dev.id}?sort=-name`);
  expect(namesOf(first.html)).toHaveLength(10);
  expect(textOf(lineOf(first.html))).toMatch(/^12 tokens/);
  const next = await browser.get(linkOf(first.html, 'Next page'));
  expect(namesOf(next.html)).toEqual(['runner-11', 'runner-10']);
});

it('says which filter has a wrong value, and lists no tokens as if nothing were filtered', async () => {
  for (const { page, browser } of await openLists()) {
    const { status, html } = await browser.get(`${page}?expiring_within=soon&status=lost&sort=size`);
    expect([status, namesOf(html)]).toEqual([400, []]);
    for (const name of ['expiring_within', 'status', 'sort']) expect(html).toContain(`id="${name}-error"`);
    expect(textOf(html)).not.toContain('No tokens match');
    expect((await browser.get(page)).status).toBe(200);
    expect(html).not.toContain('class="chips"');
  }
});
