import { expect, it } from 'vitest';
import { managementKeyMail } from '../../../server/domain/notifications/machines/key-mails.ts';
import { tokenExtendedMail, tokenResumedMail } from '../../../server/domain/notifications/token-change-mails.ts';
import { tokenCreatedMail, tokensRevokedMail } from '../../../server/domain/notifications/token-mails.ts';
import { renderMail } from '../../../server/mail/templates/render.ts';
import { creation, revocation, site, token } from '../../helpers/app/token-mails.ts';
import { sampleMails } from '../../helpers/console/samples/mails.ts';

const address = `${site.publicUrl}/profile/api-tokens/${token.id}`;

const ofOneToken = [
  'daily-one',
  'rotated',
  'old-value-used',
  'widened',
  'paused',
  'received',
  ...sampleMails.map(({ name }) => name).filter((name) => /^(leak(?!s|-digest)|canary)/.test(name)),
];

const others = {
  created: tokenCreatedMail(site, creation),
  revoked: tokensRevokedMail(site, revocation),
  resumed: tokenResumedMail(site, { ...creation, actor: revocation.actor }),
  extended: tokenExtendedMail(site, { ...creation, earlierEnd: token.expiresAt }),
  key: managementKeyMail(site, {
    ...{
      ...creation,
      stage: 'created',
      key: token,
      account: { name: 'ci' },
      scopes: ['apps'],
      by: 'boss@acme.example',
    },
  }),
};

it.each(ofOneToken)('a mail about one token carries the address of its page: %s', (wanted) => {
  const mail = sampleMails.find(({ name }) => name === wanted)?.mail;
  expect(mail?.text.replaceAll(/\s/g, '')).toContain(address);
  expect(mail?.html).toContain(`href="${address}"`);
});

it.each(Object.entries(others))('a mail about one token carries the address of its page: %s', (_, content) => {
  const { text, html } = renderMail(content);
  expect(text.replaceAll(/\s/g, '')).toContain(address);
  expect(html).toContain(`href="${address}"`);
});

it('a mail about a new network carries no address but that of the server', () => {
  const { text, html } = sampleMails.find(({ name }) => name === 'new-network')?.mail ?? { text: '', html: '' };
  expect(text).toContain(site.publicUrl);
  expect(text + html).not.toContain(token.id);
});
