import { parse } from 'csv-parse/sync';
import { expect, it, onTestFinished } from 'vitest';
import { describeUserAgent } from '../../server/domain/user-agent.ts';
import { StoreUnavailable } from '../../server/store/errors.ts';
import { actionTexts } from '../../server/web/audit/sentences.ts';
import { auditActions } from '../../shared/audit-actions.ts';
import type { AuditEvent } from '../../shared/schemas/audit.ts';
import { createToken, type Member, openTestApp } from '../helpers/app/app.ts';
import { startTestServer } from '../helpers/app/http.ts';
import { storeKey, storeServiceAccount } from '../helpers/app/management-key.ts';
import { openConsole, sessionCookieName, textOf } from '../helpers/console/pages.ts';

const path = '/organization/audit';

async function open() {
  const app = await openTestApp();
  onTestFinished(app.close);
  return { ...app, console: openConsole(app, app.root) };
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Returns time, label, sentence and client of each event, and after the sentence what changed, if anything did. */
async function rows(app: Pick<Opened, 'console'>, query = '', from = path): Promise<string[][]> {
  const { status, html } = await app.console.get(`${from}${query}`);
  expect(status).toBe(200);
  const lists = [...html.matchAll(/<ol>(.*?)<\/ol>/gs)].map(([, list = '']) => list);
  return [...lists.join('').matchAll(/<li>(.*?)<\/summary>/gs)].map(([, row = '']) =>
    [...row.matchAll(/<(a|span class="(?:badge|said|sub))\b.*?(?=<\/?(?:a|details|summary|span)\b|$)/gs)].map(
      ([cell]) => textOf(cell),
    ),
  );
}

const download = async (app: Opened, extension: string, query = '') =>
  (await app.console.get(`${path}.${extension}${query}`)).html;
const csvOf = async (app: Opened, query = ''): Promise<Array<Record<string, string>>> =>
  parse(await download(app, 'csv', query), { bom: true, columns: true });

async function writeEvents(app: Pick<Opened, 'store'>, count: number): Promise<void> {
  const [some] = await app.store.audit.list({ limit: 1, before: null });
  if (some === undefined) throw new Error('There is no event to copy.');
  await app.store.transaction(async (store) => {
    for (let i = 0; i < count; i += 1) {
      const id = `019ab2c4-5f7e-7c3a-8000-${String(i).padStart(12, '0')}`;
      await store.audit.insert({ ...some, id, target: { ...some.target, name: `event ${i}` } });
    }
  });
}

it('says who did what, when and with what, newest first, under a heading for each day', async () => {
  const app = await open();
  const headers = { 'User-Agent': 'tokens/1 <b>' };
  await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci' }, headers, ip: '198.51.100.4' });
  app.clock.advance(8 * 60 * 60 * 1000);
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { name: 'D' } });
  const { id } = await createToken(app, app.dev, { name: 'laptop' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  expect(await rows(app)).toEqual([
    ['00:20:00', 'Revoked', 'root@example.com revoked token laptop of dev@example.com', '203.0.113.9'],
    ['00:20:00', 'Created', 'D created token laptop', 'dev@example.com · 203.0.113.9'],
    ['00:20:00', 'Renamed', 'root@example.com changed the name of dev@example.com', '203.0.113.9'],
    ['16:20:00', 'Created', 'D created token ci', 'dev@example.com · tokens 1 · 198.51.100.4'],
  ]);
  const { html } = await app.console.get(path);
  expect([...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, day]) => day)).toEqual(['24 Nov 2026', '23 Nov 2026']);
});

it('names the management key beside its service account, in the list and in both files, and filters by the account', async () => {
  const app = await open();
  const { headers } = await storeKey(app, await storeServiceAccount(app, 'platform'), ['users:write']);
  await createToken(app, app.dev, { name: 'ci' });
  await app.ask(`/api/v1/users/${app.dev.id}`, { headers, method: 'PATCH', json: { name: 'D' } });
  const query = '?user=service-account%3Aplatform';
  const actor = 'service-account:platform';
  expect((await rows(app, query)).map(([, , sentence]) => sentence)).toEqual([
    `${actor} (terraform) changed the name of dev@example.com`,
  ]);
  const common = {
    actor_kind: 'service-account',
    actor_email: actor,
    actor_token: 'terraform',
    action: 'user.renamed',
  };
  expect(await csvOf(app, query)).toMatchObject([common]);
  expect(JSON.parse(await download(app, 'json', query))).toMatchObject([
    { actor: { email: actor, token: 'terraform' } },
  ]);
  expect((await app.console.get(`${path}?user=service-account%3Aother`)).status).toBe(400);
});

it('shows the escaped email address of a failed sign-in', async () => {
  const app = await open();
  await app.ask('/api/v1/sessions', { json: { email: '<img src=x onerror=alert(1)>@example.com', password: 'x' } });
  const { html } = await app.console.get(path);
  expect(html).not.toContain('<img');
  expect((await rows(app))[0]?.[2]).toBe('Somebody failed to sign in as <img src=x onerror=alert(1)>@example.com');
});

it('filters by person, action and whole days in UTC', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'early' });
  app.clock.advance(8 * 60 * 60 * 1000);
  const { id } = await createToken(app, app.root, { name: 'late' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  const found = async (query: string) => (await rows(app, query)).map(([, , sentence]) => sentence);
  const [early, late, revoked] = [
    'dev@example.com created token early',
    'root@example.com created token late',
    'root@example.com revoked token late',
  ];
  expect(await found('?user=&action=&from=&until=')).toEqual([revoked, late, early]);
  expect(await found('?user=+DEV@example.com+')).toEqual([early]);
  expect(await found(`?user=${app.dev.id}`)).toEqual([early]);
  expect(await found('?action=token.revoked')).toEqual([revoked]);
  expect(await found('?actor=root@example.com&owner=root@example.com&target=late&action=token.revoked')).toEqual([
    revoked,
  ]);
  expect(await found('?actor=dev@example.com&owner=root@example.com')).toEqual([]);
  expect(await found('?ip=203.0.113.0%2F24&until=2026-11-23')).toEqual([early]);
  expect(await found('?ip=198.51.100.4')).toEqual([]);
  expect(await found('?from=2026-11-24')).toEqual([revoked, late]);
  expect(await found('?until=2026-11-23')).toEqual([early]);
  expect(await found('?from=2026-11-23&until=2026-11-24&action=token.created')).toEqual([late, early]);
  const empty = await app.console.get(`${path}?user=dev@example.com&action=user.demoted`);
  expect(textOf(empty.html)).toContain('No events match.');
  expect(empty.html).toContain('value="dev@example.com"');
  const unknown = await app.console.get(`${path}?user=nobody@example.com`);
  expect([unknown.status, textOf(unknown.html)]).toEqual([
    400,
    expect.stringContaining('No member or service account has or had this address or name.'),
  ]);
  expect(unknown.html).toContain('value="nobody@example.com"');
});

