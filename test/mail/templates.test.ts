import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientInfo, createdMail, owner, revokedMail, token, visible } from '../helpers/app/token-mails.ts';

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
    const plain = createdMail();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, userAgent) => {
        const mail = createdMail({ token: { ...token, name }, clientInfo: { ...clientInfo, userAgent } });
        expect(tagsOf(mail.html)).toEqual(tagsOf(plain.html));
        expect(mail.text.split('\n')).toHaveLength(plain.text.split('\n').length);
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
    expect(html.match(/href=/g)).toHaveLength(1);
  });

  it('keeps ordinary versions and user agents readable', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0';
    expect(createdMail({ clientInfo: { ...clientInfo, userAgent } }).text).toContain(userAgent);
  });

  it('is cut to a maximum length', () => {
    const long = 'x'.repeat(100_000);
    const { subject, text, html } = createdMail({
      token: { ...token, name: long },
      clientInfo: { ...clientInfo, userAgent: long },
    });
    expect([...subject].length).toBeLessThanOrEqual(150);
    expect(text.length).toBeLessThan(3000);
    expect(html.length).toBeLessThan(8000);
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
