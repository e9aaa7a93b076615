import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Creation,
  type Revocation,
  tokenCreatedMail,
  tokensRevokedMail,
} from '../../../server/domain/notifications/token-mails.ts';

const site = { organization: 'Acme', publicUrl: 'https://tokens.acme.example' };
const owner = { id: 'u1', email: 'ada@acme.example', name: 'Ada Lovelace' };
const boss = { kind: 'user', id: 'u2', email: 'boss@acme.example' } as const;
const at = Date.UTC(2026, 10, 23, 16, 20, 0);
const token = {
  name: 'ci-pipeline',
  prefix: 'tok_8fK2b1Qz',
  createdAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  expiresAt: Date.UTC(2027, 1, 21, 16, 20, 0),
};
const clientInfo = { ip: '203.0.113.9', userAgent: 'tokens/0.1.0 (linux)' };
const creation: Creation = { at, owner, clientInfo, token, channel: 'cli' };
const revocation: Revocation = { at, owner, clientInfo, tokens: [token], actor: boss, channel: 'console' };

const created = (changes: Partial<Creation> = {}) => tokenCreatedMail(site, { ...creation, ...changes });
const revoked = (changes: Partial<Revocation> = {}) => tokensRevokedMail(site, { ...revocation, ...changes });

/** What a reader of the HTML part sees. */
function visible(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<br>|<\/(?:p|li|tr|th)>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, '&');
}

describe('the mail about a created token', () => {
  it('says in text and HTML which, when (UTC), from where, with what, how, and what to do', () => {
    const { subject, text, html } = created();
    expect(subject).toBe('[Acme] API token "ci-pipeline" was created');
    for (const form of [text, visible(html)]) {
      for (const fact of [
        'Hello Ada Lovelace',
        'ada@acme.example',
        'ci-pipeline',
        'tok_8fK2b1Qz',
        '2026-11-23 16:20:00 UTC',
        '2027-02-21 16:20:00 UTC',
        '203.0.113.9',
        'tokens/0.1.0 (linux)',
        'with the tokens command line',
        'tokens revoke ci-pipeline',
        'tokens password',
        'Tell an Organization Superuser of Acme.',
        'https://tokens.acme.example',
      ]) {
        expect(form).toContain(fact);
      }
    }
  });

  it.each([
    ['console', 'in the web console'],
    ['api-token-auth', 'with e-mail address and password at /api-token-auth/'],
  ] as const)('names the way through %s', (channel, words) => {
    expect(created({ channel }).text).toContain(words);
  });

  it('does without a name, an expiry, an address and a user agent', () => {
    const bare = tokenCreatedMail(
      { ...site, organization: null },
      {
        ...creation,
        owner: { ...owner, name: '' },
        token: { ...token, expiresAt: null },
        clientInfo: { ip: null, userAgent: null },
      },
    );
    expect(bare.subject).toBe('API token "ci-pipeline" was created');
    expect(bare.text).toMatch(/^Hello,\n/);
    expect(bare.text).toMatch(/Expires +never/);
    expect(bare.text).toMatch(/IP address +unknown/);
    expect(bare.text).toMatch(/User agent +unknown/);
    expect(bare.text).not.toMatch(/null|undefined/);
  });

  it.each(['two words', "it's", '$(reboot)', '-rf', 'a;b', 'évil', 'evil.example', '`id`'])(
    'puts the prefix into the command where the name is no plain word: %s',
    (name) => {
      const { text } = created({ token: { ...token, name } });
      expect(text).toContain('tokens revoke tok_8fK2b1Qz\n');
      expect(text).not.toContain(`tokens revoke ${name}`);
    },
  );
});

