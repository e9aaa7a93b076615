import { describe, expect, it, onTestFinished } from 'vitest';
import { createToken, openTestApp, verdict } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const form = '/profile/api-tokens/new';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana' } });
  const browser = openConsole(app, app.dev);
  const listed = () => app.store.tokens.list({ limit: 10, before: null, ownerId: app.dev.id, now: app.clock.now() });
  return { app, browser, listed };
}

const link = (entries: ReadonlyArray<readonly [string, string]>) =>
  `${form}?${new URLSearchParams(entries.map(([name, value]): [string, string] => [name, value]))}`;

const everything = link([
  ['name', 'ci'],
  ['description', 'Builds'],
  ['expires', '45d'],
  ['app', 'grafana'],
  ['read_only', 'true'],
  ['allow', 'GET /api/**'],
  ['allow', 'HEAD /health'],
  ['from', '203.0.113.0/24'],
  ['self_rotate', 'true'],
]);

it('is filled in by a link, says so, marks the fields, and creates nothing by itself', async () => {
  const { app, browser, listed } = await open();
  const { status, html } = await browser.get(everything);
  expect(status).toBe(200);
  expect(textOf(html)).toContain('This form was filled in by a link. Check it. Nothing was created.');
  expect(html.match(/from the link/g)).toHaveLength(5);
  expect(html).toMatch(/name="name"[^>]* value="ci"/);
  expect(html).toMatch(/value="3888000"[^>]* checked/);
  expect(html).toContain('GET /api/**\nHEAD /health</textarea>');
  expect(await listed()).toEqual([]);

  const made = await browser.submit(form, {
    ...{ name: 'ci', description: 'Builds', expires: '3888000', apps: 'grafana', read_only: 'true' },
    ...{ allow: 'GET /api/**\nHEAD /health', networks: '203.0.113.0/24', self_rotate: 'true' },
  });
  const value = /id="value"[^>]* value="([^"]+)"/.exec(made.html)?.[1] ?? '';
  expect(await verdict(app, value)).toBe(200);
  expect(await listed()).toMatchObject([{ name: 'ci', selfRotate: true }]);
});

it('has no marks and no warning without parameters', async () => {
  const { browser } = await open();
  const { html } = await browser.get(form);
  expect(textOf(html)).not.toContain('filled in by a link');
  expect(html).not.toContain('from the link');
});

it.each([
  ['an unknown parameter', [['owner', 'root']], 'a parameter that this form does not know: owner.'],
  ['a parameter of the posted form', [['canary', 'true']], 'does not know: canary.'],
  ['a parameter with a strange name', [['<b>x', '1']], 'does not know: an unreadable one.'],
  ['an expiry that is none', [['expires', 'soon']], 'an expiry that this form does not accept'],
  ['an expiry beyond the years', [['expires', '999y']], 'an expiry that this form does not accept'],
  ['a flag that is neither', [['read_only', 'yes']], 'neither true nor false'],
  [
    'a repeated name',
    [
      ['name', 'a'],
      ['name', 'b'],
    ],
    'the parameter name more than once',
  ],
  ['a bad network', [['from', 'everywhere']], 'network'],
  ['a bad line', [['allow', 'GET api']], ''],
  ['a name that is too long', [['name', 'x'.repeat(65)]], 'at most 64 characters'],
  ['a huge value', [['description', 'x'.repeat(3000)]], 'The link is longer than 2000 characters.'],
] as const)('shows %s as an error, and creates nothing', async (_, entries, message) => {
  const { browser, listed } = await open();
  const { status, html } = await browser.get(link(entries));
  expect(status).toBe(200);
  expect(textOf(html)).toContain(message);
  expect(html).toMatch(/class="(note danger|error)"/);
  expect(html).not.toContain('<b>x');
  expect(await listed()).toEqual([]);
});

it('makes no link of a form that contains the value of a token', async () => {
  const { app, browser, listed } = await open();
  const { token: value, id } = await createToken(app, app.dev, { name: 'pasted' });
  for (const [field, entered] of [
    ['description', `like ${value}`],
    ['allow', `GET /${value}`],
  ] as const) {
    await browser.get(form);
    const { html } = await browser.submit(form, { name: 'ci', expires: '3888000', [field]: entered, link: 'true' });
    expect(textOf(html)).toContain('The form contains a token value or another secret, which must be in no link.');
    expect(html).not.toContain(`${app.config.publicUrl}${form}?`);
  }
  expect((await listed()).map((token) => token.id)).toEqual([id]);
});

it('never shows the value of a token that a link contains', async () => {
  const { app, browser } = await open();
  const { token: value } = (await (
    await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'leaked' } })
  ).json()) as { token: string };
  for (const name of ['name', 'description', 'allow', 'from', 'app', value]) {
    const { html } = await browser.get(link([[name, value]]));
    expect(html, name).not.toContain(value);
  }
});

