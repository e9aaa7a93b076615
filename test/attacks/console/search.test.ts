import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createToken, type Member, openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { createAccountToken, createServiceAccount } from '../../helpers/app/service-accounts.ts';
import { openConsole } from '../../helpers/console/pages.ts';
import { addApp } from '../../store/contract/apps/apps.ts';
import { texts } from '../injection/payloads.ts';

let app: TestApp & { close: () => Promise<void> };
/** A member who wants to know what others have. */
let curious: Member;
/** Texts that belong to others: names, addresses, prefixes and IDs, of living and of ended tokens. */
const foreign: Record<string, string> = {};

beforeAll(async () => {
  app = await openTestApp();
  curious = await app.addMember({ email: 'curious@example.com', can_manage_tokens: true });
  await createToken(app, curious, { name: 'own' });
  const living = await createToken(app, app.root, { name: 'payroll', description: 'Salaries of everybody' });
  const { prefix: earlier } = living;
  await app.ask(`/api/v1/tokens/${living.id}/rotate`, { as: app.root, method: 'POST', json: {} });
  const ended = await createToken(app, app.root, { name: 'merger' });
  await app.ask(`/api/v1/tokens/${ended.id}`, { as: app.root, method: 'DELETE' });
  await createServiceAccount(app, 'treasury');
  const kept = await createAccountToken(app, app.root, 'treasury', { name: 'wires' });
  // This member is no superuser, because the page names the superusers to everybody.
  const other = await app.addMember({ email: 'grace@example.com' });
  const wiki = await addApp(app.store, { name: 'secret-app', hosts: ['secret.example.com'] });
  const current = (await app.store.tokens.findById(living.id))?.prefix ?? '';
  Object.assign(foreign, {
    ...{ name: 'payroll', 'part of a name': 'ayrol', description: 'Salaries' },
    ...{ prefix: current, 'part of a prefix': current.slice(0, -3), 'earlier prefix': earlier },
    ...{ 'name of an ended token': 'merger', 'prefix of an ended token': ended.prefix },
    ...{ 'service account': 'treasury', 'its address': 'service-account:treasury', 'its prefix': kept.prefix },
    ...{ member: 'grace@example.com', app: 'secret-app', host: 'secret.example.com' },
    ...{
      'ID of a token': living.id,
      'ID of an ended token': ended.id,
      'ID of an app': wiki.id,
      'ID of a member': other.id,
    },
  });
});
afterAll(() => app.close());

/** Returns what a member gets for a text, without the text itself and what is new on each page. */
async function answerTo(text: string): Promise<unknown[]> {
  const { status, headers, html } = await openConsole(app, curious).get(`/search?${new URLSearchParams({ q: text })}`);
  const escaped = text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  const shape = html
    .replaceAll(escaped, 'TEXT')
    .replaceAll(encodeURIComponent(text), 'TEXT')
    .replaceAll(new URLSearchParams({ q: text }).toString(), 'q=TEXT')
    .replaceAll(/name="form_token" value="[^"]*"/g, '');
  return [status, headers.get('content-type'), shape];
}

describe('a search of a member', () => {
  it('returns the same page for objects of others and for ones that do not exist', async () => {
    const nothing = await answerTo('zzzznothing');
    for (const [what, text] of Object.entries(foreign)) expect([what, await answerTo(text)]).toEqual([what, nothing]);
    expect(await answerTo('own'), 'the comparison sees a result').not.toEqual(nothing);
  });

  it('returns the same from the API by prefix, of tokens that exist and of those that ended', async () => {
    const ask = async (query: string) => {
      const response = await app.ask(`/api/v1/tokens?${query}`, { as: curious });
      return [response.status, await response.text()];
    };
    for (const status of ['', '&status=revoked']) {
      const nothing = await ask(`prefix=tok_zzzzzzzz${status}`);
      expect(nothing[0]).toBe(200);
      for (const key of ['prefix', 'earlier prefix', 'prefix of an ended token', 'its prefix'])
        expect(await ask(`prefix=${foreign[key]}${status}`)).toEqual(nothing);
    }
  });

  it('reads no row of others, for any text', async () => {
    const read: string[] = [];
    const watched = app.store.search;
    const own = await app.store.serviceAccounts.maintainedBy(curious.id);
    for (const text of [...Object.values(foreign), ...texts, '%', '_', '']) {
      const search = { text, folded: text.toLowerCase() };
      const owners = { ids: [curious.id, ...own], matching: [] };
      for (const { token } of await watched.tokensOf(search, owners, 100)) read.push(token.ownerId);
      for (const { token } of await watched.endedTokens(search, 100, owners.ids)) read.push(token.ownerId);
    }
    expect(new Set(read)).toEqual(new Set([curious.id]));
  });
});

describe('the text of a search', () => {
  it.each([...texts, '\u202egnp.exe', 'a\u0000b', '\ud800', '%00', "tok_' OR 1=1 --"])(
    'is only a text: %j',
    async (text) => {
      for (const as of [curious, app.root]) {
        const { status, html } = await openConsole(app, as).get(`/search?${new URLSearchParams({ q: text })}`);
        expect(status).toBe(200);
        expect(html).not.toMatch(/<(?:script>|img|svg onload|iframe|a href="\/\/evil)/);
        expect(html).not.toContain('onerror=window.pwned=1>');
        expect(html).not.toMatch(/ onmouseover='window/);
      }
    },
  );

  it('is examined for secrets in a time that does not grow with tricks', async () => {
    const tricks = [
      'a_'.repeat(7000),
      `${'ab1_'.repeat(3000)}x`,
      `tok_${'0'.repeat(14_000)}`,
      `${'"'.repeat(14_000)}_`,
    ];
    const begun = performance.now();
    for (const text of tricks) {
      const { status } = await openConsole(app, curious).get(`/search?${new URLSearchParams({ q: text })}`);
      expect(status).toBeLessThan(500);
    }
    expect(performance.now() - begun).toBeLessThan(5000);
  });

  it('that holds a value leaves no trace, for visitors too, in any parameter', async () => {
    const { token: value } = await createToken(app, curious, { name: 'pasted' });
    const secret = value.slice(14);
    for (const browser of [openConsole(app), openConsole(app, curious)]) {
      for (const query of [
        `q=${value}`,
        `q=a&q=${value}`,
        `x=${value}`,
        `q=%20${value}%20`,
        `q=${value.slice(0, 20)}%0A${value.slice(20)}`,
      ]) {
        const { status, location, headers, html } = await browser.get(`/search?${query}`);
        expect([query.slice(0, 4), status]).toEqual([query.slice(0, 4), 303]);
        expect(`${location}${html}${JSON.stringify([...headers])}`).not.toContain(secret);
      }
    }
    expect(app.logLines.join()).not.toContain(secret);
  });
});
