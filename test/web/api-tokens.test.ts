import { expect, it, onTestFinished } from 'vitest';
import type { Config } from '../../server/config/config.ts';
import { createToken, type Member, openTestApp, type TestApp, verdict } from '../helpers/app/app.ts';
import { type Browser, formsOf, messageAt, openConsole, textOf } from '../helpers/console/pages.ts';
import { newToken } from '../store/contract/records.ts';

const tokens = '/profile/api-tokens';
const day = 24 * 60 * 60;

async function open(settings: Partial<Config> = {}) {
  const app = await openTestApp(settings);
  onTestFinished(app.close);
  return { app, browser: openConsole(app, app.dev) };
}

/** Opens the form for a new token, fills it in and submits it. */
async function create(browser: Browser, fields: Record<string, string>) {
  await browser.get(`${tokens}?dialog=create`);
  return browser.submit(tokens, { expires: 'never', ...fields });
}

const listOf = (app: TestApp, member: Member) =>
  app.store.tokens.list({ limit: 1000, before: null, ownerId: member.id, now: app.clock.now() });

const valueIn = (html: string) => /tok_[0-9A-Za-z]{38}/.exec(html)?.[0] ?? '';

/** Inserts tokens directly into the database. `Token 1` is the oldest. */
async function addTokens(app: TestApp, count: number): Promise<void> {
  await app.store.transaction(async (store) => {
    for (let i = 1; i <= count; i += 1) {
      await store.tokens.insert(
        newToken(app.dev.id, { name: `Token ${i}`, nameFolded: `token ${i}`, description: null }),
        1000,
      );
    }
  });
}

it('explains what a token is for to a member without tokens, beside the only button', async () => {
  const { browser } = await open();
  const page = await browser.get(tokens);
  expect(page.status).toBe(200);
  expect(page.headers.get('cache-control')).toBe('no-store');
  expect(page.html).toMatch(/^<!DOCTYPE html>/);
  expect(textOf(page.html)).toContain('You have no tokens yet.');
  expect(textOf(page.html)).toContain('lets a script or another program call');
  expect(page.html.split(`href="${tokens}?dialog=create"`)).toHaveLength(2);
  expect(page.html).not.toContain('<table');
});

it('lists a token with its details, and with exact times on demand', async () => {
  const { app, browser } = await open();
  const used = await createToken(app, app.dev, { name: 'ci', description: 'Builds', expires_in: 90 * day });
  await createToken(app, app.dev, { name: 'idle' });
  app.clock.advance(3 * 60_000);
  const use = { method: 'GET', path: '/builds/42', ip: '203.0.113.9', userAgent: 'curl/8' };
  await app.store.tokens.recordUses([{ tokenId: used.id, at: app.clock.now() - 60_000, ...use }]);

  const { html } = await browser.get(tokens);
  const [first = '', second = ''] = [...html.matchAll(/<tr>.*?<\/tr>/gs)].slice(1).map(([row]) => row);
  expect(textOf(first)).toMatch(
    /^idle no rules no rules never expires never used tok_\w{8} tok_\w{8} Open Rotate Edit Pause Revoke$/,
  );
  expect(textOf(second)).toMatch(
    /^ci Builds no rules no rules 21 Feb 2027 1 minute ago GET \/builds\/42 203\.0\.113\.9 tok_\w{8} tok_\w{8} Open Rotate Edit Pause Revoke$/,
  );
  expect(second).toContain('data-exact="23 Nov 2026, 16:22 UTC"');
  expect(second).toContain(used.prefix);
});

