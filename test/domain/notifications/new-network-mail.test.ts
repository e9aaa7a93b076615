import { describe, expect, it } from 'vitest';
import { newNetworkMail } from '../../../server/domain/notifications/usage/new-network-mail.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { owner, site, unwrapped, visible } from '../../helpers/app/token-mails.ts';

const token = { id: 't', name: 'ci <&> "deploy"', prefix: 'tok_8fK2b1Qz', createdAt: 0, expiresAt: null };
const event = {
  at: Date.UTC(2026, 10, 23, 16, 20, 0),
  owner,
  token,
  network: '2001:db8:1::/48',
  method: 'GET',
  path: '/<script>/42',
  clientInfo: { ip: '2001:db8:1::7', userAgent: 'curl/8.5.0 <b>' },
};

describe('the mail about a new network', () => {
  it('names the token, the network, the request, and what to do', () => {
    const { subject, text, html } = renderMail(newNetworkMail(site, event));
    expect(subject).toBe('[Acme] API token "ci <&> "deploy"" was used from a new network');
    for (const form of [unwrapped(text), visible(html)]) {
      for (const part of [
        'tok_8fK2b1Qz',
        '2001:db8:1::/48',
        'GET /<script>/42',
        '2026-11-23 16:20:00 UTC',
        '2001:db8:1::7',
        'curl/8.5.0 <b>',
        'tokens pause tok_8fK2b1Qz',
        'tokens usage tok_8fK2b1Qz',
        'at most one such mail for each token and day',
        'an Organization Superuser of Acme',
      ]) {
        expect(form).toContain(part);
      }
    }
  });

  it('says which facts are unknown', () => {
    const unknown = { ...event, method: null, path: null, clientInfo: { ip: null, userAgent: null } };
    const { text } = renderMail(newNetworkMail(site, unknown));
    expect(text).toMatch(/Request\s+unknown/);
    expect(text).toMatch(/IP address\s+unknown/);
  });

  it('names the service account that owns the token, and says why the reader gets the mail', () => {
    const account = { id: 'sa', email: 'service-account:ci', name: 'ci', kind: 'service-account' } as const;
    const reader = { ...owner, because: 'maintainer' } as const;
    const { text } = renderMail(newNetworkMail(site, { ...event, owner: account, reader }));
    for (const part of [
      'Hello Ada Lovelace,',
      'The API token of the service account ci was used from a network',
      'tokens pause tok_8fK2b1Qz --service-account ci',
      'You get it because you maintain that account. You get at most one such mail',
    ]) {
      expect(unwrapped(text)).toContain(part);
    }
  });
});
