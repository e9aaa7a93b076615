import { afterEach, beforeEach, expect, it } from 'vitest';
import { OrderField } from '../../../server/web/tokens/all/filter-form.tsx';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { newDenied } from '../../store/contract/records.ts';

const path = '/organization/tokens';
const day = 86_400;
let app: TestApp;
let auditor: Member;
beforeEach(async () => {
  app = await openTestApp();
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
});
afterEach(() => app.close());

const get = (query: string, as = app.root) => openConsole(app, as).get(`${path}${query}`);

/** Returns the rows of a list, and their menus, by the name of the token. */
function rowsOf(html: string): Record<string, { text: string; menu: string | null }> {
  const rows = [...html.matchAll(/<tr>(?:<td class="pick"><input [^>]*><\/td>)?<th scope="row">.*?<\/tr>/gs)].map(
    ([row]) => row,
  );
  return Object.fromEntries(
    rows.map((row) => {
      const menu = /<ul [^>]*popover="auto"[^>]*>(.*?)<\/ul>/s.exec(row)?.[1];
      const text = textOf(row.replace(/<ul .*?<\/ul>/s, ''));
      return [/<a [^>]*>(.*?)<\/a>/.exec(row)?.[1] ?? '', { text, menu: menu === undefined ? null : textOf(menu) }];
    }),
  );
}

const namesOf = (html: string) => Object.keys(rowsOf(html));

/** Returns the labels of the chips, and where each leads. */
function chipsOf(html: string): Record<string, string> {
  const chips = [...html.matchAll(/<a class="chip" href="([^"]*)" aria-label="Remove the filter: ([^"]*)"/g)];
  return Object.fromEntries(chips.map(([, href = '', label = '']) => [label, href.replaceAll('&amp;', '&')]));
}

it('shows the tokens of all owners with their kind, and in each menu what the reader may do', async () => {
  await createServiceAccount(app, 'ci', { maintainers: [app.root] });
  await createServiceAccount(app, 'other');
  await createToken(app, app.dev, { name: 'of dev' });
  await createToken(app, app.root, { name: 'of root' });
  await createAccountToken(app, app.root, 'ci', { name: 'maintained' });
  await createAccountToken(app, app.root, 'other', { name: 'not maintained' });
  const rows = rowsOf((await get('')).html);
  expect(Object.entries(rows).map(([name, { menu }]) => [name, menu])).toEqual([
    ['not maintained', 'Open Pause Revoke'],
    ['maintained', 'Open Rotate Edit Pause Revoke'],
    ['of root', 'Open Rotate Edit Pause Revoke'],
    ['of dev', 'Open Pause Revoke'],
  ]);
  expect(rows['of dev']?.text).toContain('dev@example.com member');
  expect(rows.maintained?.text).toContain('maintained no rules ci service account ');
  expect(Object.values(rowsOf((await get('', auditor)).html)).map(({ menu }) => menu)).toEqual([
    null,
    null,
    null,
    null,
  ]);
  expect((await get('', app.dev)).status).toBe(403);
});

