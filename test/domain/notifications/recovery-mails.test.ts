import { describe, expect, it } from 'vitest';
import { type RecoveryStage, recoveryMail } from '../../../server/domain/notifications/recovery-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { owner, site, unwrapped, visible } from '../../helpers/app/token-mails.ts';

const event = { at: Date.UTC(2026, 10, 23, 16, 20, 0), owner, clientInfo: { ip: '203.0.113.9', userAgent: null } };

describe('the mail about a recovery link', () => {
  it.each<[RecoveryStage, string, string]>([
    ['link-created', '[Acme] A recovery link was created on the server', 'ran tokensd recover'],
    ['used', '[Acme] A recovery link was used', 'tokens users disable EMAIL'],
  ])('names the member, what happened and what to do: %s', (stage, expected, words) => {
    const { subject, text, html } = renderMail(recoveryMail(site, { ...event, stage, email: 'eve@acme.example' }));
    expect(subject).toBe(expected);
    for (const form of [unwrapped(text), visible(html)]) {
      expect(form).toContain('eve@acme.example');
      expect(form).toContain("If you didn't expect this");
      expect(form).toContain(words);
      expect(form).toContain('https://tokens.acme.example/organization/audit');
      expect(form).not.toContain('/recover');
    }
  });
});
