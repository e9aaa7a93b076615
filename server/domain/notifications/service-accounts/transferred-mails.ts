import type { Actor, UserRecord } from '../../../store/records.ts';
import { contactSuperuser, lockOut, tokenUrl, unlessExpected, unlessYou, viewToken } from '../advice.ts';
import { type AdviceStep, type MailContent, type MailText, mailText, maxItems } from '../mail-content.ts';
import { type MemberEvent, type Message, memberMail, type PasskeyOwner, type SiteInfo } from '../member-mail.ts';
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

type Account = Pick<UserRecord, 'id' | 'email' | 'name' | 'kind'> & PasskeyOwner;

/** A token as it is now, and the name that it had before. */
export type TransferredToken = MailedToken & { formerName: string };

/** Tokens that a service account received together. `owner` is the side that the mail is to. */
export interface TokenTransfer extends MemberEvent {
  tokens: readonly TransferredToken[];
  from: Account;
  newOwner: Account;
  actor: Actor;
  channel: RevocationChannel;
  /** Whether the former owner left the organization. */
  offboarding?: boolean;
}

/** Writes the mail to the former owner. It names the tokens as that owner knows them: another of their tokens may have the new name. */
export function tokensGivenMail(site: SiteInfo, transfer: TokenTransfer): MailContent {
  const { from, newOwner, actor, reader } = transfer;
  const tokens = transfer.tokens.map((token) => ({ ...token, name: token.formerName }));
  const event = { ...transfer, tokens };
  const [token] = tokens;
  const isOne = tokens.length === 1;
  const byReader = actor.id === (reader ?? from).id;
  return memberMail(site, event, {
    subject: subjectOf(tokens, 'transferred'),
    lead: `${isOne ? aTokenOf(event) : tokensOf(event, tokens.length)} now ${isOne ? 'belongs' : 'belong'} to the service account ${newOwner.name}. ${isOne ? 'It stands' : 'They stand'} for the service account from now on, and no longer for ${from.kind === 'member' ? 'you' : `the service account ${from.name}`}.`,
    button: isOne && token !== undefined ? viewToken(site, token.id) : tokenListOf(event, site),
    ...listOf(event),
    advice:
      byReader && from.kind === 'member'
        ? unlessYou([...lockOut(site, from), contactSuperuser(site)])
        : unlessExpected(contactSomeone(event, site)),
    footer: footerOf(event),
  });
}

/** Writes the mail to those who look after the tokens from now on. The former owner knows their values, so it tells them to rotate. */
export function tokensReceivedMail(site: SiteInfo, event: TokenTransfer): MailContent {
  const { tokens, newOwner } = event;
  const [token] = tokens;
  return memberMail(site, event, {
    subject:
      token !== undefined && tokens.length === 1
        ? mailText`Service account "${newOwner.name}" received API token "${token.name}"`
        : `Service account "${newOwner.name}" received ${tokens.length} API tokens`,
    lead: leadOfReceived(event),
    button: token !== undefined && tokens.length === 1 ? viewToken(site, token.id) : tokenListOf(event, site),
    ...listOf(event, true),
    advice: [{ heading: 'What to do', steps: stepsToRotate(site, event) }, ...ifUnexpected(site, event)],
    footer: footerOf(event),
  });
}

function leadOfReceived(event: TokenTransfer): string {
  const { tokens, from, offboarding = false } = event;
  const isOne = tokens.length === 1;
  const now = `now ${isOne ? 'belongs' : 'belong'} to ${accountOf(event)}`;
  const [values, them] = isOne ? ['its value', 'it'] : ['their values', 'each of them'];
  const what = isOne ? 'An API token' : `${tokens.length} API tokens`;
  if (isFormerOwner(event)) return `${what} of yours ${now}. You know ${values}, so rotate ${them}.`;
  const isMember = from.kind === 'member';
  const of = isMember ? from.email : `the service account ${from.name}`;
  const they = isMember ? from.email : `The maintainers of the service account ${from.name}`;
  const left = offboarding ? `${from.email} left the organization. ` : '';
  const ends = isOne ? ', and it stops working when it expires' : ', and they stop working when they expire';
  return `${left}${what} of ${of} ${now}. ${they} may still know ${values}${offboarding ? ends : ''}, so rotate ${them}.`;
}

/** Reports whether the mail is to the member whose tokens these were. */
function isFormerOwner({ from, reader }: TokenTransfer): boolean {
  return from.kind === 'member' && from.id === reader?.id;
}

/** A superuser who reads the mail because nobody else is left may not rotate the tokens, so a maintainer comes first. */
function stepsToRotate(site: SiteInfo, event: TokenTransfer): readonly AdviceStep[] {
  return [...(event.reader?.because === 'superuser' ? contactSomeone(event, site) : []), rotation(site, event)];
}

function ifUnexpected(site: SiteInfo, event: TokenTransfer): MailContent['advice'] {
  if (isFormerOwner(event) && event.actor.id === event.from.id) {
    return unlessYou([...lockOut(site, event.from), contactSuperuser(site)]);
  }
  if (event.reader?.because === 'superuser') return [];
  return [{ heading: "If you didn't expect this", steps: contactSomeone(event, site) }];
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

/** Returns the part of a mail that names the tokens. With `rotate`, each has the command that rotates it, and its former name. */
function listOf(event: TokenTransfer, rotate = false): Pick<Message, 'items' | 'lists' | 'facts'> {
  const { tokens, newOwner, channel } = event;
  const facts = [
    ['Transferred to', `the service account ${newOwner.name}`],
    ['Transferred by', actorOfMail(event)],
    ['Method', methods[channel]],
  ] as const;
  const [token] = tokens;
  const isRenamed = ({ name, formerName }: TransferredToken) => rotate && formerName !== name;
  if (token !== undefined && tokens.length === 1) {
    const former = isRenamed(token) ? [['Former name', mailText`${token.formerName}`] as const] : [];
    return { facts: [...tokenFacts(token), ...former, ...facts] };
  }
  if (tokens.length > maxItems) return { lists: [{ heading: 'Transferred', lines: tokens.map(tokenLine) }], facts };
  const commands = (token: MailedToken) => (rotate ? { commands: [rotateCommand(event, token)] } : {});
  const itemOf = (token: TransferredToken) => {
    const { title, details } = tokenItem(token);
    const former = isRenamed(token) ? mailText`, was ${token.formerName}` : '';
    return { title, details: [...wordsOf(details), ...wordsOf(former)] };
  };
  return { items: tokens.map((token) => ({ ...itemOf(token), ...commands(token) })), facts };
}

function wordsOf(text: MailText) {
  return typeof text === 'string' ? [text] : text;
}