it('says what each event changed in the line of the event: values, and what a list of rules gained and lost', async () => {
  const app = await open();
  const { id } = await createToken(app, app.dev, { name: 'ci', expires_in: 60 * 86_400, allow: ['GET /a', 'GET /b'] });
  const edit = (json: object) => app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'PATCH', json });
  const change = async (json: object) => {
    expect((await edit(json)).status).toBe(200);
    return (await rows(app))[0]?.slice(2, -1);
  };
  const said = 'dev@example.com changed token ci';
  expect(await change({ allow: ['GET /b', 'POST /c'] })).toEqual([
    said,
    'Allowed requests: added POST /c ; removed GET /a',
  ]);
  expect(await change({ allow: ['GET /b', 'POST /c', 'GET /d', 'GET /e', 'GET /f'] })).toEqual([
    said,
    'Allowed requests: added GET /d , GET /e and 1 more',
  ]);
  expect(await change({ description: 'new', read_only: true, networks: ['192.0.2.0/24'], apps: [] })).toHaveLength(2);
  expect(await change({ expires_in: 90 * 86_400 })).toEqual([said, 'Expires: 22 Jan 2027 → 21 Feb 2027']);
});

it('opens all fields of an event below its line, with its address, the raw user agent and all changes', async () => {
  const app = await open();
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
  const { id } = await createToken(app, app.dev, { name: 'ci' });
  const [allow, headers] = [['GET /a', 'GET /b', 'GET /c', 'GET /d'], { 'User-Agent': agent }];
  await app.ask(`/api/v1/tokens/${id}`, { as: app.dev, method: 'PATCH', json: { allow }, headers });
  const [event] = await app.store.audit.list({ limit: 1, before: null });
  const { html } = await app.console.get(path);
  const [, line = '', panel = ''] = /<summary>(.*?)<\/summary>(.*?)<\/details>/s.exec(html) ?? [];
  expect(textOf(line)).toContain('Chrome on Linux');
  expect(textOf(line)).not.toContain('Mozilla');
  for (const part of ['GET /d', 'token.changed', app.dev.id, id, 'dev@example.com', '203.0.113.9', agent])
    expect(textOf(panel)).toContain(part);
  expect(panel).toContain(`href="${path}/${event?.id}"`);
});

