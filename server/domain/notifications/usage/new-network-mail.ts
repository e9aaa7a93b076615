import { superuserOf, unlessExpected } from '../advice.ts';
import { type MailContent, mailText } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { commandOf, isOfServiceAccount, reasonOf, tokenOf } from '../service-accounts/wording.ts';
import { commandArgument, type MailedToken, tokenFacts } from '../token-mails.ts';

/** The first use of a token from a network. `clientInfo` and `at` are those of that use. */
export interface NewNetworkEvent extends MemberEvent {
  token: MailedToken;
  network: string;
  /** Null if it is unknown. */
  method: string | null;
  path: string | null;
}

const footer =
  'You get at most one such mail for each token and day, even if the token is used from several new networks. It never contains the value of a token.';

/** Writes the mail about a token that was used from a new network. It links to no page, because attackers imitate such mails. */
export function newNetworkMail(site: SiteInfo, event: NewNetworkEvent): MailContent {
  const { token, network, method, path } = event;
  const name = commandArgument(token);
  const advice = unlessExpected([
    {
      instruction: 'Pause the token. Requests that use it are denied until you resume it.',
      command: commandOf(event, `tokens pause ${name}`),
    },
    { instruction: 'See where the token is used.', command: commandOf(event, `tokens usage ${name}`) },
    { instruction: `If someone else has its value, revoke the token and tell ${superuserOf(site)}.` },
  ]);
  const request = [method, path].filter((part) => part !== null).join(' ');
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" was used from a new network`,
    preview: `${token.prefix} was used from ${network}. If you didn't expect this, pause it.`,
    lead: `${isOfServiceAccount(event) ? `The ${tokenOf(event)}` : `Your personal API token ${token.prefix}`} was used from a network from which it was never used before.`,
    advice,
    facts: [...tokenFacts(token), ['Network', network], ['Request', request === '' ? 'unknown' : mailText`${request}`]],
    footer: isOfServiceAccount(event) ? `${reasonOf(event)} ${footer}` : footer,
  });
}
