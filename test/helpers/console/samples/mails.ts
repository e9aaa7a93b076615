import {
  type NoticedToken,
  tokensNeedAttentionMail,
} from '../../../../server/domain/notifications/digest/notice-mails.ts';
import { shortLivedDigestMail } from '../../../../server/domain/notifications/digest/short-lived-mails.ts';
import {
  type WebhookChange,
  webhookChangedMail,
} from '../../../../server/domain/notifications/events/webhook-change-mail.ts';
import { webhookDisabledMail } from '../../../../server/domain/notifications/events/webhook-mail.ts';
import { invitationMail, ssoInvitationMail } from '../../../../server/domain/notifications/invitation-mails.ts';
import { trustChangedMail } from '../../../../server/domain/notifications/machines/trust-mails.ts';
import type { MailContent, RenderedMail } from '../../../../server/domain/notifications/mail-content.ts';
import { tokenWidenedMail } from '../../../../server/domain/notifications/rules/widened-mail.ts';
import { tokensKnownMail } from '../../../../server/domain/notifications/service-accounts/known-mails.ts';
import { maintainerMails } from '../../../../server/domain/notifications/service-accounts/maintainer-mails.ts';
import { accountsOrphanedMail } from '../../../../server/domain/notifications/service-accounts/orphaned-mail.ts';
import {
  type TokenTransfer,
  tokensGivenMail,
  tokensReceivedMail,
} from '../../../../server/domain/notifications/service-accounts/transferred-mails.ts';
import {
  previousValueUsedMail,
  tokenPausedMail,
  tokenRotatedMail,
} from '../../../../server/domain/notifications/token-change-mails.ts';
import { tokensRevokedMail } from '../../../../server/domain/notifications/token-mails.ts';
import { newNetworkMail } from '../../../../server/domain/notifications/usage/new-network-mail.ts';
import { renderMail } from '../../../../server/mail/templates/render.ts';
import { owner, revocation, site, token } from '../../app/token-mails.ts';
import { leakMails } from './leak-mails.ts';
import { account, ipv6, longAgent, maintainer, nameOf, superuser } from './names.ts';

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const at = Date.UTC(2026, 10, 29, 9, 30);

const longToken = { ...token, name: nameOf(0) };
const member = { at, owner, clientInfo: { ip: ipv6, userAgent: longAgent } };

function noticed(index: number): NoticedToken {
  const notice = (['expired', 'expires', 'expires', 'idle'] as const)[index % 4] ?? 'expires';
  const end = at + { expired: -5 * hour, expires: ((index % 30) + 0.5) * day, idle: 14 * day }[notice];
  const lastUse = { at: at - (index % 70) * day, method: 'GET', path: '/', ip: ipv6, userAgent: null };
  const life = {
    createdAt: at - 60 * day,
    expiresAt: end,
    lifetimeMs: 90 * day,
    expiryCut: false,
    previousUsedAt: null,
    formerOwnerKnows: false,
  };
  const prefix = `tok_${index.toString(36).padStart(8, '0')}`;
  const names = { ...token, name: nameOf(index), prefix };
  return { token: { ...names, ...life, lastUse: index % 3 === 0 ? null : lastUse }, notice, idleAt: end };
}

const digest = (length: number) =>
  tokensNeedAttentionMail(site, { at, owner, tokens: Array.from({ length }, (_, index) => noticed(index)) });

const shortLivedEvents = Array.from({ length: 60 }, (_, index) => ({
  ...{ at: at - index * 60_000, name: `job-${index}`, prefix: token.prefix, ip: ipv6, method: 'console' },
  ...(index % 20 === 19 ? { kind: 'revoked' as const, by: superuser.email } : { kind: 'created' as const }),
  userAgent: index % 2 === 0 ? 'curl/8.9.1' : longAgent,
}));

const longRules = {
  apps: Array.from({ length: 50 }, (_, index) => `a${index}`.padEnd(63, '-a')),
  readOnly: false,
  allow: Array.from({ length: 50 }, (_, index) => `GET,HEAD /${index}/${'unbroken'.repeat(100)}/**`),
  networks: Array.from({ length: 50 }, (_, index) => `2001:db8:85a3:${index}::/64`),
};

const invitation = { ...member, inviter: { email: superuser.email, name: nameOf(3) }, sso: false, password: true };

const leaver = { ...owner, kind: 'member' } as const;

/** A transfer to the service account. The mail is to the former owner, or to a maintainer with `received`. */
function transfer({ length, received }: { length: number; received: boolean }): TokenTransfer {
  const tokens = Array.from({ length }, (_, index) => ({
    ...{ ...token, name: nameOf(index), formerName: nameOf(index % 2), expiresAt: at + 30 * day },
    prefix: `tok_${index.toString(36).padStart(8, '0')}`,
  }));
  const side = received ? { owner: account, reader: { ...maintainer, because: 'maintainer' as const } } : {};
  const accounts = { from: leaver, newOwner: account };
  return { ...member, ...accounts, tokens, actor: superuser, channel: 'cli', ...side };
}

const webhook: WebhookChange['webhook'] = {
  ...{
    id: token.id,
    url: `https://${'unbroken'.repeat(7)}.hooks.example.com/services/T0`,
    description: nameOf(3),
  },
  ...{ events: Array.from({ length: 30 }, (_, index) => `token.changed${index}`), format: 'standard', disabled: false },
};
const webhookChange = { ...member, webhook, actor: { ...superuser, token: nameOf(3) }, changed: [] };