it('calls members who acted by their names, with their addresses beside them', async () => {
  const app = await open();
  await app.ask(`/api/v1/users/${app.dev.id}`, { as: app.root, method: 'PATCH', json: { name: '<Ada> Byron' } });
  await createToken(app, app.dev, { name: 'ci' });
  const [row] = await rows(app);
  expect(row?.slice(2)).toEqual(['<Ada> Byron created token ci', 'dev@example.com · 203.0.113.9']);
  const [event] = await app.store.audit.list({ limit: 1, before: null });
  const { html } = await app.console.get(`${path}/${event?.id}`);
  expect(textOf(html)).toContain('Actor <Ada> Byron , dev@example.com');
});

it('shows an error beside an invalid filter field and keeps the other values', async () => {
  const app = await open();
  for (const query of [
    'from=yesterday',
    'until=2026-02-30',
    'from=2026-11-24&until=2026-11-23',
    'action=token.exploded',
    'from=2026-11-23T00:00:00Z',
    'ip=10.0.0.0/40',
    'actor=a',
  ]) {
    const shown = await app.console.get(`${path}?user=ada&${query}`);
    expect(shown.status, query).toBe(400);
    expect(shown.html, query).toMatch(/<p class="error" id="(user|from|until|action|ip)-error">/);
    expect(shown.html, query).toContain('value="ada"');
    expect((await app.console.get(`${path}.csv?user=ada&${query}`)).status).toBe(400);
    expect((await app.console.get(`${path}.json?user=ada&${query}`)).status).toBe(400);
  }
  expect((await app.console.get(`${path}?cursor=nope`)).status).toBe(400);
});

it('pages through the filtered events, each once', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 120);
  const seen: string[] = [];
  let query = '?action=token.created';
  for (;;) {
    const { html } = await app.console.get(`${path}${query}`);
    seen.push(...(await rows(app, query)).map(([, , sentence = '']) => sentence));
    const next = /rel="next" href="\/organization\/audit([^"]*)"/.exec(html)?.[1];
    if (next === undefined) break;
    query = next.replaceAll('&amp;', '&');
    expect(query).toContain('action=token.created');
  }
  expect(new Set(seen).size).toBe(121);
  expect(seen).toHaveLength(121);
});

it('downloads a JSON array of the API’s event objects, for any number of events', async () => {
  const app = await open();
  expect(JSON.parse(await download(app, 'json'))).toEqual([]);
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 401);
  const api = (await (await app.ask('/api/v1/audit?limit=200', { as: app.root })).json()) as { items: AuditEvent[] };
  const all = JSON.parse(await download(app, 'json')) as AuditEvent[];
  expect(all).toHaveLength(402);
  expect(all.slice(0, 200)).toEqual(api.items);
  expect(new Set(all.map(({ id }) => id)).size).toBe(402);
  await writeEventsUpTo(app, 600);
  expect(JSON.parse(await download(app, 'json'))).toHaveLength(600);
  expect(JSON.parse(await download(app, 'json', '?action=user.demoted'))).toEqual([]);
});

/** Adds events until there are `count`. */
async function writeEventsUpTo(app: Opened, count: number): Promise<void> {
  const all = await app.store.audit.list({ limit: 1000, before: null });
  for (let i = all.length; i < count; i += 1) {
    const [some] = all;
    if (some !== undefined)
      await app.store.audit.insert({ ...some, id: `019ab2c4-5f7e-7c3a-9000-${String(i).padStart(12, '0')}` });
  }
}

