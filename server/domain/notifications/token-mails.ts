import { redact } from '../../../shared/redact.ts';
import type { Actor, TokenRecord } from '../../store/records.ts';
import type { Channel } from '../caller.ts';
import type { TokenRules } from '../tokens/rules/token-rules.ts';
import { lockOut, superuserOf, tokenUrl, unlessExpected, unlessYou, viewToken } from './advice.ts';
import {
  type AdviceSection,
  type AdviceStep,
  type MailContent,
  type MailText,
  mailText,
  maxItems,
} from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo, utc, utcDay } from './member-mail.ts';
import { ruleFacts } from './rules/rule-facts.ts';
import {
  accountOf,
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

export type MailedToken = Pick<TokenRecord, 'id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt'> &
  Partial<Pick<TokenRecord, 'manage'>>;

export interface TokenCreation extends MemberEvent {
  token: MailedToken & Partial<Pick<TokenRecord, 'canary'>>;
  /** The rules of the token, with the names of apps. */
  rules: TokenRules;
  actor: Actor;
  channel: Channel;
}

/** `token`: the token was used to revoke itself; `client`: an OAuth client revoked it. */
export type RevocationChannel = Channel | 'token' | 'client';

export interface TokenRevocation extends MemberEvent {
  tokens: readonly MailedToken[];
  actor: Actor;
  channel: RevocationChannel;
}

/** How a token was created or revoked, as mails say it. */
export const methods: Record<RevocationChannel, string> = {
  cli: 'tokens command line',
  console: 'console',
  'api-token-auth': 'email address and password at /api-token-auth/',
  'management-key': 'management key',
  token: 'value of the token itself',
  client: 'OAuth token revocation',
};

/** Writes the mail about a new token. */
export function tokenCreatedMail(site: SiteInfo, event: TokenCreation): MailContent {
  const { token, rules, channel } = event;
  const as = isOfServiceAccount(event) ? 'it' : 'you';
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: revokeCommand(event, token),
  };
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was created`,
    preview: `${token.prefix}, created for ${accountOf(event)}. If ${isOfServiceAccount(event) ? "you didn't expect this" : "this wasn't you"}, revoke it.`,
    lead: token.canary
      ? `A canary was created for ${accountOf(event)}. Its value never works. You get a mail when somebody presents it.`
      : `${isOfServiceAccount(event) ? 'An' : 'A personal'} API token was created for ${accountOf(event)}. Anyone who has its value can act as ${as}.`,
    button: { label: 'View this token', url },
    advice: adviceToReader(event, site, [revoke]),
    facts: [...tokenFacts(token), ...ruleFacts(rules), ...actorFact('Created by', event), ['Method', methods[channel]]],
    footer: footerOf(event),
  });
}

/**
 * Writes the mail about revoked tokens. One mail names all tokens that were revoked together. It then links to the list
 * of tokens.
 */
export function tokensRevokedMail(site: SiteInfo, event: TokenRevocation): MailContent {
  const { tokens, channel } = event;
  const [token, ...others] = tokens;
  const facts = [
    ['Revoked by', describeRevoker(event)],
    ['Method', methods[channel]],
  ] as const;
  const common = { button: tokenListOf(event, site), advice: revocationAdvice(site, event), footer: footerOf(event) };
  if (token !== undefined && others.length === 0) {
    return memberMail(site, event, {
      ...common,
      button: viewToken(site, token.id),
      subject: [...tokenTitle(token), ' was revoked'],
      lead: `${aTokenOf({ ...event, token })} was revoked. Requests that use it are denied from now on. It cannot be restored.`,
      facts: [...tokenFacts(token), ['Created', utc(token.createdAt)], ...facts],
    });
  }
  return memberMail(site, event, {
    ...common,
    subject: `${tokens.length} API tokens were revoked`,
    lead: `${tokensOf(event, tokens.length)} were revoked. Requests that use them are denied from now on. They cannot be restored.`,
    ...(tokens.length > maxItems
      ? { lists: [{ heading: 'Revoked', lines: tokens.map(tokenLine) }] }
      : { items: tokens.map(tokenItem) }),
    facts,
  });
}

function revocationAdvice(site: SiteInfo, event: TokenRevocation): readonly AdviceSection[] {
  const review = reviewTokensOf(event, site);
  const { actor, owner, channel } = event;
  if (channel === 'token') {
    const findLeak = { instruction: 'Find out how the value leaked: someone used it to revoke the token.' };
    const steps = [findLeak, review, ...contactSomeone(event, site)];
    return isOfServiceAccount(event) ? unlessExpected(steps) : unlessYou(steps);
  }
  if (channel === 'client') {
    const ask = { instruction: `Ask ${superuserOf(site)} why this OAuth client revokes tokens.` };
    return unlessExpected([ask, review]);
  }
  if (isOfServiceAccount(event)) return unlessExpected([review, ...contactSomeone(event, site)]);
  if (actor.id === owner.id) return unlessYou([...lockOut(site, owner), review, ...contactSomeone(event, site)]);
  return unlessExpected([{ instruction: `Ask ${superuserOf(site)} for the reason.` }, review]);
}

/** Returns the facts that every mail about one token lists. */
export function tokenFacts(token: MailedToken): Array<readonly [string, MailText]> {
  return [
    ['Token', mailText`${token.name}`],
    ['Prefix', token.prefix],
    ['Expires', token.expiresAt === null ? 'never' : utc(token.expiresAt)],
  ];
}

/** Describes one of several tokens in one mail. */
export function tokenItem(token: MailedToken): MailContent['items'][number] {
  const expiry = token.expiresAt === null ? 'never expires' : `expires ${utc(token.expiresAt)}`;
  return { title: mailText`${token.name}`, details: `${token.prefix}, created ${utc(token.createdAt)}, ${expiry}` };
}

/** Describes one of very many tokens in one mail. */
export function tokenLine({ name, prefix, createdAt }: MailedToken): MailText {
  return mailText`${name}`.concat(`, ${prefix}, created ${utcDay(createdAt)}`);
}

export function describeRevoker(event: Pick<TokenRevocation, 'actor' | 'owner' | 'reader' | 'channel'>): MailText {
  return event.channel === 'token' ? "someone who has the token's value" : actorOfMail(event);
}

/** Returns the command that revokes a token. */
export function revokeCommand(event: Pick<MemberEvent, 'owner'>, token: MailedToken): string {
  return commandOf(event, `tokens revoke ${commandArgument(token)}`);
}

/** Returns the argument of a command about a token: the name, or the prefix if a shell or the mail would change the name. */
export function commandArgument({ name, prefix }: Pick<MailedToken, 'name' | 'prefix'>): string {
  return /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/.test(name) && redact(name) === name ? name : prefix;
}
