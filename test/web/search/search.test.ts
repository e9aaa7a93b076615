import { afterEach, beforeEach, expect, it } from 'vitest';
import { containsSecret } from '../../../server/domain/search/secrets.ts';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';
import { useOf } from '../../store/contract/records.ts';

let app: TestApp;
let auditor: Member;
beforeEach(async () => {
  app = await openTestApp();
  auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
});
afterEach(() => app.close());

const open = (text: string, as: Member = app.root) =>
  openConsole(app, as).get(`/search?${new URLSearchParams({ q: text })}`);

/** Returns the names of the results, by kind. */
function resultsOf(html: string): Record<string, string[]> {
  const sections = [...html.matchAll(/<h2 id="[a-z-]+">([^<]*)<\/h2><ul class="results">(.*?)<\/ul>/gs)];
  return Object.fromEntries(
    sections.map(([, kind = '', list = '']) => [
      kind,
      [...list.matchAll(/<li><a href="[^"]*"><bdi>(.*?)<\/bdi>/g)].map(([, name = '']) => name),
    ]),
  );
}

const find = async (text: string, as?: Member) => resultsOf((await open(text, as)).html);

it('finds tokens, service accounts, members and apps, for superusers and auditors', async () => {
  await createServiceAccount(app, 'grafana-bot');
  await createAccountToken(app, app.root, 'grafana-bot', { name: 'hourly' });
  await createToken(app, app.dev, { name: 'my-grafana', description: 'Dashboards' });
  await addApp(app.store, { name: 'grafana' });
  await app.addMember({ email: 'grafana.fan@example.com' });
  const everything = {
    Tokens: ['my-grafana', 'hourly'],
    'Service accounts': ['grafana-bot'],
    Members: ['grafana.fan@example.com'],
    Apps: ['grafana'],
  };
  for (const as of [app.root, auditor]) expect(await find('GRAFANA', as)).toEqual(everything);
  const { html } = await open('grafana');
  expect(html).toContain(`<a href="/organization/team/${app.dev.id}">dev@example.com</a>`);
  expect(html).toMatch(/service account <a href="\/organization\/service-accounts\/[0-9a-f-]+">grafana-bot<\/a>/);
  expect(await find('dashboards')).toEqual({ Tokens: ['my-grafana'] });
  expect(await find('service-account:graf')).toEqual({ Tokens: ['hourly'], 'Service accounts': ['grafana-bot'] });
});

it('marks a canary whose value was used', async () => {
  const { id } = await createToken(app, app.dev, { name: 'trap', canary: true });
  expect((await open('trap')).html).not.toContain('canary used');
  await app.store.tokens.recordUses([useOf(id, { at: app.clock.now() })]);
  expect((await open('trap')).html).toContain('<span class="badge danger">canary used</span>');
});

it('finds the tokens of a member by the beginning of their name or address', async () => {
  await createToken(app, app.dev, { name: 'one' });
  await createToken(app, app.root, { name: 'another' });
  expect(await find('dev@example.com')).toEqual({ Tokens: ['one'], Members: ['dev@example.com'] });
  expect(await find('dev@')).toEqual({ Tokens: ['one'], Members: ['dev@example.com'] });
  expect((await open('dev@')).html).toContain('href="/organization/tokens?owner=dev%40example.com"');
});

it('shows the same name first, then names that begin with the text, then the others', async () => {
  for (const name of ['my-deploy', 'deploy', 'deploy-2', 'a-deploy']) await createToken(app, app.dev, { name });
  expect((await find('deploy')).Tokens).toEqual(['deploy', 'deploy-2', 'a-deploy', 'my-deploy']);
});

it('finds a token by the beginning of its prefix, and by the prefix before its rotation', async () => {
  const { id, prefix } = await createToken(app, app.dev, { name: 'rotated' });
  await createToken(app, app.dev, { name: 'other' });
  await app.ask(`/api/v1/tokens/${id}/rotate`, { method: 'POST', as: app.dev, json: {} });
  for (const as of [app.root, auditor, app.dev]) {
    expect(await find(prefix, as)).toEqual({ Tokens: ['rotated'] });
    expect(await find(prefix.slice(0, -2), as)).toEqual({ Tokens: ['rotated'] });
    expect(textOf((await open(prefix, as)).html)).toContain(`before a rotation ${prefix}`);
  }
});

it('shows ten results of a kind, and leads to the list of all that match', async () => {
  for (let n = 0; n < 12; n += 1) await createToken(app, app.dev, { name: `build & test ${n}` });
  const { html } = await open('build & test');
  expect(resultsOf(html).Tokens).toHaveLength(10);
  expect(html).toContain('href="/organization/tokens?q=build+%26+test"');
  const own = await open('build', app.dev);
  expect(textOf(own.html)).toContain('There are more. Add characters to the search.');
  expect(own.html).not.toContain('/organization/tokens');
});

it('finds only what is theirs for other members', async () => {
  await createServiceAccount(app, 'deploy-own', { maintainers: [app.dev] });
  await createServiceAccount(app, 'deploy-other');
  await createAccountToken(app, app.root, 'deploy-own', { name: 'deploy-kept' });
  const foreign = await createAccountToken(app, app.root, 'deploy-other', { name: 'deploy-hidden' });
  await createToken(app, app.dev, { name: 'deploy-mine' });
  const ofRoot = await createToken(app, app.root, { name: 'deploy-root' });
  await addApp(app.store, { name: 'deploy-app' });
  await app.addMember({ email: 'deploy@example.com' });
  expect(await find('deploy', app.dev)).toEqual({
    Tokens: ['deploy-mine', 'deploy-kept'],
    'Service accounts': ['deploy-own'],
  });
  for (const text of [foreign.prefix, ofRoot.prefix, 'root@example.com', 'deploy-hidden', 'deploy-app', ofRoot.id]) {
    expect(await find(text, app.dev)).toEqual({});
  }
  expect(await find('dev@example.com', app.dev)).toEqual({ Tokens: ['deploy-mine'] });
  expect((await open('dev@example.com', app.dev)).html).not.toContain('href="/organization/team/');
  expect(await find('tok_', app.dev)).toEqual({ Tokens: ['deploy-mine', 'deploy-kept'] });
});

it('finds tokens that ended by name and prefix, for those who could see them', async () => {
  await createServiceAccount(app, 'ci', { maintainers: [app.dev] });
  const own = await createToken(app, app.dev, { name: 'old-pipeline' });
  const kept = await createAccountToken(app, app.root, 'ci', { name: 'old-nightly' });
  const foreign = await createToken(app, app.root, { name: 'old-secret' });
  await app.ask(`/api/v1/tokens/${own.id}/rotate`, { method: 'POST', as: app.dev, json: {} });
  for (const { id } of [own, kept, foreign])
    expect((await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' })).status).toBe(204);
  for (const as of [app.root, auditor]) {
    expect(await find('old-', as)).toEqual({ 'Ended tokens': ['old-secret', 'old-nightly', 'old-pipeline'] });
    expect(await find(foreign.prefix, as)).toEqual({ 'Ended tokens': ['old-secret'] });
  }
  expect(await find('old-', app.dev)).toEqual({ 'Ended tokens': ['old-nightly', 'old-pipeline'] });
  expect(await find(foreign.prefix, app.dev)).toEqual({});
  const { html } = await open(own.prefix, app.dev);
  expect(textOf(html)).toContain(`before a rotation ${own.prefix}`);
  expect(html).toContain(`href="/profile/api-tokens/${own.id}"`);
  const page = await openConsole(app, app.dev).get(`/profile/api-tokens/${own.id}`);
  expect(textOf(page.html)).toContain('old-pipeline');
  await app.store.tokens.purgeTombstones(app.clock.now() + 1, 10);
  expect(await find('old-')).toEqual({});
});

it('finds nothing of a service account after its maintainer was removed', async () => {
  const { id } = await createServiceAccount(app, 'deploy', { maintainers: [app.dev] });
  await createAccountToken(app, app.root, 'deploy', { name: 'nightly' });
  expect(await find('nightly', app.dev)).toEqual({ Tokens: ['nightly'] });
  await app.store.transaction((store) => store.serviceAccounts.removeMaintainer(id, app.dev.id));
  expect(await find('nightly', app.dev)).toEqual({});
  expect(await find('deploy', app.dev)).toEqual({});
});

it('searches nothing for an empty text, and says what can be found', async () => {
  for (const text of ['', '   ', '\u0000', '\u0000\n']) {
    const { status, html } = await open(text);
    expect([status, resultsOf(html)]).toEqual([200, {}]);
    expect(textOf(html)).toContain('Search for the name, description, owner or prefix');
  }
});

it('says what it finds of tokens from trusts, and leads readers of everything to the audit log if nothing matches', async () => {
  const href = '<a href="/organization/audit?target=no+where%26">';
  for (const reader of [app.root, auditor, app.dev]) {
    const { html } = await open('no where&', reader);
    expect(textOf(html)).toContain('A token that a job obtained through a trust is found by its prefix only.');
    expect(html.includes(href)).toBe(reader !== app.dev);
  }
  expect(textOf((await open('')).html)).not.toContain('look in the audit log');
});

it('takes hostile texts as texts', async () => {
  await createToken(app, app.dev, { name: '50%' });
  await createToken(app, app.dev, { name: '<b>bold' });
  const texts = ['%%', '_', '*', '\\', "'", '"', '--', '(', '[', '$', 'a\u0000b', '\ud800', '\u202e', '😀'];
  for (const text of texts) expect((await open(text)).status).toBe(200);
  expect(await find('%')).toEqual({ Tokens: ['50%'] });
  expect(await find('0_')).toEqual({});
  const { html } = await open('<b>bold');
  expect(html).not.toContain('<b>');
  expect(resultsOf(html).Tokens).toEqual(['&lt;b&gt;bold']);
});

it('rejects a text of more than 200 characters, and does not repeat it', async () => {
  for (const length of [202, 10_000]) {
    const { status, html } = await open('ab '.repeat(length).slice(0, length));
    expect(status).toBe(400);
    expect(textOf(html)).toContain('A search can have at most 200 characters.');
    expect(html).not.toContain('ab ab');
  }
  expect((await open('x'.repeat(200))).status).toBe(200);
});

/** Returns texts that contain a value, as people copy it. */
const copiesOf = (value: string) => [
  value,
  ` ${value} `,
  `"${value}"`,
  `Bearer ${value}`,
  `Authorization: Token ${value}`,
  `https://api.example.com/?key=${value}&x=1`,
  `export TOKEN='${value}'`,
  `${value.slice(0, 20)}\n${value.slice(20)}`,
  `${value.slice(0, 20)} ${value.slice(20)}`,
  `${value.slice(0, 9)}\u200b${value.slice(9)}`,
  `x${value}`,
  value.slice(0, -1),
  value.slice(0, 26),
];

it('refuses values and other secrets, and keeps them out of the address, the page and the log', async () => {
  const { token: value } = await createToken(app, app.dev, { name: 'pasted' });
  const old = `old_${'a'.repeat(30)}B2`;
  const secrets = [...copiesOf(value), old, app.dev.session, `whsec_${'ab+/'.repeat(11)}`];
  for (const secret of secrets) {
    for (const as of [app.root, app.dev, undefined]) {
      for (const query of [{ q: secret }, { q: 'harmless', x: secret }, { q: secret, refused: 'value' }]) {
        const shown = await openConsole(app, as).get(`/search?${new URLSearchParams(query)}`);
        expect([secret, shown.status, shown.location]).toEqual([secret, 303, '/search?refused=value']);
        expect(shown.html).not.toContain(secret.slice(12, 40));
      }
    }
  }
  const logged = [...app.logLines, JSON.stringify(await app.store.audit.list({ limit: 100, before: null }))].join('\n');
  expect(logged).not.toContain(value.slice(12));
  const { html } = await openConsole(app, app.dev).get('/search?refused=value');
  expect(textOf(html)).toContain('The address contained the value of a token or another secret');
});

it('refuses no name, address or prefix', () => {
  for (const text of [
    'tok_8fK2b1Qz',
    'tok_',
    'ci-pipeline',
    'prod_cluster_frankfurt_backup_nightly',
    'service-account:deploy_production',
    'a_name-of-a-token-with-many-words-in-it',
    'maximilian.wolfeschlegelsteinhausenbergerdorff@subsidiary.example.com',
    '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a00',
  ]) {
    expect([text, containsSecret(text)]).toEqual([text, false]);
  }
});

it('has a field that refuses the same texts without script', async () => {
  const { token: value } = await createToken(app, app.dev, { name: 'pasted' });
  const { html } = await open('');
  const field = /<input[^>]*id="find"[^>]*>/.exec(html)?.[0] ?? '';
  const pattern = new RegExp(`^(?:${/ pattern="([^"]*)"/.exec(field)?.[1]})$`, 'v');
  // An input has one line. Of a value in two parts, the server checks both together.
  const whole = copiesOf(value).filter((text) => !/[\n\u200b]|\w{5} \w{5}/.test(text.replace('Bearer ', '')));
  expect(whole.length).toBeGreaterThan(7);
  for (const text of whole) expect([text, pattern.test(text)]).toEqual([text, false]);
  for (const text of ['tok_8fK2b1Qz', 'ci-pipeline', '', 'a@example.com']) expect(pattern.test(text)).toBe(true);
  for (const attribute of ['autocomplete="off"', 'spellcheck="false"', 'maxlength="200"']) {
    expect(field).toContain(attribute);
  }
});

it('turns the key off and on in the account menu, and remembers it in the browser', async () => {
  const browser = openConsole(app, app.dev);
  const hasKey = (html: string) => html.includes('<kbd hidden="">') && html.includes('aria-keyshortcuts="/"');
  expect(hasKey((await browser.get('/profile')).html)).toBe(true);
  const { location } = await browser.submit('/profile/search-key', { key: 'off' });
  expect(location).toBe('/profile');
  expect(hasKey((await browser.get('/profile')).html)).toBe(false);
  await browser.submit('/profile/search-key', { key: 'sideways' });
  expect(hasKey((await browser.get('/profile')).html)).toBe(false);
  await browser.submit('/profile/search-key', { key: 'on' });
  expect(hasKey((await browser.get('/profile')).html)).toBe(true);
});

it('leads from an app to its page', async () => {
  const { id } = await addApp(app.store, { name: 'grafana' });
  await addApp(app.store, { name: 'wiki' });
  const { html } = await open('graf');
  expect(html).toContain(`href="/organization/apps/${id}"`);
  const page = textOf((await openConsole(app, auditor).get(`/organization/apps/${id}`)).html);
  expect(page).toContain('grafana');
  expect(page).not.toContain('wiki');
});