it('downloads a CSV file with one header and one line per filtered event', async () => {
  const app = await open();
  expect(await csvOf(app)).toEqual([]);
  const headers = { Cookie: `${sessionCookieName(app)}=${app.root.session}` };
  const bytes = await (await app.ask(`${path}.csv`, { headers })).arrayBuffer();
  expect(Buffer.from(bytes).toString()).toBe(
    '\ufeffid,at,actor_kind,actor_id,actor_email,action,target_kind,target_id,target_name,ip,user_agent,target_owner,actor_token,url\r\n',
  );
  const { id } = await createToken(app, app.dev, { name: 'a "quoted", name' });
  await createToken(app, app.root, { name: 'other' });
  await writeEvents(app, 401);
  expect(await csvOf(app)).toHaveLength(403);
  expect(await csvOf(app, '?user=dev@example.com')).toEqual([
    {
      id: expect.any(String),
      at: '2026-11-23T16:20:00.000Z',
      actor_kind: 'user',
      actor_id: app.dev.id,
      actor_email: 'dev@example.com',
      action: 'token.created',
      target_kind: 'token',
      target_id: id,
      target_name: 'a "quoted", name',
      ip: '203.0.113.9',
      user_agent: '',
      target_owner: 'dev@example.com',
      actor_token: '',
      url: expect.stringMatching(/^https:\/\/[^/]+\/organization\/audit\/[0-9a-f-]{36}$/),
    },
  ]);
});

it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', "=cmd|' /C calc'!A0", '="a","b"', '＝1'])(
  'escapes the CSV cell %j, so that no spreadsheet runs it as a formula',
  async (text) => {
    const app = await open();
    await createToken(app, app.dev, { name: 'first' });
    const [some] = await app.store.audit.list({ limit: 1, before: null });
    if (some === undefined) throw new Error('There is no event.');
    await app.store.audit.insert({
      ...some,
      id: '019ab2c4-5f7e-7c3a-9000-000000000000',
      actor: { kind: 'anonymous', id: null, email: text },
      target: { ...some.target, name: text },
      userAgent: text,
    });
    const record = (await csvOf(app)).find(({ actor_kind }) => actor_kind === 'anonymous');
    expect(record).toMatchObject({ actor_email: `'${text}`, target_name: `'${text}`, user_agent: `'${text}` });
  },
);

