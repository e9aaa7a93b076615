import type { TokenRecord } from '../../../store/records.ts';
import { lifetimeOf } from '../../tokens/expiry.ts';
import type { AdviceSection, MailContent } from '../mail-content.ts';
import { mailText } from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc } from '../member-mail.ts';
import { commandArgument } from '../token-mails.ts';
import type { Notice } from './notice-rules.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;

/** How long a token must be unused for the mail to say so, instead of naming its last use. */
const unusedMs = 30 * dayMs;

/** A token that the daily mail names, and why. */
export interface NoticedToken {
  token: Pick<
    TokenRecord,
    'id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt' | 'lifetimeMs' | 'lastUse' | 'previousUsedAt'
  >;
  notice: Notice;
  /** When the token becomes idle. Null if it does not. */
  idleAt: number | null;
}

export interface TokensNeedAttention extends MailEvent {
  /** At least one. */
  tokens: readonly NoticedToken[];
}

const footer = 'You get this message at most once a day. It never contains the value of a token.';

const rules: Record<Notice, string> = {
  expires: 'A token that expires is rejected from then on.',
  expired: 'A token that has expired is rejected, and cannot be extended.',
  idle: 'A token that nobody uses becomes idle, and is rejected until you resume it.',
};

/** Writes the daily mail about tokens that expire, have expired or become idle. */
export function tokensNeedAttentionMail(site: SiteInfo, event: TokensNeedAttention): MailContent {
  const { at, owner } = event;
  const tokens = [...event.tokens].sort((one, other) => endOf(one) - endOf(other));
  const [first] = tokens;
  const kinds = (['expires', 'expired', 'idle'] as const).filter((kind) =>
    tokens.some(({ notice }) => notice === kind),
  );
  const lead = `${tokens.length === 1 ? '1 personal API token' : `${tokens.length} personal API tokens`} of your account ${owner.email} ${tokens.length === 1 ? 'needs' : 'need'} your attention.`;
  return mailToMember(site, event, {
    subject:
      tokens.length === 1 && first !== undefined
        ? mailText`API token "${first.token.name}" ${newsOf(first, at)}`
        : kinds.map((kind, index) => countOf(kind, tokens, index === 0)).join(', '),
    preview: [lead, ...kinds.map((kind) => rules[kind])].join(' '),
    lead: [lead, ...kinds.map((kind) => rules[kind])].join(' '),
    button: { label: 'View your API tokens', url: `${site.publicUrl}/profile/api-tokens` },
    items: tokens.map((token) => itemOf(token, at)),
    advice: adviceFor(kinds),
    footer,
  });
}

/** Returns when a token stops to work: its expiry, or when it becomes idle. */
function endOf({ token, notice, idleAt }: NoticedToken): number {
  return (notice === 'idle' ? idleAt : token.expiresAt) ?? Number.POSITIVE_INFINITY;
}

function newsOf(noticed: NoticedToken, at: number): string {
  if (noticed.notice === 'expired') return 'has expired';
  return `${noticed.notice === 'idle' ? 'becomes idle' : 'expires'} in ${spanOf(endOf(noticed) - at)}`;
}

/** Returns a part of the subject, such as `2 API tokens expire soon`. */
function countOf(kind: Notice, tokens: readonly NoticedToken[], isFirst: boolean): string {
  const count = tokens.filter(({ notice }) => notice === kind).length;
  const [one, many] = {
    expires: ['expires soon', 'expire soon'],
    expired: ['has expired', 'have expired'],
    idle: ['becomes idle soon', 'become idle soon'],
  }[kind];
  const noun = count === 1 ? ' API token' : ' API tokens';
  return `${count}${isFirst ? noun : ''} ${count === 1 ? one : many}`;
}

/** Returns a span in whole days, or in hours if it is shorter than two days. */
function spanOf(ms: number): string {
  if (ms < hourMs) return 'less than an hour';
  const [count, unit] = ms < 2 * dayMs ? [Math.round(ms / hourMs), 'hour'] : [Math.round(ms / dayMs), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function itemOf(noticed: NoticedToken, at: number): MailContent['items'][number] {
  const { token, notice } = noticed;
  const end = utc(endOf(noticed));
  const news = {
    expires: `expires in ${spanOf(endOf(noticed) - at)}, on ${end}`,
    expired: `expired on ${end}`,
    idle: `becomes idle in ${spanOf(endOf(noticed) - at)}, on ${end}`,
  }[notice];
  return {
    title: mailText`${token.name}`,
    details: `${token.prefix}, ${news}, ${useOf(token, at)}`,
    commands: commandsFor(noticed),
  };
}

function useOf({ lastUse, previousUsedAt, createdAt }: NoticedToken['token'], at: number): string {
  const usedAt = Math.max(lastUse?.at ?? 0, previousUsedAt ?? 0);
  if (usedAt === 0) return `never used since it was created on ${utc(createdAt)}`;
  return at - usedAt < unusedMs
    ? `last used on ${utc(usedAt)}`
    : `not used for ${Math.floor((at - usedAt) / dayMs)} days`;
}

/** Returns the commands that act on one token, with its own lifetime as the new one. */
function commandsFor({ token, notice }: NoticedToken): readonly string[] {
  const name = commandArgument(token);
  const expires = ` --expires ${Math.max(1, Math.round((lifetimeOf(token) ?? 0) / dayMs))}d`;
  return {
    expires: [`tokens rotate ${name}`, `tokens edit ${name}${expires}`],
    expired: [`tokens create ${name}${expires}`],
    idle: [`tokens rotate ${name}`, `tokens revoke ${name}`],
  }[notice];
}

function adviceFor(kinds: readonly Notice[]): readonly AdviceSection[] {
  const instructions: Record<Notice, readonly string[]> = {
    expires: [
      'Rotate a token to get a new value and a new expiry. The old value keeps working for a day, but not beyond its expiry.',
      'Edit a token to extend it and keep its value.',
    ],
    expired: ['Create a new token of the same name. Its value is a new one.'],
    idle: ['Use, rotate or resume a token that would become idle. Revoke it if you no longer need it.'],
  };
  return [
    {
      heading: 'If you still need them',
      intro: 'The commands are listed below each token.',
      steps: kinds.flatMap((kind) => instructions[kind]).map((instruction) => ({ instruction })),
    },
    { heading: "If you don't need them", intro: 'No action is needed.', steps: [] },
  ];
}
