import { describe, expect, it } from 'vitest';
import {
  passwordResetMail,
  type SecurityEvent,
  securityMail,
} from '../../../server/domain/notifications/security-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { clientInfo, owner, site, unwrapped, visible } from '../../helpers/app/token-mails.ts';

const event = { at: Date.UTC(2026, 10, 23, 16, 20, 0), owner, clientInfo };
const self = { kind: 'user', id: owner.id, email: owner.email } as const;
const noFactors = { totpEnabledAt: null, passkeyCount: 0 };
const boss = { kind: 'user', id: 'u2', email: 'boss@acme.example' } as const;

describe('the mail about a change to sign-in', () => {
  it.each<[SecurityEvent, string]>([
    ['totp-enabled', '[Acme] Two-factor sign-in was turned on'],
    ['totp-disabled', '[Acme] The authenticator app was removed'],
    ['totp-reset', '[Acme] Two-factor sign-in was reset'],
    ['recovery-code-used', '[Acme] A recovery code was used'],
    ['recovery-codes-replaced', '[Acme] New recovery codes were created'],
    ['password-reset', '[Acme] Your password was set with a mailed link'],
  ])('names the event, the account, the client and what to do: %s', (name, expected) => {
    const { subject, text, html } = renderMail(securityMail(site, { ...event, event: name, actor: self }, noFactors));
    expect(subject).toBe(expected);
    for (const address of ['https://tokens.acme.example/password/forgot', 'https://tokens.acme.example/profile']) {
      expect(text).toMatch(new RegExp(`^ *${address}$`, 'm'));
      expect(html).toContain(`href="${address}"`);
    }
    for (const form of [unwrapped(text), visible(html)]) {
      expect(form).toContain('your account ada@acme.example');
      expect(form).toContain('If this was you');
      expect(form).toContain("If this wasn't you");
      expect(form).toContain('203.0.113.9');
      expect(form).toContain('2026-11-23 16:20:00 UTC');
    }
  });

  it('names the superuser who made the change', () => {
    const { text } = renderMail(securityMail(site, { ...event, event: 'totp-reset', actor: boss }, noFactors));
    expect(text).toMatch(/Done by +boss@acme\.example \(Organization Superuser\)\n/);
    expect(text).toContain("If you didn't expect this");
  });
});

describe('the second factors that are left', () => {
  const mail = (name: SecurityEvent, factors: typeof noFactors | { totpEnabledAt: number; passkeyCount: number }) =>
    unwrapped(renderMail(securityMail(site, { ...event, event: name, actor: self }, factors)).text);
  const passkeys = { ...noFactors, passkeyCount: 2 };
  const both = { totpEnabledAt: 1, passkeyCount: 2 };
  const alone = /password alone is now enough/;
  const stepOf = (text: string, step: string) => text.indexOf(step);
  const address = 'https://tokens.acme.example/profile/passkeys';

  it('decide whether the mail says that the password alone is enough', () => {
    expect(mail('totp-disabled', noFactors)).toMatch(alone);
    expect(mail('totp-disabled', passkeys)).not.toMatch(alone);
    expect(mail('totp-disabled', passkeys)).toContain('still requires a passkey or a recovery code');
    expect(mail('passkey-removed', noFactors)).toMatch(alone);
    for (const left of [passkeys, both, { ...noFactors, totpEnabledAt: 1 }])
      expect(mail('passkey-removed', left)).not.toMatch(alone);
    expect(mail('totp-enabled', { ...noFactors, totpEnabledAt: 1 })).toContain('also requires a code.');
    expect(mail('totp-enabled', both)).toContain('also requires a code or a passkey.');
  });

  it('come first in the advice about a new passkey, which a new password does not remove', () => {
    const text = mail('passkey-added', passkeys);
    expect(text).toContain(address);
    expect(stepOf(text, 'Remove the passkey.')).toBeGreaterThan(0);
    expect(stepOf(text, 'Remove the passkey.')).toBeLessThan(stepOf(text, 'Set a new password.'));
  });

  it('are part of the advice in every other mail, if there are passkeys', () => {
    const events = [
      'totp-enabled',
      'totp-disabled',
      'passkey-removed',
      'recovery-code-used',
      'password-reset',
    ] as const;
    for (const name of events) {
      expect(mail(name, passkeys)).toContain('Remove the passkeys that you do not recognize.');
      expect(mail(name, passkeys)).toContain(address);
      expect(mail(name, noFactors)).not.toContain('/profile/passkeys');
    }
  });
});

describe('the mail with a link to set the password', () => {
  it('has the link as a button and as text, and says what to do with an unexpected mail', () => {
    const link = 'https://tokens.acme.example/password/reset?token=reset_x';
    const { subject, text, html } = renderMail(passwordResetMail(site, { ...event, link }));
    expect(subject).toBe('[Acme] Set your password');
    expect(text).toContain(`Set your password:\n${link}\n`);
    expect(html).toMatch(
      /<a href="https:\/\/[^"]*reset_x" style="[^"]*background:#0b57d0[^"]*">Set your password<\/a>/,
    );
    expect(visible(html)).toContain(`Or open this address: ${link}\n`);
    expect(html).not.toMatch(/<code[^>]*>[^<]*reset_x/);
    for (const form of [unwrapped(text), visible(html)]) {
      expect(form).toMatch(/If this wasn't you[\s-]+Delete this message\./);
    }
  });
});
