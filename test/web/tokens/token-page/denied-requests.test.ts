import { expect, it, onTestFinished } from 'vitest';
import type { NewDeniedRequest } from '../../../../server/store/records.ts';
import { createToken, openTestApp } from '../../../helpers/app/app.ts';
import { openConsole, textOf } from '../../../helpers/console/pages.ts';
import { read } from '../../../http/token-changes/changes.ts';
import { addApp, deleteApp, rulesOf } from '../../../http/tokens/rules/gate.ts';
import { newDenied } from '../../../store/contract/records.ts';

const day = 86_400_000;

async function open(rules: Record<string, unknown> = {}) {
  const app = await openTestApp();
  onTestFinished(app.close);
  const wiki = await addApp(app, 'wiki');
  await addApp(app, 'grafana');
  const token = await createToken(app, app.dev, { name: 'ci', ...rules });
  const path = `/profile/api-tokens/${token.id}`;
  const deny = async (...requests: Array<Partial<NewDeniedRequest>>) => {
    const at = app.clock.now();
    const denied = requests.map((request, index) => newDenied(token.id, { at: at - index, ...request }));
    await app.store.transaction((store) => store.usage.addDenied(denied, at));
    return denied.map(({ id }) => `${path}?dialog=edit&allow=${id}#added`);
  };
  return { app, wiki, token, path, deny, browser: openConsole(app, app.dev) };
}

const escaped = (address: string) => `href="${address.replaceAll('&', '&amp;')}"`;

it('begins with the denied requests: when, why, which request, from where and for which app', async () => {
  const { wiki, path, deny, browser } = await open({ read_only: true });
  const hostile = '/<script>alert(1)</script>\u202e';
  await deny({
    ...{ reason: 'method', method: 'POST', path: hostile, appId: wiki },
    ...{ ip: '203.0.113.9', userAgent: '<b>curl</b>/8' },
  });
  const { html } = await browser.get(path);
  const text = textOf(html);
  for (const shown of [`POST ${hostile}`, 'App wiki', 'Method not allowed', '203.0.113.9', '<b>curl</b>/8']) {
    expect(text).toContain(shown);
  }
  expect(html).not.toContain('<script>alert');
  expect(html).toContain('<bdi>/&lt;script');
  expect(html.indexOf('id="denied"')).toBeLessThan(html.indexOf('class="facts"'));
});

it('says nothing about denied requests if there were none, and folds away those from long ago', async () => {
  const { app, path, deny, browser } = await open();
  expect((await browser.get(path)).html).not.toContain('enied request');
  const at = app.clock.now() - 8 * day;
  await deny({ reason: 'paused', at }, { reason: 'paused', at: at - 1 });
  const { html } = await browser.get(path);
  expect(html).not.toContain('<h2 id="denied"');
  expect(html).toContain('<details class="fold" id="denied">');
  expect(textOf(html)).toContain('2 denied requests, the last one 8 days ago');
});

it.each([
  ['app', { apps: ['grafana'] }, {}, 'wiki', { apps: ['grafana', 'wiki'] }],
  [
    'network',
    { networks: ['10.0.0.0/8'] },
    { ip: '203.0.113.9' },
    '203.0.113.9',
    { networks: ['10.0.0.0/8', '203.0.113.9'] },
  ],
  ['path', { allow: ['GET /a'] }, { path: '/b/7' }, 'POST /b/7', { allow: ['GET /a', 'POST /b/7'] }],
  ['method', { allow: ['GET /a'] }, { path: '/a' }, 'POST /a', { allow: ['GET /a', 'POST /a'] }],
  [
    'method',
    { read_only: true },
    { path: '/a' },
    'POST /a',
    {
      read_only: false,
      allow: ['GET,HEAD,OPTIONS,PROPFIND,REPORT,SEARCH,QUERY /**', 'POST /a'],
    },
  ],
] as const)(
  'offers to allow a request that was denied for its %s, and saves it only with the form',
  async (reason, rules, request, entry, expected) => {
    const { app, token, path, wiki, deny, browser } = await open(rules);
    const [href = ''] = await deny({ method: 'POST', appId: reason === 'app' ? wiki : null, ...request, reason });
    const before = rulesOf(await read(app, token.id));
    expect((await browser.get(path)).html).toContain(escaped(href));
    const { html } = await browser.get(href);
    // The note stands before the field with the line, receives the focus, and scrolls into sight.
    const field = { app: 'apps', network: 'networks' }[reason as string] ?? 'allow';
    expect(html.split('id="added"')[1]?.split('<label for="')[1]).toMatch(new RegExp(`^${field}"`));
    expect(html).toContain(`<code class="added">${entry}</code>`);
    expect(textOf(html)).toContain('Nothing is saved yet.');
    expect(rulesOf(await read(app, token.id))).toEqual(before);
    const shown = fieldsOf(html);
    const { status } = await browser.submit(`${path}/edit`, shown);
    expect(status).toBe(303);
    expect(rulesOf(await read(app, token.id))).toEqual({ ...before, ...expected });
    expect((await browser.get(path)).html, 'nothing is left to allow').not.toContain(escaped(href));
  },
);

it('offers nothing for what no exact rule can allow, and nothing that the token allows by now', async () => {
  const { app, wiki, path, deny, browser } = await open({ apps: ['grafana'], allow: ['GET /a'] });
  const links = await deny(
    { reason: 'path', path: '/a/../b' },
    { reason: 'path', path: '/b/*' },
    { reason: 'method', method: 'GET', path: '/a' },
    { reason: 'paused' },
    { reason: 'group', appId: wiki },
    { reason: 'app', appId: null },
    { reason: 'app', appId: wiki },
  );
  await deleteApp(app, wiki);
  const { html } = await browser.get(path);
  for (const link of links.slice(0, -1)) expect(html).not.toContain(escaped(link));
  // The link to allow an app that was deleted leads to the form without it.
  expect((await browser.get(links.at(-1) ?? '')).html).not.toContain('Nothing is saved yet.');
});

