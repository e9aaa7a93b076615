import type { Actor, TokenRecord, UserRecord } from '../../store/records.ts';
import type { Channel, ClientInfo } from '../caller.ts';
import { type Notice, outsideText, type RenderedNotice, renderNotice } from './notice-layout.ts';

/** What mails say about the installation. */
export interface SiteInfo {
  /** Shown name of the organization; null: none configured. */
  organization: string | null;
  publicUrl: string;
}

interface Occasion {
  at: number;
  owner: Pick<UserRecord, 'id' | 'email' | 'name'>;
  /** Of the request. */
  clientInfo: ClientInfo;
}

type NoticedToken = Pick<TokenRecord, 'name' | 'prefix' | 'createdAt' | 'expiresAt'>;

export interface Creation extends Occasion {
  token: NoticedToken;
  channel: Channel;
}

export interface Revocation extends Occasion {
  tokens: readonly NoticedToken[];
  actor: Actor;
  /** `token`: a token that revoked itself. */
  /** `client`: an OAuth client that may revoke tokens. */
  channel: Channel | 'token' | 'client';
}

const how: Record<Channel | 'token' | 'client', string> = {
  cli: 'with the tokens command line',
  console: 'in the web console',
  'api-token-auth': 'with e-mail address and password at /api-token-auth/',
  token: 'with the value of the token itself',
  client: 'by a service that was shown the value',
};

const unlessYou = 'If this was you, there is nothing to do. If it was not:';
const changePassword = { say: 'Change your password. This also ends your other sessions.', command: 'tokens password' };
const reviewTokens = { say: 'Look at the tokens you have, and revoke those you do not know.', command: 'tokens list' };

/** Tells an owner that there is a new token, however it came about. */
export function tokenCreatedMail(site: SiteInfo, event: Creation): RenderedNotice {
  const { token } = event;
  return notice(site, event, {
    subject: `API token "${outsideText(token.name)}" was created`,
    lead: `A new personal API token was created for your account ${event.owner.email}. Whoever has its value can act as you.`,
    items: [],
    facts: [...tokenFacts(token), ['How', how[event.channel]]],
    advice: {
      condition:
        'If this was you, there is nothing to do. If it was not, somebody else is using your account. Do this now:',
      steps: [
        { say: 'Revoke the token. It stops working at once.', command: `tokens revoke ${commandName(token)}` },
        changePassword,
        tellSuperuser(site),
      ],
    },
  });
}

/** Tells an owner that tokens are gone, and who did it. One mail, however many tokens. */
export function tokensRevokedMail(site: SiteInfo, event: Revocation): RenderedNotice {
  const { tokens, owner, channel } = event;
  const [token, ...others] = tokens;
  const single = others.length === 0 ? token : undefined;
  const subject = single ? `API token "${outsideText(single.name)}" was` : `${tokens.length} API tokens were`;
  const lead = single
    ? `A personal API token of your account ${owner.email} was revoked. Programs that use it are refused from now on.`
    : `${tokens.length} personal API tokens of your account ${owner.email} were revoked. Programs that use them are refused from now on.`;
  return notice(site, event, {
    subject: `${subject} revoked`,
    lead: `${lead} What is revoked cannot be restored.`,
    items: single ? [] : tokens.map(tokenItem),
    facts: [
      ...(single ? [...tokenFacts(single), ['Created', utc(single.createdAt)] as const] : []),
      ['Revoked by', whoIs(event)],
      ['How', how[channel]],
    ],
    advice: revocationAdvice(site, event),
  });
}

function revocationAdvice(site: SiteInfo, { actor, owner, channel }: Revocation): Notice['advice'] {
  if (channel === 'token') {
    const leak = { say: 'Find out where its value may have leaked: the value itself was used to revoke it.' };
    return { condition: unlessYou, steps: [leak, reviewTokens, tellSuperuser(site)] };
  }
  if (channel === 'client') {
    const ask = { say: `Ask ${superuserOf(site)} why this service revokes tokens.` };
    return { condition: 'If you did not expect this:', steps: [ask, reviewTokens] };
  }
  if (actor.id === owner.id) {
    return { condition: unlessYou, steps: [changePassword, reviewTokens, tellSuperuser(site)] };
  }
  const ask = { say: `Ask ${superuserOf(site)} why it was done.` };
  return { condition: 'If you did not expect this:', steps: [ask, reviewTokens] };
}

function notice(
  { organization, publicUrl }: SiteInfo,
  { at, owner, clientInfo }: Occasion,
  said: Pick<Notice, 'subject' | 'lead' | 'items' | 'facts' | 'advice'>,
): RenderedNotice {
  return renderNotice({
    ...said,
    subject: organization === null ? said.subject : `[${organization}] ${said.subject}`,
    greeting: owner.name === '' ? 'Hello,' : `Hello ${outsideText(owner.name)},`,
    facts: [
      ...said.facts,
      ['Time', utc(at)],
      ['IP address', clientInfo.ip ?? 'unknown'],
      ['User agent', clientInfo.userAgent === null ? 'unknown' : outsideText(clientInfo.userAgent)],
    ],
    url: publicUrl,
    footer:
      'This message was sent automatically because a token of your account changed. It never holds the value of a token.',
  });
}

function tokenFacts(token: NoticedToken): Array<readonly [string, string]> {
  return [
    ['Token', outsideText(token.name)],
    ['Prefix', token.prefix],
    ['Expires', token.expiresAt === null ? 'never' : utc(token.expiresAt)],
  ];
}

function tokenItem(token: NoticedToken): { title: string; facts: string } {
  const expiry = token.expiresAt === null ? 'never expires' : `expires ${utc(token.expiresAt)}`;
  return { title: outsideText(token.name), facts: `${token.prefix}, created ${utc(token.createdAt)}, ${expiry}` };
}

function whoIs({ actor, owner, channel }: Revocation): string {
  if (channel === 'token') return 'whoever has its value';
  if (actor.kind === 'user')
    return actor.id === owner.id ? `you (${owner.email})` : `${actor.email} (Organization Superuser)`;
  if (actor.kind === 'client') return `the service ${outsideText(actor.email ?? actor.id ?? '')}`;
  return 'the administrator of the server';
}

/** What to type after `tokens revoke`: the prefix, where the name needs quoting, or is shown otherwise than it is. */
function commandName({ name, prefix }: NoticedToken): string {
  return /^[0-9A-Za-z][0-9A-Za-z_-]*$/.test(name) && outsideText(name) === name ? name : prefix;
}

function superuserOf({ organization }: SiteInfo): string {
  return organization === null ? 'an Organization Superuser' : `an Organization Superuser of ${organization}`;
}

function tellSuperuser(site: SiteInfo): { say: string } {
  return { say: `Tell ${superuserOf(site)}.` };
}

/** `2026-11-23 16:20:00 UTC` */
function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
