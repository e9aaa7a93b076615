import type { Actor } from '../../../store/records.ts';
import { contactSuperuser, unlessExpected } from '../advice.ts';
import { type MailContent, maxItems } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';
import { type MailedToken, methods, type RevocationChannel, tokenItem, tokenLine } from '../token-mails.ts';
import { accountOf, actorOfMail, reasonOf } from './wording.ts';

export interface ServiceAccountDeletion extends MemberEvent {
  actor: Actor;
  channel: RevocationChannel;
  /** The tokens that were revoked with it. */
  tokens: readonly MailedToken[];
}

/** Writes the mail to the maintainers of a service account that was deleted. It names all tokens that were revoked. */
export function serviceAccountDeletedMail(site: SiteInfo, event: ServiceAccountDeletion): MailContent {
  const { owner, tokens, channel } = event;
  const effect =
    tokens.length === 0
      ? 'It had no tokens.'
      : `${tokens.length === 1 ? 'Its token was' : `Its ${tokens.length} tokens were`} revoked, and cannot be restored.`;
  return memberMail(site, event, {
    subject: `Service account "${owner.name}" was deleted`,
    lead: `${accountOf(event).replace('the', 'The')} was deleted. ${effect}`,
    ...(tokens.length > maxItems
      ? { lists: [{ heading: 'Revoked', lines: tokens.map(tokenLine) }] }
      : { items: tokens.map(tokenItem) }),
    advice: unlessExpected([contactSuperuser(site)]),
    facts: [
      ['Deleted by', actorOfMail(event)],
      ['Method', methods[channel]],
    ],
    footer: `This is an automatic message about ${accountOf(event)}. ${reasonOf(event).replace('maintain ', 'maintained ').replace('maintains', 'maintained')} It never contains the value of a token.`,
  });
}
