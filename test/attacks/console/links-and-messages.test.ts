import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestApp, type TestApp } from '../../helpers/app/app.ts';
import { openConsole, textOf } from '../../helpers/console/pages.ts';
import { texts } from '../injection/payloads.ts';

let app: TestApp & { close: () => Promise<void> };
beforeEach(async () => {
  app = await openTestApp();
});
afterEach(() => app.close());

const tokens = '/profile/api-tokens';
const form = `${tokens}/new`;
/** What an attribute or element would look like that a text got out of. */
const escapes =
  /<(?:script>window|img src=x|svg onload|iframe|a href="\/\/evil)|="[^"]*" onmouseover=|href="javascript:/;

describe('a link that fills in the form of a new token', () => {
  const parameters = [
    'name',
    'description',
    'expires',
    'app',
    'read_only',
    'allow',
    'from',
    'service_account',
    'self_rotate',
  ];

  it('creates nothing and runs nothing, with any text in any parameter, known or not', async () => {
    const browser = openConsole(app, app.dev);
    const bidi = '\u202egnp.exe\u2066';
    const homoglyph = 'gr\u0430fana';
    for (const name of [...parameters, 'ids', 'form_token', 'link', 'key', '__proto__', 'constructor']) {
      for (const text of [...texts, bidi, homoglyph, 'javascript:alert(1)', '\ud800', 'a\u0000b', 'x'.repeat(1900)]) {
        const { status, html } = await browser.get(`${form}?${new URLSearchParams({ [name]: text })}`);
        expect([name, text, status]).toEqual([name, text, 200]);
        expect(html).not.toMatch(escapes);
      }
    }
    expect(await app.store.tokens.list({ limit: 5, before: null, ownerId: app.dev.id, now: app.clock.now() })).toEqual(
      [],
    );
  });

  it('adds nothing that the form does not show: no canary, no management, no idempotency key, no owner of another', async () => {
    const browser = openConsole(app, app.dev);
    const before = (await browser.get(form)).html;
    for (const query of [
      'canary=true',
      'manage=users:write',
      'key=fixed',
      'user=root@example.com',
      'owner=root',
      'observe=true',
      'form_token=x',
    ]) {
      const { html } = await browser.get(`${form}?${query}`);
      expect(html).toContain('a parameter that this form does not know');
      expect(html).not.toContain('value="fixed"');
      const inputs = (page: string) =>
        [...page.matchAll(/<(?:input|textarea)[^>]* name="([^"]*)"/g)].map(([, name]) => name);
      expect(inputs(html)).toEqual(inputs(before));
    }
  });

  it('cannot be framed, and sends no address elsewhere', async () => {
    const { headers } = await openConsole(app, app.dev).get(`${form}?name=x`);
    expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('content-security-policy')).toContain("form-action 'self'");
  });

  it('cannot be sent by another site as the member', async () => {
    const browser = openConsole(app, app.dev);
    await browser.get(`${form}?name=planted`);
    const crossSite = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' };
    expect((await browser.submit(form, { name: 'planted', expires: 'never' }, crossSite)).status).toBe(403);
    expect((await browser.post(form, { name: 'planted', expires: 'never' })).status).toBe(403);
  });
});

describe('the page of a mailed or copied link', () => {
  it.each(['/invitation', '/password/reset', '/recover'])(
    '%s tells its address to no other site, cache or log',
    async (path) => {
      const secret = `invitation_${'a'.repeat(43)}`;
      const { headers, html } = await openConsole(app).get(`${path}?token=${secret}`);
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('cache-control')).toBe('no-store');
      expect(html).not.toContain(secret);
      expect(html.replaceAll(/\shref="\/[^"]*"/g, '')).not.toMatch(/\s(?:href|src|action)="(?!\/|#)/);
      expect(app.logLines.join()).not.toContain('a'.repeat(43));
    },
  );
});

describe('the page with a new value', () => {
  it('is kept by no cache, completed by no browser, and shows the value to nobody who sends the form again', async () => {
    const browser = openConsole(app, app.dev);
    const { html: empty } = await browser.get(form);
    const key = /name="key" value="([^"]+)"/.exec(empty)?.[1] ?? '';
    const made = await browser.submit(form, { name: 'ci', expires: 'never' });
    const value = /id="value"[^>]* value="([^"]+)"/.exec(made.html)?.[1] ?? '';
    expect(value).toMatch(/^tok_/);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.headers.get('referrer-policy')).toBe('no-referrer');
    expect(made.html).toMatch(/<input[^>]*id="value"[^>]*autocomplete="off"/);
    expect([...made.headers].join()).not.toContain(value);
    // The back button, and then the same form once more.
    await browser.get(form);
    const again = await browser.submit(form, { name: 'ci', expires: 'never', key });
    expect(again.html).not.toContain(value.slice(14));
    for (const path of [tokens, '/overview', '/profile/activity', `/search?q=${value.slice(0, 12)}`])
      expect((await browser.get(path)).html).not.toContain(value.slice(14));
    expect(app.logLines.join()).not.toContain(value.slice(14));
  });
});