describe('the mail about revoked tokens', () => {
  it('says who revoked it and that it is final', () => {
    const { subject, text, html } = revoked();
    expect(subject).toBe('[Acme] API token "ci-pipeline" was revoked');
    for (const form of [text, visible(html)]) {
      expect(form).toMatch(/Revoked by\s+boss@acme\.example \(Organization Superuser\)/);
      expect(form).toContain('cannot be restored');
      expect(form).toContain('2026-11-23 16:20:00 UTC');
      expect(form).toContain('203.0.113.9');
      expect(form).toContain('tokens/0.1.0 (linux)');
      expect(form).toContain('If you did not expect this');
    }
  });

  it.each([
    ['the owner', { kind: 'user', id: 'u1', email: owner.email }, 'you (ada@acme.example)'],
    ['a service', { kind: 'client', id: 'scanner', email: null }, 'the service scanner'],
    ['the daemon', { kind: 'system', id: null, email: null }, 'the administrator of the server'],
  ] as const)('names %s', (_, actor, words) => {
    expect(revoked({ actor }).text).toContain(words);
  });

  it('tells the owner to look for a leak when the token revoked itself', () => {
    const { text } = revoked({ actor: { kind: 'user', id: 'u1', email: owner.email }, channel: 'token' });
    expect(text).toContain('with the value of the token itself');
    expect(text).toContain('whoever has its value');
    expect(text).toContain('leaked');
  });

  it('tells the owner to change the password when somebody used their account', () => {
    expect(revoked({ actor: { kind: 'user', id: 'u1', email: owner.email } }).text).toContain('tokens password');
  });

  it('is one that names all in a bulk revoke', () => {
    const tokens = Array.from({ length: 1000 }, (_, index) => ({ ...token, name: `job-${index}.` }));
    const { subject, text, html } = revoked({ tokens });
    expect(subject).toBe('[Acme] 1000 API tokens were revoked');
    for (const { name } of tokens) {
      expect(text).toContain(`* ${name}\n`);
      expect(html).toContain(`<bdi>${name}</bdi>`);
    }
  });
});

describe('what strangers can put into a mail', () => {
  const hostile = [
    '<img src=x onerror=alert(1)>',
    '"><script>alert(1)</script>',
    'a\r\nBcc: victim@example.com\r\n\r\nbody',
    'a\u0000b\u001b[31mred\u202Egnp.exe\u200B\u2066',
    'a\u2028b\u2029c\u0085d',
    '&lt;b&gt;',
  ];

  it.each(hostile)('stays inert in a name and a user agent: %j', (payload) => {
    const mails = [
      created({ token: { ...token, name: payload }, owner: { ...owner, name: payload } }),
      created({ clientInfo: { ...clientInfo, userAgent: payload } }),
      revoked({ tokens: [token, { ...token, name: payload }] }),
      revoked({ actor: { kind: 'client', id: payload, email: null } }),
    ];
    for (const { subject, text, html } of mails) {
      expect(subject).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(html.replaceAll('\n', '')).not.toMatch(/[\p{C}\u2028\u2029]/u);
      expect(html).not.toMatch(/<(?:img|script|b)\b[^d]/);
      expect(text).not.toMatch(/^Bcc:/m);
    }
  });

  it('never adds a tag, an attribute or a line of its own', () => {
    const shape = (html: string) => html.match(/<[^>]*>/g);
    const plain = created();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (name, userAgent) => {
        const mail = created({ token: { ...token, name }, clientInfo: { ...clientInfo, userAgent } });
        expect(shape(mail.html)).toEqual(shape(plain.html));
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
  ])('is no link: %s', (name, shown) => {
    const { subject, text, html } = created({
      token: { ...token, name },
      clientInfo: { ...clientInfo, userAgent: name },
    });
    for (const form of [subject, text, visible(html)]) {
      expect(form).toContain(shown);
      expect(form).not.toContain(name);
    }
    expect(html.match(/href=/g)).toHaveLength(1);
  });

  it('leaves ordinary versions and user agents readable', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0';
    expect(created({ clientInfo: { ...clientInfo, userAgent } }).text).toContain(userAgent);
  });

  it('has a bounded length', () => {
    const long = 'x'.repeat(100_000);
    const { subject, text, html } = created({
      token: { ...token, name: long },
      clientInfo: { ...clientInfo, userAgent: long },
    });
    expect([...subject].length).toBeLessThanOrEqual(150);
    expect(text.length).toBeLessThan(3000);
    expect(html.length).toBeLessThan(8000);
  });

  it('is no secret: a value used as a name or a user agent is redacted', () => {
    const value = 'tok_8fK2b1QzAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
    const mails = [
      created({ token: { ...token, name: value } }),
      created({ clientInfo: { ...clientInfo, userAgent: value } }),
    ];
    for (const mail of mails) expect(JSON.stringify(mail)).not.toContain(value);
  });
});
