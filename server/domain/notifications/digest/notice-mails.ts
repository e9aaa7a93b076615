import type { TokenRecord } from '../../../store/records.ts';
import { lifetimeOf } from '../../tokens/expiry.ts';
import { viewToken } from '../advice.ts';
import {
  type AdviceSection,
  type AdviceStep,
  type MailContent,
  type MailText,
  mailText,
  maxItems,
} from '../mail-content.ts';
import { type MailEvent, mailToMember, type SiteInfo, utc, utcDay } from '../member-mail.ts';
import { commandOf, footerOf, isOfServiceAccount, tokenListOf, tokensOf } from '../service-accounts/wording.ts';
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
    | ('id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt' | 'lifetimeMs' | 'expiryCut')
    | ('lastUse' | 'previousUsedAt' | 'formerOwnerKnows')
  >;
  notice: Notice;
  /** When the token becomes idle. Null if it does not. */
  idleAt: number | null;
}

export interface TokensNeedAttention extends MailEvent {
  /** At least one. */
  tokens: readonly NoticedToken[];
}

const promise = 'It never contains the value of a token.';
const footer = `You get this message at most once a day. ${promise}`;

const rules: Record<Notice, string> = {
  expires: 'Requests that use a token are denied from its expiry on.',
  expired: 'Requests that use an expired token are denied, and the token cannot be extended.',
  idle: 'A token that nobody uses becomes idle. Requests that use it are then denied until you resume it.',
};

