import type { MailLink, MailLinkKind, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import {
  type AccountDeletion,
  accountDeletedMail,
  confirmEmailMail,
  type EmailChangeEvent,
  emailChangedMail,
  emailChangeRequestedMail,
} from './account-mails.ts';
import { type TokensNeedAttention, tokensNeedAttentionMail } from './digest/notice-mails.ts';
import { type ShortLivedDigest, shortLivedDigestMail } from './digest/short-lived-mails.ts';
import { createShortLivedTokens } from './digest/short-lived-tokens.ts';
import { type WebhookChange, webhookChangedMail } from './events/webhook-change-mail.ts';
import { type WebhookDisabled, webhookDisabledMail } from './events/webhook-mail.ts';
import { type InvitationEvent, invitationMail, ssoInvitationMail } from './invitation-mails.ts';
import { type CanaryUse, canaryUsedMail } from './leaks/canary-mail.ts';
import { type LeakDigest, leakDigestMail } from './leaks/leak-digest-mail.ts';
import { type ValueLeak, valueLeakedMail } from './leaks/leaked-mail.ts';
import { linkAddress } from './link-address.ts';
import { type KeyEvent, managementKeyMail } from './machines/key-mails.ts';
import { type TrustChange, trustChangedMail } from './machines/trust-mails.ts';
import type { MailContent, RenderedMail } from './mail-content.ts';
import type { MemberEvent, Reader, SiteInfo } from './member-mail.ts';
import { type PermissionLoss, permissionLostMail } from './permission-mails.ts';
import { recoveryMail } from './recovery-mails.ts';
import { type TokenWidening, tokenWidenedMail } from './rules/widened-mail.ts';
import { passwordResetMail, securityMail } from './security-mails.ts';
import { type ServiceAccountDeletion, serviceAccountDeletedMail } from './service-accounts/deleted-mail.ts';
import { type TokensKnown, tokensKnownMail } from './service-accounts/known-mails.ts';
import { type MaintainersChange, maintainerMails } from './service-accounts/maintainer-mails.ts';
import { type AccountsOrphaned, accountsOrphanedMail } from './service-accounts/orphaned-mail.ts';
import { readersOf } from './service-accounts/readers.ts';
import { type TokenTransfer, tokensGivenMail, tokensReceivedMail } from './service-accounts/transferred-mails.ts';
import { type SsoConnected, ssoConnectedMail } from './sso-mails.ts';
import { ownTestMail } from './test-mail.ts';
import {
  type PreviousValueUse,
  previousValueUsedMail,
  type TokenExtension,
  type TokenPause,
  type TokenRotation,
  type TokensChange,
  type TokensPause,
  tokenExtendedMail,
  tokenPausedMail,
  tokenRotatedMail,
  tokensPausedMail,
  tokensResumedMail,
} from './token-change-mails.ts';
import { type TokenCreation, type TokenRevocation, tokenCreatedMail, tokensRevokedMail } from './token-mails.ts';
import { type NewNetworkEvent, newNetworkMail } from './usage/new-network-mail.ts';

/** An event with the full record of the account that the mail is about. */
type ForMember<Event> = Event & { owner: UserRecord };

type TransferSides = { from: UserRecord; newOwner: UserRecord };

/**
 * Puts mails to members into the outbox. Each method takes the store of the transaction that makes the change, so that
 * the change and its mail are committed together. A mail about the tokens of a service account goes to each of its enabled maintainers,
 * or to all superusers if there is none.
 */
export interface Notifier {
  /** Enqueues a mail. If the token is short-lived, it may be collected for a common one. */
  tokenCreated(store: Store, event: ForMember<TokenCreation & { token: TokenRecord }>): Promise<void>;
  tokenRotated(store: Store, event: ForMember<TokenRotation>): Promise<void>;
  tokenExtended(store: Store, event: ForMember<TokenExtension>): Promise<void>;
  tokenWidened(store: Store, event: ForMember<TokenWidening>): Promise<void>;
  /** Notifies those who look after a token, except the one who paused it. */
  tokenPaused(store: Store, event: ForMember<TokenPause>): Promise<void>;
  /** Does the same for tokens of one owner that were paused together, with one mail. */
  tokensPaused(store: Store, event: ForMember<TokensPause>): Promise<void>;
  tokensResumed(store: Store, event: ForMember<TokensChange>): Promise<void>;
  previousValueUsed(store: Store, event: ForMember<PreviousValueUse & { at: number }>): Promise<void>;
  /** Enqueues one mail for all tokens. If all are short-lived, they may be collected for a common one. */
  tokensRevoked(store: Store, event: ForMember<TokenRevocation & { tokens: readonly TokenRecord[] }>): Promise<void>;
  /** Enqueues the common mail about short-lived tokens. */
  shortLivedTokens(store: Store, event: ForMember<ShortLivedDigest>): Promise<void>;
  /** Enqueues the daily mail about tokens that expire or become idle. */
  tokensNeedAttention(store: Store, event: ForMember<TokensNeedAttention>): Promise<void>;
  /** Notifies a member of a change to how they sign in. Call it after the change. */
  security(store: Store, event: ForMember<Parameters<typeof securityMail>[1]>): Promise<void>;
  /** Enqueues the mail without its link, which the mail job makes when it sends the mail. */
  passwordReset(store: Store, event: ForMember<MemberEvent>): Promise<void>;
  /** Enqueues one mail for all permissions that a sign-in removed. */
  permissionLost(store: Store, event: ForMember<PermissionLoss>): Promise<void>;
  /** Enqueues the mail like `passwordReset`; with single sign-on, it needs no link. */
  invitation(store: Store, event: ForMember<InvitationEvent>): Promise<void>;
  ssoConnected(store: Store, event: ForMember<SsoConnected>): Promise<void>;
  /** Notifies a superuser of a recovery link. */
  recovery(store: Store, event: ForMember<Parameters<typeof recoveryMail>[1]>): Promise<void>;
  /** Enqueues the link to the new address, and a notice to the present one. `data` is that of the link. */
  emailChangeRequested(store: Store, event: ForMember<EmailChangeEvent & { data: string }>): Promise<void>;
  /** Enqueues one mail to each of the two addresses. */
  emailChanged(store: Store, event: ForMember<EmailChangeEvent>): Promise<void>;
  accountDeleted(store: Store, event: ForMember<AccountDeletion>): Promise<void>;
  /** Notifies the owner of a token of its first use from a network. */
  newNetwork(store: Store, event: ForMember<NewNetworkEvent & { token: TokenRecord }>): Promise<void>;
  /**
   * Enqueues one mail to each member on either side of a transfer: to the former owner, and to the maintainers of the service account. If the
   * former owner leaves, call it after their account is disabled.
   */
  tokensTransferred(store: Store, event: Omit<TokenTransfer, 'owner'> & TransferSides): Promise<void>;
  /** Notifies one member who can have tokens of service accounts rotated whose values a leaver knows. */
  tokensKnown(store: Store, event: TokensKnown): Promise<void>;
  /** Notifies the maintainers. Call it before the deletion. */
  serviceAccountDeleted(store: Store, event: ForMember<ServiceAccountDeletion>): Promise<void>;
  /** Notifies the members who maintain a service account, and those who did so before the change. */
  maintainersChanged(store: Store, event: ForMember<MaintainersChange>): Promise<void>;
  /** Notifies one superuser or maintainer of a management key. */
  managementKey(store: Store, event: ForMember<KeyEvent>): Promise<void>;
  /** Notifies one superuser or maintainer of a trust. */
  trustChanged(store: Store, event: ForMember<TrustChange>): Promise<void>;
  /** Notifies a superuser of service accounts that nobody maintains any more. */
  accountsOrphaned(store: Store, event: ForMember<AccountsOrphaned>): Promise<void>;
  /** Notifies the reader of a canary that somebody presented. */
  canaryUsed(store: Store, event: ForMember<CanaryUse>): Promise<void>;
  /** Notifies a superuser of a webhook that somebody created, changed or deleted. */
  webhookChanged(store: Store, event: ForMember<WebhookChange>): Promise<void>;
  /** Notifies a superuser of a webhook that the daemon disabled. */
  webhookDisabled(store: Store, event: ForMember<WebhookDisabled>): Promise<void>;
  /** Notifies those who look after a token that one of its values leaked. */
  valueLeaked(store: Store, event: ForMember<ValueLeak>): Promise<void>;
  /** Notifies a superuser of the values that leaked since the last such mail. */
  leakDigest(store: Store, event: ForMember<LeakDigest>): Promise<void>;
  /** Enqueues a mail that a superuser sends to themselves, to see whether mail works. */
  test(store: Store, event: ForMember<{ at: number }>): Promise<void>;
  /** Starts sending. Call it after the commit. */
  wake(): void;
}

export function createNotifier(deps: {
  site: SiteInfo;
  newId: () => string;
  render: (content: MailContent) => RenderedMail;
  wake: () => void;
  /** How long mails about short-lived tokens are collected. */
  shortLivedDigestMs: number;
}): Notifier {
  const { site, newId, render, wake } = deps;
  const shortLived = createShortLivedTokens({ newId, windowMs: deps.shortLivedDigestMs });
  const domain = new URL(site.publicUrl).hostname;

  type Event = { at: number; owner: UserRecord };

  async function enqueue(
    store: Store,
    { at, owner }: { at: number; owner: Pick<UserRecord, 'email'> },
    content: MailContent,
    { id = newId(), ...rest }: { id?: string; to?: string; link?: MailLink; deletedUserId?: string } = {},
  ): Promise<void> {
    const message = { messageId: `<${id}@${domain}>`, createdAt: at, ...render(content) };
    await store.outbox.enqueue({ id, to: owner.email, ...message, ...rest });
  }

  /** Enqueues a mail about tokens, with the same content for each reader except for what it says to them. */
  async function enqueueToReaders<E extends Event>(
    store: Store,
    event: E,
    content: (site: SiteInfo, event: E & { reader: Reader }) => MailContent,
    exceptFor: ReadonlyArray<string | null> = [],
  ): Promise<void> {
    for (const reader of await readersOf(store, event.owner)) {
      if (exceptFor.includes(reader.id)) continue;
      await enqueue(store, event, content(site, { ...event, reader }), { to: reader.email });
    }
  }

  async function enqueueWithLink(
    store: Store,
    event: Event,
    { kind, data = '{}', ...rest }: { kind: MailLinkKind; data?: string; to?: string },
    content: (link: string) => MailContent,
  ): Promise<void> {
    const id = newId();
    const link = { kind, userId: event.owner.id, data };
    await enqueue(store, event, content(linkAddress(site, kind, id)), { ...rest, id, link });
  }

  return {
    wake,
    async tokenCreated(store, event) {
      if (await shortLived.collectCreation(store, event)) return;
      await enqueueToReaders(store, event, tokenCreatedMail);
    },
    async tokensRevoked(store, event) {
      if (await shortLived.collectRevocation(store, event)) return;
      await enqueueToReaders(store, event, tokensRevokedMail);
    },
    shortLivedTokens: (store, event) => enqueueToReaders(store, event, shortLivedDigestMail),
    tokensNeedAttention: (store, event) => enqueueToReaders(store, event, tokensNeedAttentionMail),
    async security(store, event) {
      // The event holds the member from before the change.
      const factors = (await store.users.findById(event.owner.id)) ?? event.owner;
      await enqueue(store, event, securityMail(site, event, factors));
    },
    permissionLost: (store, event) => enqueue(store, event, permissionLostMail(site, event)),
    passwordReset: (store, event) =>
      enqueueWithLink(store, event, { kind: 'password-reset' }, (link) => passwordResetMail(site, { ...event, link })),
    invitation: (store, event) =>
      event.sso
        ? enqueue(store, event, ssoInvitationMail(site, event))
        : enqueueWithLink(store, event, { kind: 'invitation' }, (link) => invitationMail(site, { ...event, link })),
    ssoConnected: (store, event) => enqueue(store, event, ssoConnectedMail(site, event)),
    managementKey: (store, event) => enqueue(store, event, managementKeyMail(site, event)),
    trustChanged: (store, event) => enqueue(store, event, trustChangedMail(site, event)),
    recovery: (store, event) => enqueue(store, event, recoveryMail(site, event)),
    async emailChangeRequested(store, { data, ...event }) {
      const link = { kind: 'email-change', data, to: event.email } as const;
      await enqueueWithLink(store, event, link, (link) => confirmEmailMail(site, { ...event, link }));
      await enqueue(store, event, emailChangeRequestedMail(site, event));
    },
    async emailChanged(store, event) {
      const content = emailChangedMail(site, event);
      await enqueue(store, event, content);
      await enqueue(store, event, content, { to: event.email });
    },
    accountDeleted: (store, event) =>
      enqueue(store, event, accountDeletedMail(site, event), { deletedUserId: event.owner.id }),
    tokenRotated: (store, event) => enqueueToReaders(store, event, tokenRotatedMail),
    tokenExtended: (store, event) => enqueueToReaders(store, event, tokenExtendedMail),
    tokenWidened: (store, event) => enqueueToReaders(store, event, tokenWidenedMail),
    tokenPaused: (store, event) => enqueueToReaders(store, event, tokenPausedMail, [event.actor.id]),
    tokensPaused: (store, event) => enqueueToReaders(store, event, tokensPausedMail, [event.actor.id]),
    tokensResumed: (store, event) => enqueueToReaders(store, event, tokensResumedMail, [event.actor.id]),
    previousValueUsed: (store, event) => enqueueToReaders(store, event, previousValueUsedMail),
    async tokensTransferred(store, { from, newOwner, ...rest }) {
      const event = { ...rest, from, newOwner };
      // A reader on both sides gets only the mail that asks for a rotation.
      const receivers = (await readersOf(store, newOwner)).map(({ id }) => id);
      await enqueueToReaders(store, { ...event, owner: from }, tokensGivenMail, receivers);
      await enqueueToReaders(store, { ...event, owner: newOwner }, tokensReceivedMail);
    },
    tokensKnown: (store, event) => enqueue(store, event, tokensKnownMail(site, event)),
    serviceAccountDeleted: (store, event) => enqueueToReaders(store, event, serviceAccountDeletedMail),
    async maintainersChanged(store, event) {
      for (const { to, content } of maintainerMails(site, event)) await enqueue(store, event, content, { to });
    },
    newNetwork: (store, event) => enqueueToReaders(store, event, newNetworkMail),
    accountsOrphaned: (store, event) => enqueue(store, event, accountsOrphanedMail(site, event)),
    canaryUsed: (store, event) => enqueue(store, event, canaryUsedMail(site, event), { to: event.reader.email }),
    webhookChanged: (store, event) => enqueue(store, event, webhookChangedMail(site, event)),
    webhookDisabled: (store, event) => enqueue(store, event, webhookDisabledMail(site, event)),
    valueLeaked: (store, event) => enqueueToReaders(store, event, valueLeakedMail),
    test: (store, event) => enqueue(store, event, ownTestMail(site, event.at)),
    leakDigest: (store, event) => enqueue(store, event, leakDigestMail(site, event)),
  };
}
