import type { TokenRules } from '../../tokens/rules/token-rules.ts';
import { tokenUrl } from '../advice.ts';
import { type AdviceStep, type MailContent, mailText } from '../mail-content.ts';
import { memberMail, type SiteInfo } from '../member-mail.ts';
import { actorFact, adviceToReader, footerOf, isOfServiceAccount, tokenOf } from '../service-accounts/wording.ts';
import type { TokenChange } from '../token-change-mails.ts';
import { methods, revokeCommand, tokenFacts } from '../token-mails.ts';
import { ruleFacts } from './rule-facts.ts';

/** An edit after which a token may do more. Rules hold the names of apps. */
export type TokenWidening = TokenChange & { from: TokenRules; to: TokenRules };

/** Writes the mail about a token whose rules were widened. */
export function tokenWidenedMail(site: SiteInfo, event: TokenWidening): MailContent {
  const { token, channel, from, to } = event;
  const url = tokenUrl(site, token.id);
  const revoke: AdviceStep = {
    instruction: 'Revoke the token. It stops working immediately.',
    link: { label: 'Open the token in the console', url },
    command: revokeCommand(event, token),
  };
  return memberMail(site, event, {
    subject: mailText`API token "${token.name}" may do more than before`,
    lead: `The rules of ${isOfServiceAccount(event) ? 'an' : 'a'} ${tokenOf(event)} were changed, so that it may do more than before.`,
    button: { label: 'View this token', url },
    advice: adviceToReader(event, site, [revoke]),
    facts: [
      ...tokenFacts(token),
      ...ruleFacts(to),
      ...ruleFacts(from).map(([label, value]) => [`${label} before`, value] as const),
      ...actorFact('Changed by', event),
      ['Method', methods[channel]],
    ],
    footer: footerOf(event),
  });
}
