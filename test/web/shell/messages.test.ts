import { describe, expect, it, onTestFinished } from 'vitest';
import { messageText, texts } from '../../../server/web/shell/messages/texts.ts';
import { createToken, openTestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';

const tokensPath = '/profile/api-tokens';

async function open(options: Parameters<typeof openTestApp>[0] = {}) {
  const app = await openTestApp(options);
  onTestFinished(app.close);
  const browser = openConsole(app, app.dev);
  /** Revokes a new token of this name. Returns the redirect. */
  async function revoke(name: string) {
    const { id } = await createToken(app, app.dev, { name });
    await browser.get(`${tokensPath}?dialog=revoke&id=${id}`);
    const { location, headers } = await browser.submit(`${tokensPath}/${id}/revoke`);
    return { location: location ?? '', cookie: messageCookies(headers)[0] ?? '' };
  }
  return { app, browser, revoke };
}

const messageCookies = (headers: Headers) => headers.getSetCookie().filter((one) => one.includes('tokens_message'));
const messageIn = (html: string) => /<p role="status"[^>]*>([^<]*)</.exec(html)?.[1];
const revoked = (name: string) => `The token ${name} was revoked. Requests that use it are now denied.`;

describe('the message about a change', () => {
  it('names what changed, once', async () => {
    const { browser, revoke } = await open();
    const { location } = await revoke('ci-pipeline');
    expect(messageIn((await browser.get(location)).html)).toBe(revoked('ci-pipeline'));
    expect(messageIn((await browser.get(location)).html)).toBeUndefined();
    expect([...browser.cookies.keys()].filter((name) => name.includes('message'))).toEqual([]);
  });

  it('appears in the tab whose change it reports, in either order', async () => {
    const { browser, revoke } = await open();
    const [first, second] = [await revoke('first'), await revoke('second')];
    expect(messageIn((await browser.get(tokensPath)).html)).toBeUndefined();
    expect(messageIn((await browser.get(second.location)).html)).toBe(revoked('second'));
    expect(messageIn((await browser.get(first.location)).html)).toBe(revoked('first'));
  });

  it('does not appear for a link that somebody else made', async () => {
    const { app, browser, revoke } = await open();
    const { location } = await revoke('ci-pipeline');
    const other = openConsole(app, app.root);
    const crafted = [
      'token-revoked',
      'signed-out',
      'token-revoked.AAAAAAAAAAA',
      'token-revoked.',
      '.',
      'constructor.x',
    ];
    for (const done of crafted) {
      expect(messageIn((await browser.get(`${tokensPath}?done=${done}`)).html), done).toBeUndefined();
    }
    expect(messageIn((await other.get(location)).html)).toBeUndefined();
  });

  it('does not appear if the cookie holds other names than the message needs', async () => {
    const { browser, revoke } = await open();
    for (const value of ['', '[]', '["a","b"]', '[1]', '{}', '"a"', 'null', '[']) {
      const { location, cookie } = await revoke(`ci-${value.length}-${encodeURIComponent(value)}`);
      browser.cookies.set(cookie.split('=')[0] ?? '', encodeURIComponent(value));
      expect(messageIn((await browser.get(location)).html), value).toBeUndefined();
    }
  });

  it('keeps a name in text, whatever it contains', async () => {
    const { browser, revoke } = await open();
    const { location } = await revoke('<b>"x"; Path=/</b>');
    const { html } = await browser.get(location);
    expect(html).not.toContain('<b>');
    expect(textOf(html)).toContain(revoked('<b>"x"; Path=/</b>'));
  });

  it('travels in a cookie that no script reads, for a minute', async () => {
    const { browser, revoke } = await open();
    const { location, cookie } = await revoke('ci');
    const id = location.split('.').at(-1);
    const attributes = 'Path=/; HttpOnly; Secure; SameSite=Lax';
    expect(cookie).toBe(`__Host-tokens_message.${id}=%5B%22ci%22%5D; Max-Age=60; ${attributes}`);
    const { headers } = await browser.get(location);
    expect(messageCookies(headers)).toEqual([`__Host-tokens_message.${id}=; Max-Age=0; ${attributes}`]);
  });

  it('stays below the path of the public URL', async () => {
    const { browser, revoke } = await open({ publicUrl: 'https://tokens.test/below' });
    const { location, cookie } = await revoke('ci');
    expect(location).toMatch(/^\/below\/profile\/api-tokens\?done=/);
    expect(cookie).toMatch(/^__Secure-tokens_message\.[\w-]{11}=.*; Path=\/below; HttpOnly; Secure; SameSite=Lax$/);
    expect(messageIn((await browser.get(location)).html)).toBe(revoked('ci'));
  });

  it('fits into a cookie, whatever the name', async () => {
    const { app } = await open();
    const superuser = openConsole(app, app.root);
    const { id } = await app.addMember({ email: `${'ß'.repeat(60)}@example.com`, name: '🔑'.repeat(100) });
    await superuser.get('/organization/team');
    const { location, headers } = await superuser.submit(`/organization/team/${id}/grant`);
    expect(messageCookies(headers)[0]?.length).toBeLessThan(4096);
    expect(messageIn((await superuser.get(location ?? '')).html)).toContain('🔑'.repeat(100));
  });

  it('leaves at most eight cookies behind if no redirect is followed', async () => {
    const { browser, revoke } = await open();
    const waiting = () => [...browser.cookies.keys()].filter((name) => name.includes('message')).length;
    const counts: number[] = [];
    for (let index = 0; index < 10; index += 1) {
      await revoke(`ci-${index}`);
      counts.push(waiting());
    }
    expect(counts).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 1, 2]);
  });
});

it('names everything that a message is given', () => {
  for (const [code, text] of Object.entries(texts)) {
    const names = ['Ada', 'ci-deploy'].slice(0, text.length);
    const shown = messageText(code as keyof typeof texts, names) ?? '';
    for (const name of names) expect(shown, code).toContain(name);
    expect(shown, code).toMatch(/\.$/);
  }
});