it('adds nothing by a link with the request of another token, or with a made-up one', async () => {
  const { app, token, path, deny, browser } = await open({ allow: ['GET /a'] });
  const other = await createToken(app, app.dev, { name: 'other', allow: ['GET /a'] });
  const [href = ''] = await deny({ reason: 'path', method: 'DELETE', path: '/b' });
  const id = new URL(href, 'https://tokens.example.com').searchParams.get('allow');
  for (const crafted of [
    `/profile/api-tokens/${other.id}?dialog=edit&allow=${id}`,
    `${path}?dialog=edit&allow=DELETE%20/b`,
  ]) {
    const { status, html } = await browser.get(crafted);
    expect(status).toBe(200);
    expect(html).not.toContain('DELETE /b</textarea>');
    expect(html).not.toContain('Nothing is saved yet.');
  }
  expect((await read(app, token.id)).allow).toEqual(['GET /a']);
});

it('offers a superuser, an auditor and the owner of a paused token nothing to allow', async () => {
  const { app, token, path, deny, browser } = await open({ allow: ['GET /a'] });
  const [href = ''] = await deny({ reason: 'path', path: '/b' });
  const auditor = await app.addMember({ email: 'auditor@example.com', auditor: true });
  for (const reader of [app.root, auditor]) {
    const { html } = await openConsole(app, reader).get(path);
    expect(html).toContain('id="denied"');
    expect(html).not.toContain(escaped(href));
  }
  const actor = { kind: 'user', id: app.dev.id, email: 'dev@example.com' } as const;
  await app.store.tokens.pause(token.id, { at: app.clock.now(), until: null, reason: null, actor, bySuperuser: false });
  expect((await browser.get(path)).html).not.toContain(escaped(href));
});

/** Returns what the form of an edit has when it is shown: text fields, text areas and boxes that are checked. */
function fieldsOf(html: string): Record<string, string> {
  const decode = (text: string) => text.replaceAll('&amp;', '&').replaceAll('&quot;', '"');
  const inputs = [...html.matchAll(/<input\b(?![^>]*type="hidden")[^>]*>/g)].flatMap(([input]) => {
    const value = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(input)?.[1];
    const isOff = value('type') === 'checkbox' && !/\bchecked\b/.test(input);
    return isOff ? [] : [[value('name') ?? '', decode(value('value') ?? '')]];
  });
  const areas = [...html.matchAll(/<textarea\b[^>]*name="(\w+)"[^>]*>([^<]*)<\/textarea>/g)];
  return Object.fromEntries([...inputs, ...areas.map(([, name = '', value = '']) => [name, decode(value)])]);
}

it('makes one row of a request that was denied several times in a row, and says what lets other requests through', async () => {
  const { path, deny, browser } = await open({ allow: ['GET /a'] });
  const repeated = { reason: 'path', path: '/b' };
  await deny(repeated, repeated, repeated, { reason: 'rotated', path: '/a' }, repeated);
  const { html } = await browser.get(path);
  const rows = [...html.matchAll(/<tr><th scope="row">.*?<\/tr>/gs)].map(([row]) => textOf(row));
  expect(rows).toEqual([
    expect.stringMatching(/^GET \/b Path not allowed .* 3 times in a row Allow this…$/),
    expect.stringMatching(/ended by a rotation Give the new value to the program that still has the old one\./),
    expect.stringMatching(/^GET \/b Path not allowed (?!.*times in a row)/),
  ]);
});

it('names the rule that denies a request, as long as it does, and says that an app is not registered', async () => {
  const { app, token, wiki, path, deny, browser } = await open({ apps: ['grafana'], networks: ['10.0.0.0/8'] });
  const reasons = async () => {
    const { html } = await browser.get(path);
    return [...html.matchAll(/<td data-label="Reason">.*?<\/td>/gs)].map(([cell]) => textOf(cell));
  };
  const unknown = 'It was for no registered app. Check the name of the app in the configuration of the proxy.';
  await deny({ reason: 'network', ip: '203.0.113.9' }, { reason: 'app', appId: wiki }, { reason: 'app', appId: null });
  expect(await reasons()).toEqual([
    'Network not allowed From: 10.0.0.0/8',
    'App not allowed App: grafana',
    `App not allowed ${unknown}`,
  ]);
  await app.ask(`/api/v1/tokens/${token.id}`, { method: 'PATCH', as: app.dev, json: { networks: null } });
  expect((await reasons())[0]).toBe('Network not allowed');
});

it('says that requests were denied before they are counted', async () => {
  const { path, deny, browser } = await open();
  await deny({ reason: 'sso-stale' }, { reason: 'sso-stale', path: '/b' });
  const text = textOf((await browser.get(path)).html);
  expect(text).toContain('0 uses in the last 30 days, and at least 2 denied.');
  expect(text).not.toContain('No use was counted');
  expect(text).toContain('The owner must sign in with single sign-on again.');
});

it('shows what is wrong before the description', async () => {
  const { path, deny, browser } = await open({ description: 'Builds the wiki' });
  await deny({ reason: 'method' });
  const { html } = await browser.get(path);
  expect(html.indexOf('id="denied"')).toBeLessThan(html.indexOf('Builds the wiki'));
  expect(html.indexOf('Builds the wiki')).toBeLessThan(html.indexOf('class="facts"'));
});