/** Writes the daily mail about tokens that expire, have expired or become idle. */
export function tokensNeedAttentionMail(site: SiteInfo, event: TokensNeedAttention): MailContent {
  const { at } = event;
  const tokens = [...event.tokens].sort((one, other) => endOf(one) - endOf(other));
  const [first] = tokens;
  const isLong = tokens.length > maxItems;
  const kinds = (['expires', 'expired', 'idle'] as const).filter((kind) =>
    tokens.some(({ notice }) => notice === kind),
  );
  const lead = `${tokensOf(event, tokens.length)} ${tokens.length === 1 ? 'needs' : 'need'} your attention.`;
  return mailToMember(site, event, {
    subject:
      tokens.length === 1 && first !== undefined
        ? mailText`API token "${first.token.name}" ${newsOf(first, at)}`
        : kinds.map((kind, index) => countOf(kind, tokens, index === 0)).join(', '),
    preview: [lead, ...kinds.map((kind) => rules[kind])].join(' '),
    lead: [lead, ...kinds.map((kind) => rules[kind])].join(' '),
    button: tokens.length === 1 && first !== undefined ? viewToken(site, first.token.id) : tokenListOf(event, site),
    ...(isLong ? { lists: listTokens(tokens, at) } : { items: tokens.map((token) => itemOf(event, token)) }),
    advice: adviceFor(event, kinds),
    footer: isOfServiceAccount(event)
      ? footerOf(event, `It is sent at most once a day for each service account. ${promise}`)
      : footer,
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

function itemOf(event: TokensNeedAttention, noticed: NoticedToken): MailContent['items'][number] {
  const { at } = event;
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
    commands: commandsFor(noticed).map((command) => commandOf(event, command)),
  };
}

/** Groups the tokens by the day on which they end. Each has one line, without its commands. */
function listTokens(tokens: readonly NoticedToken[], at: number): MailContent['lists'] {
  const groups = new Map<string, { heading: string; lines: MailText[] }>();
  for (const noticed of tokens) {
    const { name, prefix } = noticed.token;
    const end = endOf(noticed);
    const verb = { expires: 'Expire', expired: 'Expired', idle: 'Become idle' }[noticed.notice];
    const heading = `${verb} on ${utcDay(end)}`;
    const group = groups.get(heading) ?? { heading, lines: [] };
    group.lines.push(
      mailText`${name}`.concat(`, ${prefix}, ${utc(end).slice(11, 16)} UTC, ${briefUseOf(noticed.token, at)}`),
    );
    groups.set(heading, group);
  }
  return [...groups.values()];
}

function useOf(token: NoticedToken['token'], at: number): string {
  const usedAt = lastUseOf(token);
  if (usedAt === null) return `never used since it was created on ${utc(token.createdAt)}`;
  return unusedFor(usedAt, at) ?? `last used on ${utc(usedAt)}`;
}

/** Says the same in fewer words. */
function briefUseOf(token: NoticedToken['token'], at: number): string {
  const usedAt = lastUseOf(token);
  return usedAt === null ? 'never used' : (unusedFor(usedAt, at) ?? `last used on ${utcDay(usedAt)}`);
}

function lastUseOf({ lastUse, previousUsedAt }: NoticedToken['token']): number | null {
  return Math.max(lastUse?.at ?? 0, previousUsedAt ?? 0) || null;
}

function unusedFor(usedAt: number, at: number): string | null {
  return at - usedAt < unusedMs ? null : `not used for ${Math.floor((at - usedAt) / dayMs)} days`;
}

/** Returns the commands that act on one token, with its own lifetime as the new one. */
function commandsFor({ token, notice }: NoticedToken): readonly string[] {
  const name = commandArgument(token);
  const lifetimeMs = lifetimeOf(token);
  const expires = ` --expires ${lifetimeMs === null ? 'never' : `${Math.max(1, Math.round(lifetimeMs / dayMs))}d`}`;
  return {
    expires: [`tokens rotate ${name}`, ...(token.formerOwnerKnows ? [] : [`tokens edit ${name}${expires}`])],
    // The new token must have the name of the old one, so the command cannot use the prefix.
    expired: [`tokens create ${name === token.name ? name : 'NAME'}${expires}`],
    idle: [`tokens rotate ${name}`, `tokens revoke ${name}`],
  }[notice];
}

/** Leaves out a command that the daemon would refuse for each of the tokens. */
function stepsIfExpiring(event: TokensNeedAttention): readonly AdviceStep[] {
  const known = event.tokens.filter(({ notice }) => notice === 'expires').map(({ token }) => token.formerOwnerKnows);
  const rotate = {
    instruction:
      'Rotate a token to get a new value and a new expiry. The old value keeps working for a day, but not beyond its expiry.',
    command: commandOf(event, 'tokens rotate NAME'),
  };
  const edit = {
    instruction: 'Edit a token to extend it and keep its value.',
    command: commandOf(event, 'tokens edit NAME --expires 90d'),
  };
  const onlyRotate = {
    instruction:
      'A token that was transferred and not rotated since cannot be extended, because its former owner knows the value. Rotate it.',
  };
  return [rotate, ...(known.includes(false) ? [edit] : []), ...(known.includes(true) ? [onlyRotate] : [])];
}

/** Lists the commands here if the mail cannot list them with each token. */
function adviceFor(event: TokensNeedAttention, kinds: readonly Notice[]): readonly AdviceSection[] {
  const count = event.tokens.length;
  const isLong = count > maxItems;
  const them = count === 1 ? 'it' : 'them';
  const steps: Record<Notice, readonly AdviceStep[]> = {
    expires: stepsIfExpiring(event),
    expired: [
      {
        instruction: 'Create a new token of the same name. Its value is a new one.',
        command: commandOf(event, 'tokens create NAME --expires 90d'),
      },
    ],
    idle: [
      {
        instruction: 'Use, rotate or resume a token that would become idle. Revoke it if you no longer need it.',
        command: commandOf(event, 'tokens rotate NAME'),
      },
    ],
  };
  const withoutCommand = ({ instruction }: AdviceStep) => ({ instruction });
  return [
    {
      heading: `If you still need ${them}`,
      intro: isLong ? 'In these commands, NAME is the name of a token.' : 'Use the commands above.',
      steps: kinds.flatMap((kind) => steps[kind]).map(isLong ? (step) => step : withoutCommand),
    },
    { heading: `If you don't need ${them}`, intro: 'No action is needed.', steps: [] },
  ];
}
