import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientInfo, createdMail, owner, revokedMail, token, unwrapped, visible } from '../helpers/app/token-mails.ts';
import { sampleMails } from '../helpers/console/samples/mails.ts';

describe('text from outside in a mail', () => {
  const hostile = [
    '<img src=x onerror=alert(1)>',
    '"><script>alert(1)</script>',
    'a\r\nBcc: victim@example.com\r\n\r\nbody',
    'a\u0000b\u001b[31mred\u202Egnp.exe\u200B\u2066',
    'a\u2028b\u2029c\u0085d',
    '&lt;b&gt;',
  ];

  it.each(hostile)('is harmless as a name and as a user agent: %j', (payload) => {
    const mails = [
      createdMail({ token: { ...token, name: payload }, owner: { ...owner, name: payload } }),
      createdMail({ clientInfo: { ...clientInfo, userAgent: payload } }),
      revokedMail({ tokens: [token, { ...token, name: payload }] }),
      revokedMail({ actor: { kind: 'client', id: payload, email: null } }),
    ];
    for (const { subject, text, html } of mails) {
      expect(subject).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(html.replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(html).not.toMatch(/<(?:img|script|b)\b[^d]/);
      expect(text).not.toMatch(/^Bcc:/m);
    }
  });

  it('adds no tag, attribute or line', () => {
    const tagsOf = (html: string) => html.match(/<[^>]*>/g);
    const paragraphsOf = (text: string) => text.split('\n\n');
    const plain = createdMail();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, userAgent) => {
        const mail = createdMail({ token: { ...token, name }, clientInfo: { ...clientInfo, userAgent } });
        expect(tagsOf(mail.html)).toEqual(tagsOf(plain.html));
        expect(paragraphsOf(mail.text)).toHaveLength(paragraphsOf(plain.text).length);
        // Wrapped values are indented, so no text from outside begins a line.
        const unindented = (text: string) => text.split('\n').filter((line) => /^[^ ]/.test(line)).length;
        expect(unindented(mail.text)).toBe(unindented(plain.text));
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['https://evil.example/login', 'https[:]//evil[.]example/login'],
    ['www.evil.example', 'www[.]evil[.]example'],
    ['ops@evil.example', 'ops@evil[.]example'],
    ['evil。example', 'evil[.]example'],
    ['http://127.0.0.1/', 'http[:]//127.0.0.1/'],
  ])('is not turned into a link: %s', (name, shown) => {
    const { subject, text, html } = createdMail({
      token: { ...token, name },
      clientInfo: { ...clientInfo, userAgent: name },
    });
    for (const form of [subject, text, visible(html)]) {
      expect(form).toContain(shown);
      expect(form).not.toContain(name);
    }
    for (const [, href] of html.matchAll(/href="([^"]*)"/g)) expect(href).toMatch(/^https:\/\/tokens\.acme\.example\b/);
  });

  it('keeps ordinary versions and user agents readable', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0';
    expect(unwrapped(createdMail({ clientInfo: { ...clientInfo, userAgent } }).text)).toContain(userAgent);
  });

  it('is cut to a maximum length', () => {
    const long = 'x'.repeat(100_000);
    const { subject, text, html } = createdMail({
      token: { ...token, name: long },
      clientInfo: { ...clientInfo, userAgent: long },
    });
    expect([...subject].length).toBeLessThanOrEqual(150);
    expect(text.length).toBeLessThan(3000);
    expect(html.length).toBeLessThan(10_000);
  });

  it('is redacted if it looks like a token value', () => {
    const value = 'tok_8fK2b1QzAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const mails = [
      createdMail({ token: { ...token, name: value } }),
      createdMail({ clientInfo: { ...clientInfo, userAgent: value } }),
    ];
    for (const mail of mails) expect(JSON.stringify(mail)).not.toContain(value);
  });
});

describe('the text part', () => {
  it('has lines of at most 76 characters, and each address alone on its line', () => {
    const userAgent =
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36';
    const events = { clientInfo: { ...clientInfo, userAgent } };
    for (const { text } of [
      createdMail(events),
      revokedMail(events),
      revokedMail({ tokens: [token, token], ...events }),
    ]) {
      for (const line of text.split('\n')) {
        if (line.includes('https://')) expect(line).toMatch(/^ *https:\/\/\S+$/);
        else expect(line.length, line).toBeLessThanOrEqual(76);
      }
    }
  });
});

describe('the HTML part', () => {
  it('begins with the preview, which its reader does not see', () => {
    const { html, text } = createdMail();
    const preview = `${token.prefix}, created for your account ${owner.email}. If this wasn't you, revoke it.`;
    expect(html.replaceAll('&#39;', "'")).toMatch(
      new RegExp(`<body[^>]*>\\s*<div style="display:none[^"]*"><bdi>${preview}</bdi>`),
    );
    expect(visible(html)).not.toContain(preview);
    expect(text).not.toContain(preview);
  });

  it('shows a link as a button, and its address as text', () => {
    const { html } = createdMail();
    const url = `https://tokens.acme.example/profile/api-tokens/${token.id}`;
    expect(html).toMatch(new RegExp(`<a href="${url}" style="[^"]*background:#0b57d0[^"]*">View this token</a>`));
    expect(visible(html)).toContain(`Or open this address: ${url}\n`);
  });
});

describe('the words of a mail', () => {
  it.each(sampleMails)('call a request that is not accepted denied, as the console does: $name', ({ mail }) => {
    expect(mail.text).not.toMatch(/\breject(s|ed)?\b/i);
  });

  it('say from when requests with a revoked token are denied', () => {
    const [one, several] = [revokedMail(), revokedMail({ tokens: [token, token] })];
    expect(unwrapped(one.text)).toContain('Requests that use it are denied from now on. It cannot be restored.');
    expect(unwrapped(several.text)).toContain(
      'Requests that use them are denied from now on. They cannot be restored.',
    );
  });
});