it('filters by everything that the API filters by, with a chip for each filter that removes it', async () => {
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await createToken(app, app.dev, { name: 'old', expires_in: null });
  await createAccountToken(app, app.dev, 'ci', { name: 'deploy', expires_in: 400 * day });
  await createToken(app, app.root, { name: 'soon', expires_in: 5 * day });
  await createToken(app, app.dev, { name: 'trap', expires_in: 400 * day, canary: true });
  const paused = await createToken(app, app.root, { name: 'stopped', expires_in: 400 * day });
  await app.ask(`/api/v1/tokens/${paused.id}/rotate`, { as: app.root, json: { overlap: 3600 } });
  await app.ask(`/api/v1/tokens/${paused.id}/pause`, { as: app.root, json: {} });
  const expected: Array<[string, string, string[]]> = [
    ['q=O', 'Name contains “O”', ['stopped', 'soon', 'deploy', 'old']],
    ['owner=dev%40example.com', 'Owner: dev@example.com', ['trap', 'old']],
    ['owner=service-account%3Aci', 'Owner: service-account:ci', ['deploy']],
    ['known_to=dev%40example.com', 'Value known to dev@example.com', ['deploy']],
    ['status=paused', 'Status: paused', ['stopped']],
    ['expiring_within=604800', 'Expires within 7 days', ['soon']],
    ['expiring_within=5400', 'Expires within 90 minutes', []],
    ['denied_within=86400', 'Denied within 1 day', []],
    ['no_expiry=true', 'Never expires', ['old']],
    ['unused_for=1', 'Not used for 1 second', []],
    ['two_values=true', 'Two values', ['stopped']],
    ['never_used=true', 'Never used', ['stopped', 'soon', 'deploy', 'old']],
    ['unrotated_for=86400', 'Not rotated for 1 day', []],
    ['exchanged=true', 'Received by jobs through a trust', []],
    ['canaries=false', 'Without canaries', ['stopped', 'soon', 'deploy', 'old']],
    ['canaries=only', 'Only canaries', ['trap']],
    ['canaries=used', 'Only canaries that were used', []],
  ];
  for (const [query, label, names] of expected) {
    const { status, html } = await get(`?${query}`);
    expect({ query, status, names: namesOf(html) }).toEqual({ query, status: 200, names });
    expect(chipsOf(html), query).toEqual({ [label]: path });
  }
  const { html } = await get('?q=o&status=active&no_expiry=true');
  expect(namesOf(html)).toEqual(['old']);
  expect(chipsOf(html)).toEqual({
    'Name contains “o”': `${path}?status=active&no_expiry=true`,
    'Status: active': `${path}?q=o&no_expiry=true`,
    'Never expires': `${path}?q=o&status=active`,
  });
  expect(html).toContain('<option value="active" selected="">');
  expect((await get('?expiring_within=5400')).html).toContain('<option value="5400" selected="">90 minutes</option>');
});

it('names the maximum expiry and the tokens that the list of never expiring ones leaves out, also above an empty list', async () => {
  const line = (html: string) =>
    textOf(/<p class="attention"><span>[^<]*Tokens that jobs.*?<\/p>/s.exec(html)?.[0] ?? '');
  const text =
    'Without canaries, whose values never work. Tokens that jobs receive through a trust always expire. Maximum expiry of new tokens: none .';
  const none = await get('?no_expiry=true');
  expect(textOf(none.html)).toContain('0 tokens match, as of');
  expect(line(none.html)).toBe(text);
  expect(none.html).toContain('<a class="aside" href="/organization/settings#TOKENSD_MAX_EXPIRY">none</a>.');
  await createToken(app, app.dev, { name: 'old', expires_in: null });
  expect(line((await get('?no_expiry=true')).html)).toBe(text);
  expect(line((await get('?no_expiry=true&canaries=only')).html)).not.toContain('Without canaries');
  expect(line((await get('')).html)).toBe('');
  const limited = await openTestApp({ maxExpiry: 90 * day });
  const { html } = await openConsole(limited, limited.root).get(`${path}?no_expiry=true`);
  await limited.close();
  expect(line(html)).toContain('Maximum expiry of new tokens: 90d .');
});

it('says which filter is wrong, and lists nothing', async () => {
  await createToken(app, app.dev, { name: 'ci' });
  for (const [query, message] of [
    ['unused_for=soon', 'Choose one of the listed times.'],
    ['status=nonsense', 'Choose one of the listed statuses.'],
    ['owner=nobody%40example.com', 'There is no'],
    ['owner=service-account%3Anobody', 'There is no'],
    ['known_to=nobody%40example.com', 'There is no'],
    ['owner=dev%40example.com&known_to=dev%40example.com', 'not both'],
  ]) {
    const { status, html } = await get(`?${query}`);
    expect({ query, status, names: namesOf(html) }).toEqual({ query, status: 400, names: [] });
    expect(textOf(/<p class="error"[^>]*>.*?<\/p>/s.exec(html)?.[0] ?? ''), query).toContain(message);
    expect(html).not.toContain('0 tokens match');
  }
  for (const query of ['no_expiry=true', 'unused_for=604800', 'app=grafana']) {
    const only = 'Ended tokens can be filtered by name and owner only. Remove the other filters.';
    const { status, html } = await get(`?status=revoked&q=c&${query}`);
    expect([query, status, textOf(html).includes(only)]).toEqual([query, 400, true]);
    expect(html).toContain('<option value="revoked" selected="">ended</option>');
    expect((await get(`.csv?status=revoked&${query}`)).status).toBe(400);
  }
  for (const query of ['?status=&q=%20&owner=', '?never_used=false&canaries=true&no_expiry=1']) {
    const { status, html } = await get(query);
    expect([status, namesOf(html), chipsOf(html)]).toEqual([200, ['ci'], {}]);
  }
  expect((await get('?cursor=nonsense')).status).toBe(400);
});

