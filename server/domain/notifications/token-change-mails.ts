import type { Actor, LastUse } from '../../store/records.ts';
import {
  changePassword,
  contactSuperuser,
  reviewTokens,
  superuserOf,
  tokenUrl,
  unlessExpected,
  unlessYou,
} from './advice.ts';
import { type AdviceStep, type MailContent, mailText } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo, utc } from './member-mail.ts';
import {
  commandArgument,
  type MailedToken,
  methods,
  type RevocationChannel,
  tokenFacts,
  tokenFooter,
} from './token-mails.ts';

export interface TokenChange extends MemberEvent {
  token: MailedToken;
  actor: Actor;
  channel: RevocationChannel;
}

/** `overlapEndsAt` is null if the old value ended at once. */
export type TokenRotation = TokenChange & { overlapEndsAt: number | null };

export type TokenPause = TokenChange & { until: number | null; reason: string | null };

export type TokenExtension = TokenChange & { earlierEnd: number | null };

/** Writes the mail to the owner of a token that received a new value. */
export function tokenRotatedMail(site: SiteInfo, event: TokenRotation): MailContent {
  const { token, owner, channel, overlapEndsAt } = event;
  const old = overlapEndsAt === null ? 'ended at once' : `works until ${utc(overlapEndsAt)}`;
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. All its values stop working immediately.',
    link: { label: 'Open the token in the console', url: tokenUrl(site, token.id) },
    command: `tokens revoke ${commandArgument(token)}`,
  };
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was rotated`,
    preview: `${token.prefix} is the new value. The old value ${old}.`,
    lead: `A personal API token of your account ${owner.email} has a new value. The old value ${old}.`,
    button: { label: 'View this token', url: tokenUrl(site, token.id) },
    advice: unlessYou([revoke, changePassword(site), contactSuperuser(site)]),
    facts: [...tokenFacts(token), ['Old value', old], ['Method', methods[channel]]],
    footer: tokenFooter,
  });
}

/** A use of the old value of a token, shortly before that value ends. */
export interface PreviousValueUse extends Pick<MemberEvent, 'owner'> {
  token: MailedToken;
  prefix: string;
  validUntil: number;
  use: LastUse;
}

/** Writes the mail to the owner of a token whose old value was used after the rotation, shortly before it ends. */
export function previousValueUsedMail(
  site: SiteInfo,
  { owner, token, prefix, validUntil, use }: PreviousValueUse,
): MailContent {
  const url = tokenUrl(site, token.id);
  const clientInfo = { ip: use.ip, userAgent: use.userAgent };
  return memberMail(
    site,
    { at: use.at, owner, clientInfo },
    {
      subject: mailText`The old value of API token "${token.name}" was used after the rotation`,
      preview: `${prefix} stops working at ${utc(validUntil)}. It was last used on ${utc(use.at)}.`,
      lead: `You rotated a personal API token of your account ${owner.email}. Its old value was used after that, and stops working at ${utc(validUntil)}. Below is its last use.`,
      button: { label: 'View this token', url },
      advice: [
        {
          heading: 'What to do',
          steps: [
            { instruction: 'Put the new value where the old one was used, if you have not done so since.' },
            {
              instruction: 'If you do not recognize this use, end the old value now.',
              link: { label: 'Open the token in the console', url },
              command: `tokens rotate ${commandArgument(token)} --finish`,
            },
          ],
        },
      ],
      facts: [
        ...tokenFacts(token),
        ['Old value', `${prefix}, works until ${utc(validUntil)}`],
        ['Request', use.path === null ? 'unknown' : mailText`${use.method ?? ''} ${use.path}`],
      ],
      footer: tokenFooter,
    },
  );
}

/** Writes the mail to the owner of a token that somebody else paused. */
export function tokenPausedMail(site: SiteInfo, event: TokenPause): MailContent {
  const { token, owner, actor, until, reason } = event;
  const end = until === null ? 'until it is resumed' : `until ${utc(until)}`;
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was paused`,
    lead: `A personal API token of your account ${owner.email} was paused. It is rejected ${end}.`,
    button: { label: 'View this token', url: tokenUrl(site, token.id) },
    advice: unlessExpected([
      { instruction: `Ask ${superuserOf(site)} for the reason. Only a superuser can resume it.` },
      reviewTokens(site),
    ]),
    facts: [
      ...tokenFacts(token),
      ['Paused by', `${actor.email} (Organization Superuser)`],
      ['Paused', end],
      ...(reason === null ? [] : [['Reason', mailText`${reason}`] as const]),
    ],
    footer: tokenFooter,
  });
}

/** Writes the mail to the owner of a token that somebody else resumed. */
export function tokenResumedMail(site: SiteInfo, event: TokenChange): MailContent {
  const { token, owner, actor } = event;
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was resumed`,
    lead: `A personal API token of your account ${owner.email} was resumed. It is accepted again.`,
    button: { label: 'View this token', url: tokenUrl(site, token.id) },
    advice: unlessExpected([reviewTokens(site), contactSuperuser(site)]),
    facts: [...tokenFacts(token), ['Resumed by', `${actor.email} (Organization Superuser)`]],
    footer: tokenFooter,
  });
}

/** Writes the mail to the owner of a token whose expiry was extended. */
export function tokenExtendedMail(site: SiteInfo, event: TokenExtension): MailContent {
  const { token, owner, channel, earlierEnd } = event;
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: `tokens revoke ${commandArgument(token)}`,
  };
  return memberMail(site, event, {
    subject: mailText`The expiry of API token "${token.name}" was extended`,
    lead: `A personal API token of your account ${owner.email} now works longer than before.`,
    button: { label: 'View this token', url },
    advice: unlessYou([revoke, changePassword(site), contactSuperuser(site)]),
    facts: [
      ...tokenFacts(token),
      ['Expired before', earlierEnd === null ? 'never' : utc(earlierEnd)],
      ['Method', methods[channel]],
    ],
    footer: tokenFooter,
  });
}
