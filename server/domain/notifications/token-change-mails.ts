import type { Actor, LastUse } from '../../store/records.ts';
import { superuserOf, tokenUrl, unlessExpected } from './advice.ts';
import { type AdviceStep, type MailContent, type MailText, mailText, maxItems } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo, utc } from './member-mail.ts';
import {
  actorFact,
  actorOfMail,
  adviceToReader,
  aTokenOf,
  commandOf,
  contactSomeone,
  footerOf,
  isOfServiceAccount,
  reviewTokensOf,
  tokenListOf,
  tokensOf,
  tokenTitle,
} from './service-accounts/wording.ts';
import {
  commandArgument,
  type MailedToken,
  methods,
  type RevocationChannel,
  revokeCommand,
  tokenFacts,
  tokenItem,
  tokenLine,
} from './token-mails.ts';

export interface TokenChange extends MemberEvent {
  token: MailedToken;
  actor: Actor;
  channel: RevocationChannel;
}

/** `overlapEndsAt` is null if the old value ended at once. */
export type TokenRotation = TokenChange & { overlapEndsAt: number | null; staysPaused: boolean };

export type TokenPause = TokenChange & { until: number | null; reason: string | null };

/** Tokens of one owner that were paused together. */
export type TokensPause = Omit<TokenPause, 'token'> & { tokens: readonly MailedToken[] };

export type TokenExtension = TokenChange & { earlierEnd: number | null };

/** Writes the mail about a token that received a new value. */
export function tokenRotatedMail(site: SiteInfo, event: TokenRotation): MailContent {
  const { token, channel, overlapEndsAt, staysPaused } = event;
  const paused = staysPaused ? ' The token is still paused: the new value works when the pause ends.' : '';
  const old = overlapEndsAt === null ? 'ended at once' : `works until ${utc(overlapEndsAt)}`;
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. All its values stop working immediately.',
    link: { label: 'Open the token in the console', url: tokenUrl(site, token.id) },
    command: revokeCommand(event, token),
  };
  return memberMail(site, event, {
    subject: [...tokenTitle(token), ' was rotated'],
    preview: `${token.prefix} is the new value. The old value ${old}.${paused}`,
    lead: `${aTokenOf(event)} has a new value. The old value ${old}.${paused}`,
    button: { label: 'View this token', url: tokenUrl(site, token.id) },
    advice: adviceToReader(event, site, [revoke]),
    facts: [...tokenFacts(token), ['Old value', old], ...rotatedBy(event), ['Method', methods[channel]]],
    footer: footerOf(event),
  });
}

/** A use of the old value of a token, shortly before that value ends. */
export interface PreviousValueUse extends Pick<MemberEvent, 'owner' | 'reader'> {
  token: MailedToken;
  prefix: string;
  validUntil: number;
  use: LastUse;
}

/** Writes the mail about a token whose old value was used after the rotation, shortly before it ends. */
export function previousValueUsedMail(site: SiteInfo, event: PreviousValueUse): MailContent {
  const { owner, reader, token, prefix, validUntil, use } = event;
  const url = tokenUrl(site, token.id);
  const clientInfo = { ip: use.ip, userAgent: use.userAgent };
  return memberMail(
    site,
    { at: use.at, owner, clientInfo, ...(reader && { reader }) },
    {
      subject: mailText`The old value of API token "${token.name}" was used after the rotation`,
      preview: `${prefix} stops working at ${utc(validUntil)}. It was last used on ${utc(use.at)}.`,
      lead: `${isOfServiceAccount(event) ? `${aTokenOf(event)} was rotated` : `You rotated a personal API token of your account ${owner.email}`}. Its old value was used after that, and stops working at ${utc(validUntil)}. Below is its last use.`,
      button: { label: 'View this token', url },
      advice: [
        {
          heading: 'What to do',
          steps: [
            { instruction: 'Put the new value where the old one was used, if you have not done so since.' },
            {
              instruction: 'If you do not recognize this use, end the old value now.',
              link: { label: 'Open the token in the console', url },
              command: commandOf(event, `tokens rotate ${commandArgument(token)} --finish`),
            },
          ],
        },
      ],
      facts: [
        ...tokenFacts(token),
        ['Old value', `${prefix}, works until ${utc(validUntil)}`],
        ['Request', use.path === null ? 'unknown' : mailText`${use.method ?? ''} ${use.path}`],
      ],
      footer: footerOf(event),
    },
  );
}