it('says when nothing matched, and offers the file of that as well', async () => {
  await createToken(app, app.dev, { name: 'ci', expires_in: day });
  for (const query of ['?no_expiry=true', '?q=ci&status=revoked']) {
    const { html } = await get(query);
    expect(textOf(html)).toMatch(/0 (ended )?tokens match, as of 23 Nov 2026, \d\d:\d\d UTC ?\. Clear filters/);
    expect(html).toContain(`href="${path}.csv${query.replace('&', '&amp;')}" download`);
    expect((await get(`.csv${query}`)).html.trim().split('\n')).toHaveLength(1);
  }
});

it('offers the order by the last use only for a list that can have it', async () => {
  await createToken(app, app.dev, { name: 'ci' });
  expect((await get('')).html).toContain('<option value="-last_used">Used last</option>');
  const offered = (total: number, sort?: string) =>
    String(OrderField({ values: { ...(sort && { sort }) }, errors: {}, total })).match(/last_used/g)?.length;
  expect([offered(10_000), offered(10_001), offered(10_001, 'last_used')]).toEqual([2, undefined, 1]);
});

it('keeps the filters on further pages', async () => {
  for (let index = 0; index < 60; index += 1) await createToken(app, app.dev, { name: `n${index}`, expires_in: null });
  const { html } = await get('?no_expiry=true&q=n');
  expect(namesOf(html)).toHaveLength(50);
  const next = /rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(next).toMatch(/^\/organization\/tokens\?q=n&no_expiry=true&cursor=/);
  const second = await openConsole(app, auditor).get(next);
  expect(namesOf(second.html)).toEqual(['n9', 'n8', 'n7', 'n6', 'n5', 'n4', 'n3', 'n2', 'n1', 'n0']);
});

it('counts the tokens that match, and those that need attention, each a filter that keeps the owner', async () => {
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  for (const name of ['one', 'two']) await createToken(app, app.dev, { name, expires_in: 3 * day });
  const turned = await createAccountToken(app, app.dev, 'ci', { name: 'turned', expires_in: null });
  await app.ask(`/api/v1/tokens/${turned.id}/rotate`, { as: app.dev, json: { overlap: 3600 } });
  const { id } = await createToken(app, app.root, { name: 'later', expires_in: 90 * day });
  await app.store.transaction((store) =>
    store.usage.addDenied([newDenied(id, { at: app.clock.now() })], app.clock.now()),
  );
  const lineOf = (html: string) => /<p class="attention">.*?<\/p>/s.exec(html)?.[0] ?? '';
  const linksOf = (html: string) =>
    [...lineOf(html).matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));

  const all = await get('');
  expect(textOf(lineOf(all.html))).toBe(
    '4 tokens 2 expire within 7 days 1 denied in 24 hours 1 has two values 1 never expires',
  );
  const lists = await Promise.all(linksOf(all.html).map((href) => openConsole(app, auditor).get(href)));
  expect(lists.map(({ html }) => namesOf(html))).toEqual([['two', 'one'], ['later'], ['turned'], ['turned']]);
  // The other numbers would be about tokens that the list leaves out.
  expect(lists.map(({ html }) => textOf(lineOf(html)))).toEqual([
    ...['2 tokens match', '1 token matches', '1 token matches', '1 token matches'],
  ]);

  const ofDev = await get('?owner=dev%40example.com');
  expect(textOf(lineOf(ofDev.html))).toBe('2 tokens 2 expire within 7 days');
  expect(linksOf(ofDev.html)).toEqual([`${path}?owner=dev%40example.com&expiring_within=604800`]);
  expect(lineOf((await get('?unused_for=soon')).html)).toBe('');

  const own = await openConsole(app, app.dev).get('/profile/api-tokens');
  expect(textOf(lineOf(own.html))).toBe('2 tokens 2 expire within 7 days');
  const [href = ''] = linksOf(own.html);
  expect(href).toBe('/profile/api-tokens?expiring_within=604800');
  await createToken(app, app.dev, { name: 'later', expires_in: 90 * day });
  const filtered = await openConsole(app, app.dev).get(href);
  expect(namesOf(filtered.html)).toEqual(['two', 'one']);
  expect(chipsOf(filtered.html)).toEqual({ 'Expires within 7 days': '/profile/api-tokens' });
});