it('keeps bidirectional control characters in a path from reordering the IP address beside it', async () => {
  const { app, browser } = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  for (const path of ['/\u202E1.2.3.4', `/\u202E${'y'.repeat(900)}`]) {
    app.clock.advance(60_000);
    const use = { at: app.clock.now(), method: 'GET', path, ip: '203.0.113.9', userAgent: null };
    await app.store.tokens.recordUses([{ tokenId: id, ...use }]);
    const { html } = await browser.get(tokens);
    expect(html.replaceAll(/<bdi[^>]*>[^<]*<\/bdi>| title="[^"]*"/g, '')).not.toContain('\u202E');
    expect(html).toContain('/\u202E');
  }
});

it('pages through 500 tokens, each once, newest first', async () => {
  const { app, browser } = await open();
  await addTokens(app, 500);
  const names: string[] = [];
  let pages = 0;
  for (let href: string | undefined = tokens; href !== undefined; pages += 1) {
    const { html } = await browser.get(href);
    names.push(...[...html.matchAll(/<th scope="row"><a [^>]*>(.*?)<\/a>/g)].map(([, name = '']) => name));
    href = /rel="next" href="([^"]*)"/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  expect(pages).toBe(10);
  expect(names).toEqual(Array.from({ length: 500 }, (_, index) => `Token ${500 - index}`));
});

it('searches the member’s own tokens by part of the name, in any case and without wildcards', async () => {
  const { app, browser } = await open();
  for (const name of ['CI Pipeline', '100%', 'Straße']) await createToken(app, app.dev, { name });
  await createToken(app, app.root, { name: 'ci of root' });
  const found = async (q: string) => {
    const { html } = await browser.get(`${tokens}?q=${encodeURIComponent(q)}`);
    return [...html.matchAll(/<th scope="row"><a [^>]*>(.*?)<\/a>/g)].map(([, name]) => name);
  };
  expect(await found('ci')).toEqual(['CI Pipeline']);
  expect(await found(' PIPE ')).toEqual(['CI Pipeline']);
  expect(await found('%')).toEqual(['100%']);
  expect(await found('STRASSE')).toEqual(['Straße']);
  expect(await found('_')).toEqual([]);
  expect(await found('   ')).toHaveLength(3);
  expect(await found('x'.repeat(60_000))).toEqual([]);

  const nothing = await browser.get(`${tokens}?q=nothing`);
  expect(textOf(nothing.html)).toContain('None of your tokens match.');
  expect(nothing.html).toMatch(/name="q" type="search"[^>]* value="nothing"/);
});

it('keeps the search on further pages, in dialogs and after revoking', async () => {
  const { app, browser } = await open();
  await addTokens(app, 160);
  const first = await browser.get(`${tokens}?q=token+1`);
  const next = /rel="next" href="([^"]*)"/.exec(first.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  expect(next).toMatch(/^\/profile\/api-tokens\?q=token\+1&cursor=[\w-]+$/);
  const second = await browser.get(next);
  expect(second.html).not.toContain('rel="next"');
  const dialog = /href="([^"]*dialog=revoke[^"]*)"/.exec(second.html)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const { html } = await browser.get(dialog);
  const action = formsOf(html).find((form) => form.action.includes('/revoke'))?.action ?? '';
  expect((await browser.submit(action)).location).toEqual(messageAt(next, 'token-revoked'));
});

it('rejects an invalid cursor', async () => {
  const { browser } = await open();
  expect((await browser.get(`${tokens}?cursor=nonsense`)).status).toBe(400);
});

it('shows a new token’s value once, in the response to the form', async () => {
  const { app, browser } = await open();
  const made = await create(browser, { name: 'ci', description: 'Builds', expires: String(30 * day) });
  expect(made.status).toBe(200);
  expect(made.headers.get('cache-control')).toBe('no-store');
  const value = valueIn(made.html);
  expect(made.html.split(value)).toHaveLength(2);
  expect(made.html).toMatch(new RegExp(`<input id="value"[^>]* value="${value}" readonly[^>]* data-secret`));
  expect(made.html).toMatch(/<button type="button"[^>]* data-copy="value"[^>]* hidden/);
  expect(textOf(made.html)).toContain("can't be recovered");
  expect(textOf(made.html)).toContain(
    `"$TOKENS_TOKEN" | curl --include --header @- 'https://tokens.example.com/api/v1/token'`,
  );
  expect(await verdict(app, value)).toBe(200);

  const [token] = await listOf(app, app.dev);
  expect(token).toMatchObject({ name: 'ci', description: 'Builds', expiresAt: app.clock.now() + 30 * day * 1000 });
  const [mail] = await app.mails();
  expect(mail?.text).toContain('ci');
  expect(mail?.text).toMatch(/console/i);

  for (const path of [tokens, `${tokens}?dialog=create`, `${tokens}?dialog=revoke&id=${token?.id}`, '/profile']) {
    expect((await browser.get(path)).html, path).not.toContain(value);
  }
  expect(app.logLines.join('\n')).not.toContain(value);
});

