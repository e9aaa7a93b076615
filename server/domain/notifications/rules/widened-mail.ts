import type { TokenRules } from '../../tokens/rules/token-rules.ts';
import { changePassword, contactSuperuser, tokenUrl, unlessYou } from '../advice.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { memberMail, type SiteInfo } from '../member-mail.ts';
import type { TokenChange } from '../token-change-mails.ts';
import { commandArgument, methods, tokenFacts, tokenFooter } from '../token-mails.ts';
import { ruleFacts } from './rule-facts.ts';

/** An edit after which a token may do more. Rules hold the names of apps. */
export type TokenWidening = TokenChange & { from: TokenRules; to: TokenRules };

/** Writes the mail to the owner of a token whose rules were widened. */
export function tokenWidenedMail(site: SiteInfo, event: TokenWidening): MailContent {
  const { token, owner, channel, from, to } = event;
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: `tokens revoke ${commandArgument(token)}`,
  };
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" may do more than before`,
    lead: `The rules of a personal API token of your account ${owner.email} were changed, so that it may do more than before.`,
    button: { label: 'View this token', url },
    advice: unlessYou([revoke, changePassword(site), contactSuperuser(site)]),
    facts: [
      ...tokenFacts(token),
      ...ruleFacts(to),
      ...ruleFacts(from).map(([label, value]) => [`${label} before`, value] as const),
      ['Method', methods[channel]],
    ],
    footer: tokenFooter,
  });
}
