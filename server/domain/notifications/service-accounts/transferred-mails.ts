import type { Actor, UserRecord } from '../../../store/records.ts';
import { changePassword, contactSuperuser, tokenUrl, unlessExpected, unlessYou } from '../advice.ts';
import { type AdviceStep, type MailContent, type MailText, mailText, maxItems } from '../mail-content.ts';
import { type MemberEvent, type Message, memberMail, type SiteInfo } from '../member-mail.ts';
import {
  commandArgument,
  type MailedToken,
  methods,
  type RevocationChannel,
  tokenFacts,
  tokenItem,
  tokenLine,
} from '../token-mails.ts';
import {
  accountOf,
  actorOfMail,
  aTokenOf,
  commandOf,
  contactSomeone,
  footerOf,
  tokenListOf,
  tokensOf,
} from './wording.ts';

type Account = Pick<UserRecord, 'id' | 'email' | 'name' | 'kind'>;

/** Tokens that a service account received together. `owner` is the side that the mail is to. */
export interface TokenTransfer extends MemberEvent {
  /** The tokens as they are now. */
  tokens: readonly MailedToken[];
  from: Account;
  newOwner: Account;
  actor: Actor;
  channel: RevocationChannel;
  /** Whether the former owner left the organization. */
  offboarding?: boolean;
}

/** Writes the mail to the former owner. */
export function tokensGivenMail(site: SiteInfo, event: TokenTransfer): MailContent {
  const { tokens, from, newOwner, actor, reader } = event;
  const isOne = tokens.length === 1;
  const byReader = actor.id === (reader ?? from).id;
  return memberMail(site, event, {
    subject: subjectOf(tokens, 'transferred'),
    lead: `${isOne ? aTokenOf(event) : tokensOf(event, tokens.length)} now ${isOne ? 'belongs' : 'belong'} to the service account ${newOwner.name}. ${isOne ? 'It stands' : 'They stand'} for the service account from now on, and no longer for ${from.kind === 'member' ? 'you' : `the service account ${from.name}`}.`,
    button: tokenListOf(event, site),
    ...listOf(event),
    advice:
      byReader && from.kind === 'member'
        ? unlessYou([changePassword(site), contactSuperuser(site)])
        : unlessExpected(contactSomeone(event, site)),
    footer: footerOf(event),
  });
}

/** Writes the mail to those who look after the tokens from now on. The former owner knows their values, so it tells them to rotate. */
export function tokensReceivedMail(site: SiteInfo, event: TokenTransfer): MailContent {
  const { tokens, from, newOwner, offboarding = false } = event;
  const isOne = tokens.length === 1;
  const who = from.kind === 'member' ? from.email : `the service account ${from.name}`;
  const they = from.kind === 'member' ? from.email : `Whoever maintains the service account ${from.name}`;
  const left = offboarding ? `${from.email} left the organization. ` : '';
  const end = offboarding ? `, and it stops working when it expires` : '';
  const ends = offboarding ? `, and they stop working when they expire` : '';
  return memberMail(site, event, {
    subject: isOne
      ? mailText`Service account "${newOwner.name}" received API token "${tokens[0]?.name ?? ''}"`
      : `Service account "${newOwner.name}" received ${tokens.length} API tokens`,
    lead: `${left}${isOne ? 'An API token' : `${tokens.length} API tokens`} of ${who} now ${isOne ? 'belongs' : 'belong'} to ${accountOf(event)}. ${they} may still know ${isOne ? `its value${end}` : `their values${ends}`}, so rotate ${isOne ? 'it' : 'each of them'}.`,
    button: tokenListOf(event, site),
    ...listOf(event, true),
    advice: [
      { heading: 'What to do', steps: [rotation(site, event)] },
      { heading: "If you didn't expect this", steps: contactSomeone(event, site) },
    ],
    footer: footerOf(event),
  });
}

function rotation(site: SiteInfo, event: TokenTransfer): AdviceStep {
  const [token] = event.tokens;
  const instruction =
    'Give each token a new value, and put it where the old one is used. The old value then ends after the overlap.';
  if (token === undefined || event.tokens.length > 1) {
    return { instruction, command: commandOf(event, 'tokens rotate NAME') };
  }
  return {
    instruction: instruction.replace('each token', 'the token'),
    link: { label: 'Open the token in the console', url: tokenUrl(site, token.id) },
    command: rotateCommand(event, token),
  };
}

function rotateCommand(event: TokenTransfer, token: MailedToken): string {
  return commandOf(event, `tokens rotate ${commandArgument(token)}`);
}

function subjectOf(tokens: readonly MailedToken[], what: string): MailText {
  const [token] = tokens;
  if (token !== undefined && tokens.length === 1) return mailText`API token "${token.name}" was ${what}`;
  return `${tokens.length} API tokens were ${what}`;
}

/** Returns the part of a mail that names the tokens. With `rotate`, each has the command that rotates it. */
function listOf(event: TokenTransfer, rotate = false): Pick<Message, 'items' | 'lists' | 'facts'> {
  const { tokens, newOwner, channel } = event;
  const facts = [
    ['Transferred to', `the service account ${newOwner.name}`],
    ['Transferred by', actorOfMail(event)],
    ['Method', methods[channel]],
  ] as const;
  const [token] = tokens;
  if (token !== undefined && tokens.length === 1) return { facts: [...tokenFacts(token), ...facts] };
  if (tokens.length > maxItems) return { lists: [{ heading: 'Transferred', lines: tokens.map(tokenLine) }], facts };
  const commands = (token: MailedToken) => (rotate ? { commands: [rotateCommand(event, token)] } : {});
  return { items: tokens.map((token) => ({ ...tokenItem(token), ...commands(token) })), facts };
}