it('names a download after the date and forbids caching it', async () => {
  const app = await open();
  const types = { csv: 'text/csv; charset=utf-8; header=present', json: 'application/json' };
  for (const [extension, type] of Object.entries(types)) {
    const { headers } = await app.console.get(`${path}.${extension}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': type,
      'content-disposition': `attachment; filename="audit-2026-11-23.${extension}"`,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
    });
  }
});

it('shows all fields of an event on a page of its own, to whom it concerns', async () => {
  const app = await open();
  const agent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36';
  const headers = { 'User-Agent': agent };
  const created = await app.ask('/api/v1/tokens', { as: app.dev, json: { name: 'ci' }, headers });
  const { id: token } = (await created.json()) as { id: string };
  await app.ask(`/api/v1/tokens/${token}`, { as: app.dev, method: 'PATCH', json: { description: 'For <b>CI</b>' } });
  await createToken(app, app.root, { name: 'other' });
  const [others, changed, first] = await app.store.audit.list({ limit: 3, before: null });
  const shown = async (id: string | undefined, as = app.dev) => {
    const { status, html } = await openConsole(app, as).get(`${path}/${id}`);
    return { status, text: textOf(html), html };
  };
  for (const as of [app.dev, app.root]) {
    const { status, text } = await shown(first?.id, as);
    expect(status).toBe(200);
    for (const part of ['created token ci', '23 Nov 2026, 16:20:00.000 UTC', token, 'Chrome on Linux', agent]) {
      expect(text).toContain(part);
    }
    expect(text).toContain(`/organization/audit/${first?.id}`);
  }
  expect((await shown(changed?.id)).text).toMatch(/Description\s*description – For <b>CI<\/b>/);
  expect((await shown(changed?.id, app.root)).html).toContain('href="/organization/audit?ip=203.0.113.9"');
  // A member who reads only their own events has no page to filter.
  expect((await shown(changed?.id)).html).not.toContain('href="/organization/audit?');
  for (const id of [others?.id, '019ab2c4-5f7e-7c3a-9000-000000000000', 'nothing']) {
    expect((await shown(id)).status, id).toBe(404);
  }
  expect((await shown(others?.id, app.root)).status).toBe(200);
});

it('shows members their own events under Activity, superusers too', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  const { id } = await createToken(app, app.dev, { name: 'devs' });
  await createToken(app, other, { name: 'others' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  const seen = async (as: Member) =>
    (await rows({ console: openConsole(app, as) }, '', '/profile/activity')).map(([, , sentence]) => sentence);
  expect(await seen(app.dev)).toEqual([
    'root@example.com revoked token devs of dev@example.com',
    'dev@example.com created token devs',
  ]);
  expect(await seen(app.root)).toContain('root@example.com revoked token devs of dev@example.com');
  expect(await seen(app.root)).not.toContain('other@example.com created token others');
});

it('filters Activity by target, action and days, and by nothing that would read the events of others', async () => {
  const app = await open();
  const other = await app.addMember({ email: 'other@example.com', can_manage_tokens: true });
  await createToken(app, app.dev, { name: 'early' });
  await createToken(app, other, { name: 'early' });
  app.clock.advance(8 * 60 * 60 * 1000);
  const { id } = await createToken(app, app.dev, { name: 'late' });
  await app.ask(`/api/v1/tokens/${id}`, { as: app.root, method: 'DELETE' });
  const [created, late] = ['dev@example.com created token early', 'dev@example.com created token late'];
  const revoked = 'root@example.com revoked token late of dev@example.com';
  const own = openConsole(app, app.dev);
  const found = async (query: string, console = own) =>
    (await rows({ console }, query, '/profile/activity')).map(([, , sentence]) => sentence);
  expect(await found('?target=&action=&from=&until=')).toEqual([revoked, late, created]);
  expect(await found('?target=early')).toEqual([created]);
  expect(await found('?action=token.revoked')).toEqual([revoked]);
  expect(await found('?from=2026-11-24&action=token.created')).toEqual([late]);
  expect(await found('?until=2026-11-23')).toEqual([created]);
  expect(await found('?actor=other@example.com&user=other@example.com&owner=x')).toEqual([revoked, late, created]);
  // A superuser reads only their own events here, too.
  expect(await found('?target=early', app.console)).toEqual([]);
  expect(await found('?target=late', app.console)).toEqual([revoked]);
  const refused = await own.get('/profile/activity?from=2026-11-24&until=2026-11-23');
  expect(refused.status).toBe(400);
  expect(textOf(refused.html)).toContain('Choose a day that is not before “From”.');
  expect(textOf((await own.get('/profile/activity?target=nothing')).html)).toContain('No events match.');
});

it('leads from the log to the events that were saved since, and from there to those after them', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'before' });
  const linkIn = (html: string) => /href="([^"]*\?after=[^"]*)"/.exec(html)?.[1] ?? 'none';
  const check = async (address: string) => {
    const { html } = await app.console.get(address);
    const [, heading] = /<h1>(.*?)<\/h1>/.exec(html) ?? [];
    return { heading, next: linkIn(html), names: await rows(app, '', address) };
  };
  const link = linkIn((await app.console.get(path)).html);
  expect(await check(link)).toEqual({ heading: 'No new events', next: link, names: [] });
  await createToken(app, app.dev, { name: 'one' });
  expect((await check(link)).heading).toBe('1 new event');
  await createToken(app, app.dev, { name: 'two' });
  const { heading, next, names } = await check(link);
  expect(heading).toBe('2 new events');
  expect(names.map(([, , sentence]) => sentence)).toEqual([
    'dev@example.com created token two',
    'dev@example.com created token one',
  ]);
  expect((await check(next)).heading).toBe('No new events');
  await writeEvents(app, 201);
  expect((await check(next)).heading).toBe('200+ new events');
  // Without an ID, the page begins with the first event, and the number for the script is the same.
  expect((await check(`${path}?after=`)).heading).toBe('200+ new events');
  const numberOf = async (after: string) => JSON.parse((await app.console.get(`${path}/new.json?after=${after}`)).html);
  expect(await numberOf('')).toEqual({ count: 200, more: true });
  expect(await numberOf((await app.store.audit.listInOrder({ after: null, limit: 205 }))?.at(-1)?.id ?? '')).toEqual({
    ...{ count: 0, more: false },
  });
  // A filtered log cannot be followed.
  expect(linkIn((await app.console.get(`${path}?action=token.created`)).html)).toBe('none');
  for (const page of ['', '/new.json']) {
    const filtered = await app.console.get(`${path}${page}?after=&actor=dev`);
    expect([filtered.status, filtered.html.includes('created token')]).toEqual([400, false]);
    expect(filtered.html).toContain('New events cannot be filtered. Open Audit, and filter the log there.');
    expect((await app.console.get(`${path}${page}?after=&actor=`)).status).toBe(200);
  }
  const unknown = await app.console.get(`${path}?after=019ab2c4-5f7e-7c3a-9fff-000000000000`);
  expect(unknown.status).toBe(404);
  expect(textOf(unknown.html)).toContain('The event that these new events follow is not in the log. Open Audit again.');
  expect(textOf(unknown.html)).not.toContain('after=');
});

it.each(auditActions)('has a label and a sentence for %s, which follows the actor', (action) => {
  const { label, sentence } = actionTexts[action];
  expect(label).toMatch(/^[A-Z][a-z -]+$/);
  expect(sentence).toMatch(/^[a-z]/);
  expect(sentence).not.toMatch(/[.]$/);
  // Of sessions and of those who join, the actor is the target.
  expect(sentence.includes('{target}')).toBe(!/^session\.|^user\.joined$/.test(action));
  expect(sentence.replace(/\{(target|receiver)\}/g, '')).not.toMatch(/[{}]/);
});

it.each([
  ['Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0', 'Firefox on Windows'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15',
    'Safari on macOS',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/131.0 Mobile/15E148 Safari/604.1',
    'Chrome on iOS',
  ],
  [
    'Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36',
    'Samsung Internet on Android',
  ],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0',
    'Edge on Windows',
  ],
  ['curl/8.5.0', 'curl 8.5.0'],
  ['tokens/1.4.0 (linux; x64)', 'tokens 1.4.0'],
  ['Mozilla/5.0 (compatible)', 'Mozilla/5.0 (compatible)'],
  ['x'.repeat(50), `${'x'.repeat(40)}…`],
  ['', ''],
])('shows the user agent %j in short', (userAgent, short) => {
  expect(describeUserAgent(userAgent)).toBe(short);
});

it('rejects members who are not superusers', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'secret plans' });
  for (const address of [path, `${path}.csv`, `${path}.json`]) {
    const shown = await openConsole(app, app.dev).get(address);
    expect(shown.status, address).toBe(403);
    expect(shown.html, address).not.toContain('secret plans');
  }
});

async function fetchDownload(as: (server: Awaited<ReturnType<typeof startTestServer>>) => Member) {
  const server = await startTestServer();
  onTestFinished(server.stop);
  const headers = { Cookie: `${sessionCookieName(server)}=${as(server).session}` };
  return { server, fetch: () => fetch(`http://127.0.0.1:${server.port}${path}.csv`, { headers }) };
}

it('cuts the connection if the database fails during a download, so that a partial file never looks complete', async () => {
  const { server, fetch } = await fetchDownload(({ root }) => root);
  await createToken(server, server.dev, { name: 'first' });
  await writeEvents(server, 1500);
  const list = server.store.audit.list;
  let asked = 0;
  server.store.audit.list = (query) => {
    asked += 1;
    return asked > 5 ? Promise.reject(new StoreUnavailable('gone')) : list(query);
  };
  await expect(fetch().then((response) => response.text())).rejects.toThrow();
  expect(asked).toBe(6);
  expect(server.logLines.filter((line) => line.includes('audit download aborted'))).toHaveLength(1);
  expect((await fetch()).status).toBe(503);
});

it('reads further pages only as the client reads the download', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 2000);
  const list = app.store.audit.list;
  let asked = 0;
  app.store.audit.list = (query) => {
    asked += 1;
    return list(query);
  };
  const headers = { Cookie: `${sessionCookieName(app)}=${app.root.session}` };
  const response = await app.ask(`${path}.csv`, { headers });
  const reader = response.body?.getReader();
  await reader?.read();
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(asked).toBeLessThan(5);
  await reader?.cancel();
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toBeLessThan(6);
});

it('runs one query at a time for concurrent downloads', async () => {
  const app = await open();
  await createToken(app, app.dev, { name: 'first' });
  await writeEvents(app, 1000);
  const list = app.store.audit.list;
  let [asked, most] = [0, 0];
  app.store.audit.list = async (query) => {
    asked += 1;
    most = Math.max(most, asked);
    return list(query).finally(() => {
      asked -= 1;
    });
  };
  const files = await Promise.all(Array.from({ length: 10 }, () => csvOf(app)));
  expect(files.map((events) => events.length)).toEqual(files.map(() => expect.toSatisfy((count) => count > 1000)));
  expect(most).toBe(1);
});