/** Writes the mail about a token that somebody else paused. */
export function tokenPausedMail(site: SiteInfo, event: TokenPause): MailContent {
  const { token } = event;
  return memberMail(site, event, {
    subject: [...tokenTitle(token), ' was paused'],
    lead: `${aTokenOf(event)} was paused. Requests that use it are denied ${endOf(event)}.`,
    button: { label: 'View this token', url: tokenUrl(site, token.id) },
    advice: adviceAfterPause(site, event, 'it'),
    facts: [...tokenFacts(token), ...pauseFacts(event)],
    footer: footerOf(event),
  });
}

/** Writes the mail about tokens that somebody else paused together. */
export function tokensPausedMail(site: SiteInfo, event: TokensPause): MailContent {
  const { tokens } = event;
  const [token, ...others] = tokens;
  if (token !== undefined && others.length === 0) return tokenPausedMail(site, { ...event, token });
  return memberMail(site, event, {
    subject: `${tokens.length} API tokens were paused`,
    lead: `${tokensOf(event, tokens.length)} were paused. Requests that use them are denied ${endOf(event, 'they are')}.`,
    button: tokenListOf(event, site),
    ...itemsOf('Paused', tokens),
    advice: adviceAfterPause(site, event, 'them'),
    facts: pauseFacts(event),
    footer: footerOf(event),
  });
}

type Pause = Omit<TokenPause, 'token'>;

function endOf({ until }: Pause, subject: 'it is' | 'they are' = 'it is'): string {
  return until === null ? `until ${subject} resumed` : `until ${utc(until)}`;
}

function adviceAfterPause(site: SiteInfo, event: Pause, object: 'it' | 'them') {
  const instruction = isOfServiceAccount(event)
    ? `Ask the one who paused ${object} for the reason. Only a superuser can end the pause of a superuser.`
    : `Ask ${superuserOf(site)} for the reason. Only a superuser can resume ${object}.`;
  return unlessExpected([{ instruction }, reviewTokensOf(event, site)]);
}

function pauseFacts(event: Pause): Array<readonly [string, MailText]> {
  const { reason } = event;
  return [
    ['Paused by', actorOfMail(event)],
    ['Paused', endOf(event)],
    ...(reason === null ? [] : [['Reason', mailText`${reason}`] as const]),
  ];
}

/** Tokens of one owner that were resumed together. */
export type TokensChange = Omit<TokenChange, 'token'> & { tokens: readonly MailedToken[] };

/** Writes the mail about tokens that somebody else resumed, one or several. */
export function tokensResumedMail(site: SiteInfo, event: TokensChange): MailContent {
  const { tokens } = event;
  const [token, ...others] = tokens;
  const isOne = token !== undefined && others.length === 0;
  return memberMail(site, event, {
    subject: isOne ? [...tokenTitle(token), ' was resumed'] : `${tokens.length} API tokens were resumed`,
    lead: isOne
      ? `${aTokenOf(event)} was resumed. It is accepted again.`
      : `${tokensOf(event, tokens.length)} were resumed. They are accepted again.`,
    button: isOne ? { label: 'View this token', url: tokenUrl(site, token.id) } : tokenListOf(event, site),
    ...(!isOne && itemsOf('Resumed', tokens)),
    advice: unlessExpected([reviewTokensOf(event, site), ...contactSomeone(event, site)]),
    facts: [...(isOne ? tokenFacts(token) : []), ['Resumed by', actorOfMail(event)]],
    footer: footerOf(event),
  });
}

/** Returns the tokens of a mail as items, or as lines if they are many. */
function itemsOf(heading: string, tokens: readonly MailedToken[]) {
  if (tokens.length > maxItems) return { lists: [{ heading, lines: tokens.map(tokenLine) }] };
  return { items: tokens.map(tokenItem) };
}

/** Writes the mail about a token whose expiry was extended. */
export function tokenExtendedMail(site: SiteInfo, event: TokenExtension): MailContent {
  const { token, channel, earlierEnd } = event;
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: revokeCommand(event, token),
  };
  return memberMail(site, event, {
    subject: ['The expiry of ', ...tokenTitle(token, 'inside'), ' was extended'],
    lead: `${aTokenOf(event)} now works longer than before.`,
    button: { label: 'View this token', url },
    advice: adviceToReader(event, site, [revoke]),
    facts: [
      ...tokenFacts(token),
      ['Expired before', earlierEnd === null ? 'never' : utc(earlierEnd)],
      ...actorFact('Changed by', event),
      ['Method', methods[channel]],
    ],
    footer: footerOf(event),
  });
}

/** Returns the fact that names who rotated the token, or none if the token rotated itself. */
function rotatedBy(event: TokenRotation) {
  return event.channel === 'token' ? [] : actorFact('Rotated by', event);
}