it('creates nothing and shows no value when the same form is sent again', async () => {
  const { app, browser } = await open();
  await browser.get(`${tokens}?dialog=create`);
  const page = await browser.get(`${tokens}?dialog=create`);
  const fields = {
    ...formsOf(page.html).find(({ action }) => action === tokens)?.hidden,
    name: 'ci',
    expires: 'never',
  };
  const value = valueIn((await browser.post(tokens, fields)).html);

  const again = await browser.post(tokens, fields);
  expect(again.status).toBe(200);
  expect(again.headers.get('cache-control')).toBe('no-store');
  expect(textOf(again.html)).toContain('The value was already shown');
  expect(again.html).not.toContain(value);
  expect(again.html).not.toContain('data-secret');
  const made = await listOf(app, app.dev);
  expect(made).toHaveLength(1);

  const changed = await browser.post(tokens, { ...fields, name: 'other' });
  expect(changed.status).toBe(409);
  expect(textOf(changed.html)).toContain('To create another token, send the form again.');
  expect((await browser.submit(tokens, { name: 'other', expires: 'never' })).status).toBe(200);

  await app.services.tokens.revoke(await callerOf(app, app.dev), made[0]?.id ?? '');
  const gone = await browser.post(tokens, fields);
  expect(gone.status).toBe(200);
  expect(textOf(gone.html)).toContain('has since been revoked');
  expect(await listOf(app, app.dev)).toHaveLength(1);
});

it('creates a token for each opened form, also if its idempotency key is missing or invalid', async () => {
  const { app, browser } = await open();
  for (const name of ['one', 'two']) expect((await create(browser, { name })).status).toBe(200);
  for (const key of ['', 'x'.repeat(10_000), '\u0000']) {
    expect((await create(browser, { name: `key ${key.length}${key.charCodeAt(0)}`, key })).status).toBe(200);
  }
  expect(await listOf(app, app.dev)).toHaveLength(5);
});

it('shows a rejected form again with its values and errors, and creates nothing', async () => {
  const { app, browser } = await open({ maxTokensPerUser: 2 });
  await createToken(app, app.dev, { name: 'taken' });
  const refusals: Array<[Record<string, string>, number, string]> = [
    [{ name: 'TAKEN' }, 409, 'You already have a token with this name.'],
    [{ name: '  ' }, 400, 'A name must not be empty.'],
    [{ name: 'x'.repeat(65) }, 400, 'A name must have at most 64 characters.'],
    [{ name: 'zero\u200bwidth' }, 400, 'must not contain control'],
    [{ name: 'a', description: 'x'.repeat(501) }, 400, 'A description must have at most 500 characters.'],
    [{ name: 'a', expires: 'date', date: '' }, 400, 'Choose the date'],
    [{ name: 'a', expires: 'date', date: '2027-02-30' }, 400, 'Choose the date'],
    [{ name: 'a', expires: 'date', date: '23.11.2027' }, 400, 'Choose the date'],
    [{ name: 'a', expires: 'date', date: '2026-11-22' }, 400, 'must be in the future'],
    [{ name: 'a', expires: '' }, 400, 'Choose when the token expires.'],
    [{ name: 'a', expires: '-5' }, 400, 'Choose when the token expires.'],
    [{ name: 'a', expires: '0' }, 400, 'at least 1 second'],
    [{ name: 'a', expires: '9999999999' }, 400, 'at most 100 years'],
  ];
  for (const [fields, status, message] of refusals) {
    const page = await create(browser, { description: 'kept', ...fields });
    expect(page.status, message).toBe(status);
    expect(textOf(page.html)).toContain(message);
    expect(page.html).toContain('<dialog open');
    expect(page.html).toContain('role="alert"');
    expect(page.html).toContain(`value="${fields.name}"`);
    expect(page.html).toContain(`value="${fields.description ?? 'kept'}"`);
    expect(valueIn(page.html)).toBe('');
  }
  expect(await listOf(app, app.dev)).toHaveLength(1);

  await create(browser, { name: 'TAKEN' });
  expect((await browser.submit(tokens, { name: 'free', expires: 'never' })).status).toBe(200);
  const full = await create(browser, { name: 'third' });
  expect(full.status).toBe(409);
  expect(textOf(full.html)).toContain('You have reached the limit of 2 tokens.');
});