it('sorts by the headings of its columns and by a field, and keeps the order in its links', async () => {
  await createToken(app, app.dev, { name: 'b', expires_in: 5 * day });
  await createToken(app, app.dev, { name: 'A', expires_in: null });
  await createToken(app, app.dev, { name: 'c', expires_in: 2 * day });
  expect(namesOf((await get('')).html)).toEqual(['c', 'A', 'b']);
  const byName = (await get('?sort=name&q=')).html;
  expect(namesOf(byName)).toEqual(['A', 'b', 'c']);
  expect(byName).toContain(`aria-sort="ascending"><a href="${path}?sort=-name">Name`);
  expect(byName).toContain('<option value="name" selected="">Name</option>');
  expect(byName).toContain(`href="${path}?sort=name&amp;expiring_within=604800"`);
  expect(byName).not.toContain('Remove the filter');
  expect(namesOf((await get('?sort=expires')).html)).toEqual(['c', 'b', 'A']);
  const filtered = (await get('?sort=-expires&expiring_within=604800')).html;
  expect(namesOf(filtered)).toEqual(['b', 'c']);
  expect(chipsOf(filtered)).toEqual({ 'Expires within 7 days': `${path}?sort=-expires` });
  expect((await get('?sort=owner')).status).toBe(400);
  const own = await openConsole(app, app.dev).get('/profile/api-tokens?sort=-name');
  expect(namesOf(own.html)).toEqual(['c', 'b', 'A']);
});

it('finds the owner of a prefix, also of an old value, from the field for names', async () => {
  const { id, prefix } = await createToken(app, app.dev, { name: 'deploy' });
  await app.ask(`/api/v1/tokens/${id}/rotate`, { as: app.dev, json: { overlap: 0 } });
  expect(textOf((await get('')).html)).toContain('Name or prefix');
  const { status, location } = await get(`?q=${prefix}`);
  expect([status, location]).toEqual([303, `/search?q=${prefix}`]);
  const found = textOf((await openConsole(app, auditor).get(location ?? '')).html);
  expect(found).toContain('deploy');
  expect(found).toContain('dev@example.com');
  expect((await get('?q=nothing')).status).toBe(200);
  const own = openConsole(app, app.dev);
  expect(textOf((await own.get('/search?q=tok_00000000')).html)).toContain(
    'To find out who owns the token of somebody else, ask an Organization Superuser: root@example.com.',
  );
});

it('finds a prefix from every field for names of tokens', async () => {
  const { prefix } = await createToken(app, app.dev, { name: 'deploy' });
  const { id } = await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  await createAccountToken(app, app.root, 'ci', { name: 'build' });
  await createToken(app, app.root, { name: 'root' });
  for (const [reader, path] of [
    [app.dev, '/profile/api-tokens'],
    [app.dev, `/organization/service-accounts/${id}`],
    [app.dev, '/profile/api-tokens?status=revoked'],
    [app.root, '/organization/tokens?status=revoked'],
    [app.root, `/organization/team/${app.dev.id}`],
  ] as const) {
    const browser = openConsole(app, reader);
    expect(textOf((await browser.get(path)).html), path).toContain('Name or prefix');
    const { status, location } = await browser.get(`${path}${path.includes('?') ? '&' : '?'}q=${prefix}`);
    expect([status, location], path).toEqual([303, `/search?q=${prefix}`]);
    expect((await browser.get(location ?? '')).html).toContain('deploy');
  }
});
