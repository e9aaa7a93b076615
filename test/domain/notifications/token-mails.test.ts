import { describe, expect, it } from 'vitest';
import { tokenCreatedMail } from '../../../server/domain/notifications/token-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import {
  createdMail,
  creation,
  owner,
  revokedMail,
  site,
  token,
  unwrapped,
  visible,
} from '../../helpers/app/token-mails.ts';

describe('the mail about a created token', () => {
  it('names the token, the time, the client and what to do, as text and HTML', () => {
    const { subject, text, html } = createdMail();
    expect(subject).toBe('[Acme] API token "ci-pipeline" was created');
    for (const form of [unwrapped(text), visible(html)]) {
      for (const fact of [
        'Hello Ada Lovelace',
        'ada@acme.example',
        'ci-pipeline',
        'tok_8fK2b1Qz',
        '2026-11-23 16:20:00 UTC',
        '2027-02-21 16:20:00 UTC',
        '203.0.113.9',
        'tokens/0.1.0 (linux)',
        'tokens command line',
        'If this was you',
        "If this wasn't you",
        'https://tokens.acme.example/profile/api-tokens/019ab2c4-5f7e-7c3a-9d52-0c1d2e3f4a5b',
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
    ['console', 'console'],
    ['api-token-auth', 'email address and password at /api-token-auth/'],
  ] as const)('names the method for the channel %s', (channel, method) => {
    expect(createdMail({ channel }).text).toMatch(new RegExp(`Method +${method}\\n`));
  });

  it('is complete without a member name, an expiry, an IP address and a user agent', () => {
    const content = tokenCreatedMail(
      { ...site, organization: null },
      {
        ...creation,
        owner: { ...owner, name: '' },
        token: { ...token, expiresAt: null },
        clientInfo: { ip: null, userAgent: null },
      },
    );
    const bare = renderMail(content);
    expect(bare.subject).toBe('API token "ci-pipeline" was created');
    expect(bare.text).toMatch(/^Hello,\n/);
    expect(bare.text).toMatch(/Expires +never/);
    expect(bare.text).toMatch(/IP address +unknown/);
    expect(bare.text).toMatch(/User agent +unknown/);
    expect(bare.text).not.toMatch(/null|undefined/);
  });

  it.each(['two words', "it's", '$(reboot)', '-rf', 'a;b', 'évil', 'evil.example', '`id`'])(
    'suggests revoking by prefix if the name needs quoting: %s',
    (name) => {
      const { text } = createdMail({ token: { ...token, name } });
      expect(text).toContain('tokens revoke tok_8fK2b1Qz\n');
      expect(text).not.toContain(`tokens revoke ${name}`);
    },
  );
});

describe('the mail about revoked tokens', () => {
  it('names the revoker and says that it cannot be undone', () => {
    const { subject, text, html } = revokedMail();
    expect(subject).toBe('[Acme] API token "ci-pipeline" was revoked');
    for (const form of [unwrapped(text), visible(html)]) {
      expect(form).toMatch(/Revoked by\s+boss@acme\.example \(Organization Superuser\)/);
      expect(form).toContain('cannot be restored');
      expect(form).toContain('2026-11-23 16:20:00 UTC');
      expect(form).toContain('203.0.113.9');
      expect(form).toContain('tokens/0.1.0 (linux)');
      expect(form).toContain("If you didn't expect this");
    }
  });

  it.each([
    ['the owner', { kind: 'user', id: 'u1', email: owner.email }, 'you (ada@acme.example)'],
    ['an OAuth client', { kind: 'client', id: 'scanner', email: null }, 'the OAuth client scanner'],
    ['the daemon', { kind: 'system', id: null, email: null }, 'the operator of the server'],
  ] as const)('names %s as the revoker', (_, actor, words) => {
    expect(revokedMail({ actor }).text).toContain(words);
  });

  it('advises to look for a leak if the token revoked itself', () => {
    const { text } = revokedMail({ actor: { kind: 'user', id: 'u1', email: owner.email }, channel: 'token' });
    expect(text).toContain('value of the token itself');
    expect(text).toContain("someone who has the token's value");
    expect(text).toContain('leaked');
  });

  it('advises to change the password if the account of the owner was used', () => {
    expect(revokedMail({ actor: { kind: 'user', id: 'u1', email: owner.email } }).text).toContain('tokens password');
  });

  it('advises to ask about an OAuth client that revokes tokens', () => {
    const { text } = revokedMail({ actor: { kind: 'client', id: 'scanner', email: null }, channel: 'client' });
    expect(text).toMatch(/Method +OAuth token revocation\n/);
    expect(unwrapped(text)).toContain('Ask an Organization Superuser of Acme why this OAuth client revokes tokens.');
  });

  it('lists every token of a bulk revocation', () => {
    const tokens = Array.from({ length: 100 }, (_, index) => ({ ...token, name: `job-${index}.` }));
    const { subject, text, html } = revokedMail({ tokens });
    expect(subject).toBe('[Acme] 100 API tokens were revoked');
    for (const { name } of tokens) {
      expect(text).toContain(`* ${name}\n`);
      expect(html).toContain(`<bdi>${name}</bdi>`);
    }
  });
});

it('links a mail about one token to the page of the token, and a mail about several to the list of tokens', () => {
  const list = 'https://tokens.acme.example/profile/api-tokens';
  expect(revokedMail().html).toContain(`<a href="${list}/${token.id}" style="display:inline-block`);
  expect(createdMail().html).toContain(`<a href="${list}/${token.id}" style="display:inline-block`);
  for (const { html } of [revokedMail({ tokens: [token, token] })]) {
    expect(html).toContain(`<a href="${list}" style="display:inline-block`);
    expect(html).not.toContain(token.id);
  }
});

it('names the console and the command line as remedies, in a list for each case', () => {
  const { text, html } = createdMail();
  expect(text).toContain(
    [
      'If this was you',
      '---------------',
      'No action is needed.',
      '',
      "If this wasn't you",
      '------------------',
      'Someone else may be using your account. Do the following now:',
      '  1. Revoke the token. It stops working immediately.',
      '     Open the token in the console:',
      `     https://tokens.acme.example/profile/api-tokens/${token.id}`,
      '     On the command line:',
      '     tokens revoke ci-pipeline',
      '  2. Change your password. This also ends your other sessions.',
      '     Open your profile:',
      '     https://tokens.acme.example/profile',
      '     On the command line:',
      '     tokens password',
      '  3. Tell an Organization Superuser of Acme.',
      '',
    ].join('\n'),
  );
  expect(html.match(/<h2/g)).toHaveLength(2);
  expect(visible(html)).toContain('Open the token in the console or run tokens revoke ci-pipeline');
});

it('advises members with passkeys to check these too, because a new password leaves them', () => {
  const advice = (passkeyCount: number) => unwrapped(createdMail({ owner: { ...owner, passkeyCount } }).text);
  expect(advice(1)).toContain('3. Remove the passkeys that you do not recognize.');
  expect(advice(1)).toContain('https://tokens.acme.example/profile/passkeys');
  expect(advice(0)).not.toContain('passkey');
});