describe('a message after a change', () => {
  it('is not shown by an address alone, with any code', async () => {
    const browser = openConsole(app, app.dev);
    const plain = textOf((await browser.get(tokens)).html);
    for (const done of [
      'totp-off',
      'totp-off.AAAAAAAAAAA',
      'passkey-added.x',
      '__proto__.AAAAAAAAAAA',
      'constructor.',
      '<b>.x',
      '.',
    ]) {
      const { status, html } = await browser.get(`${tokens}?done=${encodeURIComponent(done)}`);
      expect([done, status, textOf(html)]).toEqual([done, 200, plain]);
    }
  });

  it('shows the names in a planted cookie only as text, in the words of its code, and once', async () => {
    const browser = openConsole(app, app.dev);
    await browser.get('/profile');
    await browser.submit('/profile/name', { name: 'Dev' });
    const planted = async (value: string, code = 'passkey-added') => {
      const name = `__Host-tokens_message.AAAAAAAAAAA`;
      browser.cookies.set(name, encodeURIComponent(value));
      return browser.get(`/profile/passkeys?done=${code}.AAAAAAAAAAA`);
    };
    for (const text of texts) {
      const { status, html } = await planted(JSON.stringify([text]));
      expect([text, status]).toEqual([text, 200]);
      expect(html).not.toMatch(escapes);
    }
    for (const value of ['not json', '{}', '[1]', '[["x"]]', 'null', '[]', '"x"', '['.repeat(2000)])
      expect((await planted(value)).status).toBe(200);
    for (const code of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect((await planted('["x"]', code)).status).toBe(200);
  });
});

describe('the switches of the account menu', () => {
  it('lead back to a page of this console only, and accept their own choices only', async () => {
    const browser = openConsole(app, app.dev);
    for (const next of [
      '//evil.example',
      'https://evil.example',
      '/\\evil.example',
      'javascript:alert(1)',
      '/%09/evil.example',
      '/\u0009/evil.example',
      '/..//evil.example',
      '/logout',
    ]) {
      for (const [path, field, value] of [
        ['/profile/theme', 'theme', 'dark'],
        ['/profile/search-key', 'key', 'off'],
      ] as const) {
        await browser.get('/profile');
        const { status, location } = await browser.submit(path, { [field]: value, next });
        expect([next, status]).toEqual([next, 303]);
        expect(new URL(location ?? '', app.config.publicUrl).origin).toBe(new URL(app.config.publicUrl).origin);
        expect(location).not.toMatch(/^\/\/|^\/\\/);
      }
    }
    const before = new Map(browser.cookies);
    await browser.get('/profile');
    await browser.submit('/profile/search-key', { key: 'off; Domain=evil.example', next: '/profile' });
    expect(new Map(browser.cookies)).toEqual(before);
  });
});