it('expires a token at the end of the chosen date in UTC, which may be today', async () => {
  const { app, browser } = await open();
  for (const date of ['2026-11-23', '2028-02-29']) {
    expect((await create(browser, { name: date, expires: 'date', date })).status).toBe(200);
    const [token] = await listOf(app, app.dev);
    expect(token?.expiresAt).toBe(Date.parse(`${date}T23:59:59.999Z`));
  }
});

it('offers and accepts only lifetimes that the policy allows, and preselects its default', async () => {
  const offered = async (settings: Partial<Config>) => {
    const { app, browser } = await open(settings);
    const { html } = await browser.get(`${tokens}?dialog=create`);
    const choices = [...html.matchAll(/<input type="radio" name="expires" value="(\w+)"( checked)?/g)];
    const [, first, last] = /type="date"[^>]* min="([^"]*)"(?: max="([^"]*)")?/.exec(html) ?? [];
    for (const [, value = ''] of choices) {
      const date = last ?? '2026-11-23';
      expect((await create(browser, { name: value, expires: value, date })).status, value).toBe(200);
    }
    const beyond = await create(browser, { name: 'beyond', expires: 'never' });
    return {
      values: choices.map(([, value]) => value),
      preselected: choices.filter(([, , checked]) => checked).map(([, value]) => value),
      days: [first, last],
      never: beyond.status === 200,
      made: (await listOf(app, app.dev)).length,
    };
  };
  expect(await offered({})).toMatchObject({
    values: [`${30 * day}`, `${90 * day}`, `${365 * day}`, 'never', 'date'],
    preselected: [`${90 * day}`],
    days: ['2026-11-23', undefined],
    never: true,
  });
  expect(await offered({ maxExpiry: 100 * day, defaultExpiry: 30 * day })).toMatchObject({
    values: [`${30 * day}`, `${90 * day}`, 'date'],
    preselected: [`${30 * day}`],
    days: ['2026-11-23', '2027-03-02'],
    never: false,
  });
  expect(await offered({ maxExpiry: 60 * day })).toMatchObject({
    values: [`${30 * day}`, `${60 * day}`, 'date'],
    preselected: [`${60 * day}`],
  });
  expect(await offered({ maxExpiry: 3600 })).toMatchObject({ values: ['3600'], preselected: ['3600'], made: 1 });
  expect(await offered({ defaultExpiry: 12 * 3600 })).toMatchObject({ preselected: ['43200'] });
});

