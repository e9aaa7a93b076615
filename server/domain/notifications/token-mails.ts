import { redact } from '../../../shared/redact.ts';
import type { Actor, TokenRecord } from '../../store/records.ts';
import type { Channel } from '../caller.ts';
import type { TokenRules } from '../tokens/rules/token-rules.ts';
import {
  changePassword,
  contactSuperuser,
  reviewTokens,
  superuserOf,
  tokenUrl,
  unlessExpected,
  unlessYou,
} from './advice.ts';
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

export type MailedToken = Pick<TokenRecord, 'id' | 'name' | 'prefix' | 'createdAt' | 'expiresAt'>;

export interface TokenCreation extends MemberEvent {
  token: MailedToken;
  /** The rules of the token, with the names of apps. */
  rules: TokenRules;
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

export const tokenFooter =
  'This is an automatic message about your personal API tokens. It never contains the value of a token.';

/** Writes the mail to the owner of a new token. */
export function tokenCreatedMail(site: SiteInfo, event: TokenCreation): MailContent {
  const { token, owner, rules, channel } = event;
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: `tokens revoke ${commandArgument(token)}`,
  };
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was created`,
    preview: `${token.prefix}, created for your account ${owner.email}. If this wasn't you, revoke it.`,
    lead: `A personal API token was created for your account ${owner.email}. Anyone who has its value can act as you.`,
    button: { label: 'View this token', url },
    advice: unlessYou([revoke, changePassword(site), contactSuperuser(site)]),
    facts: [...tokenFacts(token), ...ruleFacts(rules), ['Method', methods[channel]]],
    footer: tokenFooter,
  });
}

/**
 * Writes the mail to the owner of revoked tokens. One mail names all tokens that were revoked together. It links to the list
 * of tokens, because a revoked token has no page.
 */
export function tokensRevokedMail(site: SiteInfo, event: TokenRevocation): MailContent {
  const { tokens, channel } = event;
  const [token, ...others] = tokens;
  const facts = [
    ['Revoked by', describeRevoker(event)],
    ['Method', methods[channel]],
  ] as const;
  const button = { label: 'View your API tokens', url: `${site.publicUrl}/profile/api-tokens` };
  const common = { button, advice: revocationAdvice(site, event), footer: tokenFooter };
  if (token !== undefined && others.length === 0) {
    return memberMail(site, event, {
      ...common,
      subject: mailText`API token "${token.name}" was revoked`,
      lead: `A personal API token of your account ${event.owner.email} was revoked. It is rejected from now on and cannot be restored.`,
      facts: [...tokenFacts(token), ['Created', utc(token.createdAt)], ...facts],
    });
  }
  return memberMail(site, event, {
    ...common,
    subject: `${tokens.length} API tokens were revoked`,
    lead: `${tokens.length} personal API tokens of your account ${event.owner.email} were revoked. They are rejected from now on and cannot be restored.`,
    ...(tokens.length > maxItems
      ? { lists: [{ heading: 'Revoked', lines: tokens.map(tokenLine) }] }
      : { items: tokens.map(tokenItem) }),
    facts,
  });
}

function revocationAdvice(site: SiteInfo, { actor, owner, channel }: TokenRevocation): readonly AdviceSection[] {
  const review = reviewTokens(site);
  if (channel === 'token') {
    const findLeak = { instruction: 'Find out how the value leaked: someone used it to revoke the token.' };
    return unlessYou([findLeak, review, contactSuperuser(site)]);
  }
  if (channel === 'client') {
    const ask = { instruction: `Ask ${superuserOf(site)} why this OAuth client revokes tokens.` };
    return unlessExpected([ask, review]);
  }
  if (actor.id === owner.id) return unlessYou([changePassword(site), review, contactSuperuser(site)]);
  return unlessExpected([{ instruction: `Ask ${superuserOf(site)} for the reason.` }, review]);
}

/** Returns what every mail about one token says of it. */
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
function tokenLine({ name, prefix, createdAt }: MailedToken): MailText {
  return mailText`${name}`.concat(`, ${prefix}, created ${utcDay(createdAt)}`);
}

export function describeRevoker({
  actor,
  owner,
  channel,
}: Pick<TokenRevocation, 'actor' | 'owner' | 'channel'>): MailText {
  if (channel === 'token') return "someone who has the token's value";
  if (actor.kind === 'user')
    return actor.id === owner.id ? `you (${owner.email})` : `${actor.email} (Organization Superuser)`;
  if (actor.kind === 'client') return mailText`the OAuth client ${actor.email ?? actor.id ?? ''}`;
  return 'the administrator of this server';
}

/** Returns the argument of a command about a token: the name, or the prefix if a shell or the mail would change the name. */
export function commandArgument({ name, prefix }: Pick<MailedToken, 'name' | 'prefix'>): string {
  return /^[0-9A-Za-z][0-9A-Za-z_-]{0,63}$/.test(name) && redact(name) === name ? name : prefix;
}