const orphaned = { ...member, actor: superuser, reason: 'removed' } as const;
const [maintainersChanged] = maintainerMails(site, {
  ...{ ...member, owner: account, actor: superuser, channel: 'console' },
  ...{ added: [{ ...maintainer, disabled: false }], removed: [], kept: [] },
});
if (maintainersChanged === undefined) throw new Error('A maintainer who is added gets a mail.');

const contents: Record<string, MailContent> = {
  'daily-one': digest(1),
  'daily-forty': digest(40),
  'daily-hundreds': digest(300),
  rotated: tokenRotatedMail(site, {
    ...{ ...member, token: longToken, actor: { kind: 'user', id: owner.id, email: owner.email } },
    ...{ channel: 'cli', overlapEndsAt: at + day, staysPaused: false },
  }),
  'old-value-used': previousValueUsedMail(site, {
    ...{ owner, token: { ...token, name: nameOf(1) }, prefix: 'tok_8fK2b1Qz', validUntil: at + 6 * hour },
    use: { at, method: 'DELETE', path: `/${'builds/'.repeat(30)}42`, ...member.clientInfo },
  }),
  'new-network': newNetworkMail(site, {
    ...{ ...member, token: { ...token, name: nameOf(3) }, network: '2001:db8:85a3::/48' },
    ...{ method: 'GET', path: `/${'unbroken'.repeat(25)}` },
  }),
  widened: tokenWidenedMail(site, {
    ...{ ...member, token: longToken, actor: superuser, channel: 'console' },
    from: { apps: ['grafana'], readOnly: true, allow: ['GET /api/**'], networks: ['203.0.113.0/24'], enforce: true },
    to: { ...longRules, enforce: false },
  }),
  trust: trustChangedMail(site, {
    ...{ ...member, owner: { ...owner, superuser: true }, stage: 'changed', changed: ['claims', 'allow'] },
    ...{ formerAccount: 'a'.repeat(48), actor: { ...superuser, token: nameOf(3) } },
    trust: {
      ...{ id: token.id, name: 'a'.repeat(48), service_account: 'b'.repeat(48), audience: nameOf(3) },
      issuer: `https://id.example.com/${'unbroken'.repeat(30)}`,
      claims: Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`claim${index}`, 'unbroken'.repeat(60)])),
      ...{ apps: longRules.apps, read_only: true, allow: longRules.allow, ttl: 900 },
    },
  }),
  webhook: webhookChangedMail(site, {
    ...{ ...webhookChange, stage: 'changed', formerUrl: 'https://hooks.example.com/' },
    changed: ['url', 'events', 'format', 'description', 'disabled'],
  }),
  'webhook-secret': webhookChangedMail(site, { ...webhookChange, stage: 'rotated', formerUrl: webhook.url }),
  'webhook-disabled': webhookDisabledMail(site, { at, owner, webhook, reason: 'failing' }),
  'maintainers-changed': maintainersChanged.content,
  'orphaned-one': accountsOrphanedMail(site, { ...orphaned, accounts: [account] }),
  'orphaned-many': accountsOrphanedMail(site, {
    ...orphaned,
    accounts: Array.from({ length: 120 }, (_, index) => ({ id: token.id, name: `a${index}`.padEnd(63, '-a') })),
  }),
  paused: tokenPausedMail(site, {
    ...{ ...member, token: { ...token, name: nameOf(2) }, actor: superuser, channel: 'console' },
    ...{ until: at + 2 * day, reason: `${'A long reason, which the owner must be able to read. '.repeat(4)}` },
  }),
  'short-lived': shortLivedDigestMail(site, { at, owner, events: shortLivedEvents }),
  revoked: tokensRevokedMail(site, { ...revocation, tokens: [longToken, { ...token, name: nameOf(1) }] }),
  given: tokensGivenMail(site, transfer({ length: 1, received: false })),
  received: tokensReceivedMail(site, transfer({ length: 1, received: true })),
  'offboarding-given': tokensGivenMail(site, transfer({ length: 6, received: false })),
  'offboarding-received': tokensReceivedMail(site, { ...transfer({ length: 6, received: true }), offboarding: true }),
  'offboarding-known': tokensKnownMail(site, {
    ...{ ...member, leaver, actor: superuser },
    tokens: Array.from({ length: 6 }, (_, index) => ({
      ...{ ...token, name: nameOf(index), expiresAt: at + 30 * day, ownerEmail: account.email },
      ...{ manage: index === 0 ? 'apps' : null, needsMaintainer: index === 1 },
    })),
  }),
  'offboarding-known-many': tokensKnownMail(site, {
    ...{ ...member, leaver, actor: superuser },
    tokens: Array.from({ length: 120 }, (_, index) => ({
      ...{ ...token, name: nameOf(index), expiresAt: null, ownerEmail: account.email },
      ...{ manage: index === 0 ? 'apps' : null, needsMaintainer: index === 1 },
    })),
  }),
  'offboarding-many': tokensReceivedMail(site, { ...transfer({ length: 120, received: true }), offboarding: true }),
  invitation: invitationMail(site, {
    ...invitation,
    link: `${site.publicUrl}/join/ses_${'8fK2b1Qz'.repeat(6)}`,
  }),
  ...leakMails,
  'sso-invitation': ssoInvitationMail(site, { ...invitation, sso: true }),
};

/** Mails with the longest and strangest texts that members, clients and networks can cause, by name. */
export const sampleMails: ReadonlyArray<{ name: string; mail: RenderedMail }> = Object.entries(contents).map(
  ([name, content]) => ({ name, mail: renderMail(content) }),
);