it('makes the link of a form, which fills in the same form again', async () => {
  const { app, browser, listed } = await open();
  await browser.get(everything);
  const fields = {
    ...{ name: 'ci', description: 'Builds', expires: '3888000', apps: 'grafana', read_only: 'true', link: 'true' },
    ...{ allow: 'GET /api/**\nHEAD /health', networks: '203.0.113.0/24', self_rotate: 'true' },
  };
  const { html } = await browser.submit(form, fields);
  const made = /id="form-link"[^>]* value="([^"]+)"/.exec(html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(made.startsWith(`${app.config.publicUrl}${form}?name=ci&`)).toBe(true);
  expect(new URL(made).searchParams.getAll('allow')).toEqual(['GET /api/**', 'HEAD /health']);
  const again = await browser.get(made.slice(app.config.publicUrl.length));
  expect(again.html).toContain('GET /api/**\nHEAD /health</textarea>');
  expect(again.html).toMatch(/value="3888000"[^>]* checked/);
  expect(await listed()).toEqual([]);
  await browser.get(form);
  const long = await browser.submit(form, { ...fields, allow: `GET /${'x'.repeat(3000)}` });
  expect(textOf(long.html)).toContain('The link would be longer than 2000 characters.');
  expect(long.html).not.toContain('id="form-link"');
});

it.each([
  ['canary', 'true', 'A link cannot make a canary.'],
  ['observe', 'true', 'A link cannot leave out the enforcement of rules.'],
  ['network_mail', 'false', 'A link cannot turn off the mail about new networks.'],
])('makes no link of a form with the choice %s=%s, says why, and keeps the choice', async (choice, value, message) => {
  const { browser, listed } = await open();
  await browser.get(form);
  const { html } = await browser.submit(form, { name: 'trap', expires: '3888000', [choice]: value, link: 'true' });
  expect(textOf(html)).toContain(message);
  expect(html).not.toContain('id="form-link"');
  const box = new RegExp(`type="checkbox" name="${choice}"[^>]*>`).exec(html)?.[0] ?? '';
  expect(box.includes('checked')).toBe(value === 'true');
  expect(await listed()).toEqual([]);
});

it('returns to the link with its parameters after a sign-in', async () => {
  const { app } = await open();
  const visitor = openConsole(app);
  const { location } = await visitor.get(everything);
  expect(location).toBe(`/login?next=${encodeURIComponent(everything)}`);
  await visitor.get(location ?? '');
  const { email, password } = app.dev;
  const signedIn = await visitor.submit('/login', { email, password });
  expect(signedIn.location).toBe(everything);
});

it('says what wide rules mean, and warns of a token that never expires', async () => {
  const { browser } = await open();
  const shown = (html: string) => textOf(html.replaceAll(/<(span|p)[^>]* hidden=""[^>]*>.*?<\/\1>/gs, ''));
  const wide = shown((await browser.get(link([['expires', 'never']]))).html);
  expect(wide).toMatch(/This token can do everything that you can ?, in every app ?, from any network ?, for ever\./);
  expect(wide).toContain('A token that never expires works until somebody revokes it');
  const narrow = shown((await browser.get(everything)).html);
  expect(narrow).toMatch(
    /can only read what you can ?, only in the apps named above, if any ?, only with the requests above ?, only from the networks above ?, until it expires\./,
  );
  expect(narrow).not.toContain('A token that never expires works');
});

it('creates a token for a service account that the link names, only for those who may', async () => {
  const { app } = await open();
  await app.ask('/api/v1/service-accounts', { as: app.root, json: { name: 'ci' } });
  const browser = openConsole(app, app.root);
  const { html } = await browser.get(
    link([
      ['name', 'deploy'],
      ['service_account', 'ci'],
    ]),
  );
  expect(html).toMatch(
    /from the link<\/span><div class="field[\s\S]*?name="service_account"[\s\S]*?<option value="ci" selected=""/,
  );
  expect(html.match(/from the link/g)).toHaveLength(2);
  const made = await browser.submit(form, { name: 'deploy', expires: '3600', service_account: 'ci' });
  expect(textOf(made.html)).toContain('Value of deploy');
  const stranger = openConsole(app, app.dev);
  await stranger.get(
    link([
      ['name', 'deploy'],
      ['service_account', 'ci'],
    ]),
  );
  const refused = await stranger.submit(form, { name: 'deploy2', expires: '3600', service_account: 'ci' });
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(refused.html).not.toContain('data-secret');
});