it('tells a member without the permission whom to ask, and shows the tokens as blocked', async () => {
  const { app, browser } = await open();
  const { token } = await createToken(app, app.dev, { name: 'ci' });
  await app.addMember({ email: 'second@example.com', superuser: true });
  const gone = await app.addMember({ email: 'gone@example.com', superuser: true });
  await app.store.users.setDisabled(gone.id, true);
  await browser.get(`${tokens}?dialog=create`);
  await app.store.users.setCanManageTokens(app.dev.id, false);

  const refused = await browser.submit(tokens, { name: 'new', expires: 'never' });
  expect(refused.status).toBe(403);
  expect(textOf(refused.html)).toContain('Ask an Organization Superuser to grant it');

  for (const path of [tokens, `${tokens}?dialog=create`]) {
    const { html } = await browser.get(path);
    expect(textOf(html)).toContain('Your tokens are blocked');
    expect(textOf(html)).toContain('Ask an Organization Superuser to grant it: root@example.com, second@example.com.');
    expect(textOf(html)).toMatch(/ci blocked Owner without permission no rules .* tok_\w{8} Open Revoke/);
    expect(html).not.toContain('Create token');
    expect(html).not.toContain('<dialog');
  }
  expect(await verdict(app, token)).toBe('blocked');
});

it('asks for confirmation, then revokes the token and reports it', async () => {
  const { app, browser } = await open();
  const { id, token, prefix } = await createToken(app, app.dev, { name: 'ci' });
  const use = { at: app.clock.now(), method: 'GET', path: '/builds', ip: '203.0.113.9', userAgent: null };
  await app.store.tokens.recordUses([{ tokenId: id, ...use }]);

  const dialog = await browser.get(`${tokens}?dialog=revoke&id=${id}`);
  const text = textOf(dialog.html.slice(dialog.html.indexOf('<dialog')));
  expect(text).toContain('Revoke “ci”?');
  expect(text).toContain(prefix);
  expect(text).toContain('GET /builds 203.0.113.9');
  expect(text).toContain('stops working immediately');
  expect(dialog.html).toContain(`data-close="${tokens}#actions-${id}"`);
  expect(await verdict(app, token)).toBe(200);

  const done = await browser.submit(`${tokens}/${id}/revoke`);
  expect(done.status).toBe(303);
  expect(done.location).toEqual(messageAt(tokens, 'token-revoked'));
  expect(await verdict(app, token)).toBe('revoked');
  const page = await browser.get(done.location ?? '');
  expect(textOf(page.html)).toContain('was revoked. Requests that use it are now denied.');
  expect(textOf(page.html)).toContain('You have no tokens yet.');
});

it('returns the same 404 for another member’s token and for one that does not exist', async () => {
  const { app, browser } = await open();
  const { id, token } = await createToken(app, app.root, { name: 'secret plans' });
  const { hidden = {} } = formsOf((await browser.get(tokens)).html)[0] ?? {};
  const answers = new Set<string>();
  for (const target of [id, '019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b', 'nonsense', "' OR 1=1 --"]) {
    const shown = await browser.get(`${tokens}?dialog=revoke&id=${encodeURIComponent(target)}`);
    const posted = await browser.post(`${tokens}/${encodeURIComponent(target)}/revoke`, hidden);
    for (const { status, html } of [shown, posted]) {
      expect(status).toBe(404);
      answers.add(textOf(html).replace(/[0-9a-f-]{36}/, ''));
    }
  }
  expect(answers.size).toBe(1);
  expect([...answers][0]).not.toContain('secret plans');
  expect(await verdict(app, token)).toBe(200);
});

it('names the owner when a superuser opens another member’s token', async () => {
  const { app } = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  const { html } = await openConsole(app, app.root).get(`${tokens}?dialog=revoke&id=${id}`);
  expect(textOf(html)).toContain('Owner dev@example.com');
});

