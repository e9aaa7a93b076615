import { expect, it } from 'vitest';
import { shortLivedDigestMail } from '../../../server/domain/notifications/digest/short-lived-mails.ts';
import { managementKeyMail } from '../../../server/domain/notifications/machines/key-mails.ts';
import { tokensKnownMail } from '../../../server/domain/notifications/service-accounts/known-mails.ts';
import { tokenExtendedMail, tokensResumedMail } from '../../../server/domain/notifications/token-change-mails.ts';
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

const key = {
  ...{ ...creation, stage: 'created' as const, key: token, account: { name: 'ci' }, scopes: ['apps' as const] },
  ...{ rules: { networks: null }, by: 'boss@acme.example' },
};

const others = {
  created: tokenCreatedMail(site, creation),
  revoked: tokensRevokedMail(site, revocation),
  resumed: tokensResumedMail(site, { ...creation, tokens: [token], actor: revocation.actor }),
  extended: tokenExtendedMail(site, { ...creation, earlierEnd: token.expiresAt }),
  key: managementKeyMail(site, { ...key, owner: { ...creation.owner, superuser: true } }),
  'short-lived': shortLivedDigestMail(site, {
    ...{ at: creation.at, owner: creation.owner },
    events: (['created', 'revoked'] as const).map((kind) => ({
      ...{ kind, at: creation.at, tokenId: token.id, name: token.name, prefix: token.prefix },
      ...{ ip: null, userAgent: null, method: 'console' },
    })),
  }),
  known: tokensKnownMail(site, {
    ...{ ...creation, leaver: { email: 'left@acme.example' }, actor: revocation.actor },
    tokens: [
      ...[{ ...token, createdAt: creation.at, expiresAt: null, ownerEmail: 'service-account:ci' }].map((known) => ({
        ...{ ...known, manage: null, needsMaintainer: false },
      })),
    ],
  }),
};

/** Samples that name a prefix and lead to no page of a token: several tokens, and the mail that carries no address. */
const withoutPage = ['new-network', 'short-lived', 'revoked', 'offboarding-known', 'offboarding-known-many'];

it('every other mail that names one prefix carries the address of the page', () => {
  const named = sampleMails
    .filter(({ mail }) => new Set(mail.text.match(/\btok_[0-9A-Za-z]{8}\b/g)).size === 1)
    .map(({ name, mail }) => [name, mail.html.includes('/profile/api-tokens/')]);
  expect(named.length).toBeGreaterThan(9);
  expect(named.filter(([, hasAddress]) => !hasAddress).map(([name]) => name)).toEqual(withoutPage);
});

it('a mail about a management key leads only superusers to the audit log', () => {
  const textFor = (superuser: boolean) =>
    renderMail(managementKeyMail(site, { ...key, owner: { ...creation.owner, superuser } })).text;
  expect(textFor(true)).toContain('tokens audit --user service-account:ci');
  expect(textFor(false)).not.toContain('audit');
  expect(textFor(false)).toContain('Organization Superuser');
});

it('a mail about several tokens carries the address of no single one', () => {
  const { html } = renderMail(
    shortLivedDigestMail(site, {
      ...{ at: creation.at, owner: creation.owner },
      events: [token.id, 'another'].map((tokenId) => ({
        ...{ kind: 'created' as const, at: creation.at, tokenId, name: token.name, prefix: token.prefix },
        ...{ ip: null, userAgent: null, method: 'console' },
      })),
    }),
  );
  expect(html).not.toContain(address);
});

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

it('no mail breaks the address of a member', () => {
  const broken = sampleMails.filter(({ mail }) => /@\S*\[\.\]|\[\.\]\S*@/.test(mail.text));
  expect(broken.map(({ name }) => name)).toEqual([]);
});