it('says of a canary that its value never works, and of a service account that it acts as that', async () => {
  const { app, browser } = await open();
  const meaning = (html: string) =>
    textOf(
      /<p class="meaning".*?<\/p>/s.exec(html.replaceAll(/<span[^>]* hidden=""[^>]*>[^<]*<\/span>/g, ''))?.[0] ?? '',
    );
  await browser.get(form);
  // Without an expiry, the form comes back.
  const canary = await browser.submit(form, { name: 'trap', canary: 'true' });
  expect(canary.html).toMatch(/data-means="canary">This token can do nothing/);
  expect(canary.html).toMatch(/data-means="no-canary" hidden=""/);
  await app.ask('/api/v1/service-accounts', { as: app.root, json: { name: 'ci' } });
  const superuser = openConsole(app, app.root);
  expect(meaning((await superuser.get(`${form}?service_account=ci`)).html)).toContain(
    'do everything that the service account can',
  );
  expect(meaning((await superuser.get(`${form}?app=-`)).html)).toMatch(
    /everything that you can ?, only in the apps named above, if any/,
  );
});

describe('a value of a link that the server would refuse', () => {
  it.each([
    ['an app that does not exist', [['app', 'doesnotexist']], 'There is no app “doesnotexist”.'],
    ['a service account that does not exist', [['service_account', 'nope']], 'There is no such service account.'],
    ['an expiry in the past', [['expires', '2020-01-01']], 'The expiry must be in the future.'],
    ['an expiry beyond the policy', [['expires', '400d']], 'Tokens here must expire within 365 days.'],
    ['no expiry beside a policy', [['expires', 'never']], 'Tokens here must expire within 365 days.'],
    [
      'an expiry beyond the maximum of the app',
      [
        ['app', 'grafana'],
        ['expires', '45d'],
      ],
      'Tokens for grafana must expire within 30 days.',
    ],
    ['a name in use', [['name', 'In-Use']], 'You already have a token with this name.'],
    ['a name that looks like a prefix', [['name', 'tok_12345678']], 'A name must not look like the prefix of a token.'],
  ] as const)('is shown as an error: %s', async (_, entries, message) => {
    const app = await openTestApp({ maxExpiry: 365 * 86_400 });
    onTestFinished(app.close);
    await app.ask('/api/v1/apps', { as: app.root, json: { name: 'grafana', max_expiry: 30 * 86_400 } });
    await createToken(app, app.dev, { name: 'in-use' });
    const events = async () => (await app.store.audit.list({ limit: 100, before: null })).length;
    const before = await events();
    const { status, html } = await openConsole(app, app.dev).get(link(entries));
    expect(status).toBe(200);
    expect(textOf(html)).toContain(message);
    expect(textOf(html)).toContain('The server would refuse what the link says. Correct the fields below.');
    expect(await events()).toBe(before);
  });

  it('is shown as an error: rotation by the token without an expiry', async () => {
    const { browser } = await open();
    const { html } = await browser.get(
      link([
        ['self_rotate', 'true'],
        ['expires', 'never'],
      ]),
    );
    expect(textOf(html)).toContain('A token that rotates itself needs an expiry');
  });

  it('is none if the name is that of an expired token, and says nothing about fields that the link leaves out', async () => {
    const { app, browser } = await open();
    await createToken(app, app.dev, { name: 'old', expires_in: 60 });
    app.clock.advance(61_000);
    const { html } = await browser.get(
      link([
        ['name', 'old'],
        ['app', 'grafana'],
      ]),
    );
    expect(html).not.toContain('class="error"');
    expect(html).not.toContain('role="alert"');
  });
});

it('shows a member without the permission who can grant it, and no form, except for a service account', async () => {
  const { app } = await open();
  const member = await app.addMember({ email: 'blocked@example.com', can_manage_tokens: false });
  const refused = await openConsole(app, member).get(everything);
  expect(textOf(refused.html)).toContain('You need the permission “Can create and manage personal API tokens”');
  expect(textOf(refused.html)).toContain(`Ask an Organization Superuser to grant it: ${app.root.email}`);
  expect(refused.html).not.toContain(`action="${form}"`);
  await app.ask('/api/v1/service-accounts', { as: app.root, json: { name: 'ci', maintainers: [member.email] } });
  const shown = await openConsole(app, member).get(`${form}?service_account=ci`);
  expect(shown.html).toContain(`action="${form}"`);
});

it('leads a superuser without the permission to their own page', async () => {
  const { app } = await open();
  const superuser = await app.addMember({ email: 'second@example.com', superuser: true, can_manage_tokens: false });
  const { html } = await openConsole(app, superuser).get(form);
  expect(html).toContain(`href="/organization/team/${superuser.id}">Grant it to yourself`);
});

it('does not mark a field whose value in the link was refused', async () => {
  const { browser } = await open();
  const { html } = await browser.get(`${form}?name=ci&expires=soon`);
  expect(textOf(html)).toContain('The link has an expiry that this form does not accept.');
  expect(html.match(/from the link/g)).toHaveLength(1);
});
