import type { Actor } from '../../../store/records.ts';
import { contactSuperuser, lockOut, reviewTokens, unlessExpected, unlessYou } from '../advice.ts';
import { machineName } from '../machines/actor-name.ts';
import type { AdviceSection, AdviceStep, MailText } from '../mail-content.ts';
import { mailText } from '../mail-content.ts';
import type { MailEvent, SiteInfo } from '../member-mail.ts';

// What mails about tokens say differently if a service account owns the tokens. Its name needs no escaping, because it has only
// letters, digits and hyphens.

type About = Pick<MailEvent, 'owner' | 'reader'>;

export function isOfServiceAccount({ owner }: About): boolean {
  return owner.kind === 'service-account';
}

/** Returns a phrase such as `your account ada@example.com` or `the service account ci`. */
export function accountOf({ owner }: About): string {
  return owner.kind === 'service-account' ? `the service account ${owner.name}` : `your account ${owner.email}`;
}

interface Token {
  name: string;
  /** Set for a management key. */
  manage?: string | null;
}

/** Returns a token with its name, such as `API token "ci"`, or a management key. `inside` a sentence, that begins with a small letter. */
export function tokenTitle({ name, manage = null }: Token, place: 'start' | 'inside' = 'start'): MailText {
  const key = place === 'start' ? 'Management key' : 'management key';
  return manage === null ? mailText`API token "${name}"` : [key, ...mailText` "${name}"`];
}

/** Returns what one token is, such as `API token of the service account ci`. */
export function tokenOf(event: About & { token?: Token }): string {
  if (event.token?.manage) return `management key of ${accountOf(event)}`;
  return isOfServiceAccount(event) ? `API token of ${accountOf(event)}` : `personal API token of ${accountOf(event)}`;
}

/** Returns the same with an article, for the beginning of a sentence. */
export function aTokenOf(event: About & { token?: Token }): string {
  const token = tokenOf(event);
  return `${token.startsWith('API') ? 'An' : 'A'} ${token}`;
}

/** Returns the same for several tokens. */
export function tokensOf(event: About, count: number): string {
  const noun = isOfServiceAccount(event) ? 'API token' : 'personal API token';
  return `${count} ${noun}${count === 1 ? '' : 's'} of ${accountOf(event)}`;
}

/** Returns a command about a token of the owner. */
export function commandOf({ owner }: About, command: string): string {
  return owner.kind === 'service-account' ? `${command} --service-account ${owner.name}` : command;
}

/** Returns the page that lists the owner's tokens. */
export function tokenListOf(event: About, site: SiteInfo): { label: string; url: string } {
  return isOfServiceAccount(event)
    ? { label: 'View the service account', url: `${site.publicUrl}/organization/service-accounts/${event.owner.id}` }
    : { label: 'View your API tokens', url: `${site.publicUrl}/profile/api-tokens` };
}

/** Returns the step that looks at all tokens of the owner. */
export function reviewTokensOf(event: About, site: SiteInfo): AdviceStep {
  if (!isOfServiceAccount(event)) return reviewTokens(site);
  return {
    instruction: `Check the tokens of ${accountOf(event)} and revoke any that nobody needs.`,
    command: commandOf(event, 'tokens list'),
  };
}

/** Returns the advice for an event that the owner caused, or someone who signed in as them. */
export function adviceToReader(event: About, site: SiteInfo, steps: readonly AdviceStep[]): readonly AdviceSection[] {
  if (isOfServiceAccount(event)) return unlessExpected([...steps, ...contactSomeone(event, site)]);
  return unlessYou([...steps, ...lockOut(site, event.owner), contactSuperuser(site)]);
}

/** Returns the step that asks for help. A superuser who reads the mail because nobody else is left adds a maintainer instead. */
export function contactSomeone(event: About, site: SiteInfo): readonly AdviceStep[] {
  if (event.reader?.because !== 'superuser') return [contactSuperuser(site)];
  return [
    {
      instruction: `Let a member maintain ${accountOf(event)}.`,
      command: `tokens service-accounts edit ${event.owner.name} --add-maintainer EMAIL`,
    },
  ];
}

/** Returns the footer of a mail about tokens. It tells a reader who is not the owner why they get the mail. */
export function footerOf(event: About, promise = 'It never contains the value of a token.'): string {
  if (!isOfServiceAccount(event)) return `This is an automatic message about your personal API tokens. ${promise}`;
  return `This is an automatic message about the tokens of ${accountOf(event)}. ${reasonOf(event)} ${promise}`;
}

/** Says why the reader gets a mail about a service account. */
export function reasonOf({ reader }: About): string {
  return reader?.because === 'superuser'
    ? 'You get it as an Organization Superuser, because no enabled member maintains that account.'
    : 'You get it because you maintain that account.';
}

/** Returns who made a change. */
export function actorOfMail({ owner, reader, actor }: About & { actor: Actor }): MailText {
  if (actor.kind === 'client') return mailText`the OAuth client ${actor.email ?? actor.id ?? ''}`;
  if (actor.kind === 'service-account') return machineName(actor);
  if (actor.kind !== 'user') return 'the operator of the server';
  if (actor.id === (reader ?? owner).id) return `you (${actor.email})`;
  return owner.kind === 'service-account' ? `${actor.email}` : `${actor.email} (Organization Superuser)`;
}

/** Names who made a change of a service account's token. The owner of a personal token made it themselves. */
export function actorFact(label: string, event: About & { actor: Actor }): Array<readonly [string, MailText]> {
  return isOfServiceAccount(event) ? [[label, actorOfMail(event)]] : [];
}