it('escapes names, descriptions, paths and user agents on every page', async () => {
  const { app, browser } = await open();
  const payloads = ['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', "'-alert(1)-'", '</dialog></table>'];
  for (const [index, payload] of payloads.entries()) {
    const { id } = await createToken(app, app.dev, { name: payload, description: `${payload} ${'long '.repeat(50)}` });
    const use = { method: 'GET', path: `/${payload}${'y'.repeat(900)}`, ip: payload, userAgent: payload };
    await app.store.tokens.recordUses([{ tokenId: id, at: app.clock.now(), ...use }]);
    const pages = [
      await browser.get(tokens),
      await browser.get(`${tokens}?q=${encodeURIComponent(payload)}&cursor=`),
      await browser.get(`${tokens}?q=a&dialog=revoke&id=${id}&done=${encodeURIComponent(payload)}`),
      await create(browser, { name: payload, description: payload, expires: payload, date: payload, key: payload }),
      await create(browser, { name: `${index}${payload}` }),
    ];
    for (const { html } of pages) {
      expect(html).not.toMatch(/<script>|<img|alert\(1\)-'|<\/dialog><\/table>/);
      expect(html.match(/<script/g)).toHaveLength(1);
    }
    expect(pages.map(({ html }) => html.includes(escaped(payload)))).toEqual([true, true, true, true, true]);
  }
});

it('changes nothing for a form without our form token or from another site', async () => {
  const { app, browser } = await open();
  const { id, token } = await createToken(app, app.dev, { name: 'ci' });
  const page = await browser.get(`${tokens}?dialog=create`);
  const { hidden = {} } = formsOf(page.html).find(({ action }) => action === tokens) ?? {};
  const stranger = openConsole(app);
  const foreign = formsOf((await stranger.get('/login')).html)[0]?.hidden.form_token ?? '';
  const attempts: Array<[Record<string, string>, Record<string, string>]> = [
    [{ form_token: '' }, {}],
    [{ form_token: 'x'.repeat(43) }, {}],
    [{ form_token: foreign }, {}],
    [{}, { 'Sec-Fetch-Site': 'cross-site' }],
    [{}, { 'Sec-Fetch-Site': 'same-site' }],
    [{}, { 'Sec-Fetch-Site': 'none' }],
    [{}, { 'Sec-Fetch-Site': '' }],
    [{}, { 'Sec-Fetch-Site': '', Origin: 'null' }],
    [{}, { 'Sec-Fetch-Site': '', Origin: 'https://evil.example' }],
    [{}, { 'Sec-Fetch-Site': '', Origin: 'https://tokens.example.com.evil.example' }],
  ];
  for (const [fields, headers] of attempts) {
    for (const path of [tokens, `${tokens}/${id}/revoke`]) {
      const answer = await browser.post(path, { ...hidden, name: 'new', expires: 'never', ...fields }, headers);
      expect(answer.status, JSON.stringify([path, fields, headers])).toBe(403);
    }
  }
  expect(await listOf(app, app.dev)).toHaveLength(1);
  expect(await verdict(app, token)).toBe(200);

  const ours = { 'Sec-Fetch-Site': '', Origin: 'https://tokens.example.com' };
  expect((await browser.post(tokens, { ...hidden, name: 'new', expires: 'never' }, ours)).status).toBe(200);
});

it('sends a visitor to sign in and then back to the page', async () => {
  const { app } = await open();
  const stranger = openConsole(app);
  const { status, location } = await stranger.get(`${tokens}?q=ci&dialog=create`);
  expect([status, location]).toEqual([303, `/login?next=${encodeURIComponent(`${tokens}?q=ci&dialog=create`)}`]);
  await stranger.get(location ?? '');
  const entered = await stranger.submit('/login', { email: app.dev.email, password: app.dev.password });
  expect(entered.location).toBe(`${tokens}?q=ci&dialog=create`);
  expect((await stranger.get(entered.location ?? '')).html).toContain('<dialog open');

  const posted = await openConsole(app).post(tokens, { name: 'new', expires: 'never' });
  expect([posted.status, posted.location]).toEqual([303, '/login']);
  expect(await listOf(app, app.dev)).toEqual([]);
});

function escaped(text: string): string {
  const references: Record<string, string> = { '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return text.replace(/[<>"']/g, (character) => references[character] ?? '');
}

async function callerOf(app: TestApp, member: Member) {
  const found = await app.services.sessions.authenticate(member.session);
  if (found === null) throw new Error('The session has ended.');
  const clientInfo = { ip: null, userAgent: null };
  return { user: found.user, sessionId: found.session.id, clientInfo, channel: 'console' as const };
}
