import type { Identity } from '../../store/records.ts';
import { lockOut, reviewTokens, superuserOf, unlessYou } from './advice.ts';
import { type MailContent, mailText } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from './member-mail.ts';
import { securityFooter } from './security-mails.ts';

export interface SsoConnected extends MemberEvent {
  /** The member's email address after that, which the identity may have changed. */
  email: string;
  /** The identity that can sign in to the account now, as the provider describes it. */
  person: Identity & { email: string | null; name: string | null };
  /** The identity that cannot any more. Null if there was none. */
  replaced: Identity | null;
}

/** Writes the mail to a member whose account was connected to an identity, which could be somebody else's. */
export function ssoConnectedMail(site: SiteInfo, event: SsoConnected): MailContent {
  const { owner, email, person, replaced } = event;
  const moved = email === owner.email ? '' : ` The account's address is ${email} now, as the identity provider says.`;
  const ended = replaced === null ? '' : ' It replaces the identity from before, whose sessions were ended.';
  return memberMail(site, event, {
    subject: 'Single sign-on was connected to your account',
    lead: `The identity below can now sign in to your account ${owner.email} with single sign-on.${moved}${ended}`,
    button: { label: 'Open your profile', url: `${site.publicUrl}/profile` },
    advice: unlessYou([
      {
        instruction: `Ask ${superuserOf(site)} to unbind the identity from your account.`,
        command: `tokens users unbind ${email}`,
      },
      ...lockOut(site, owner),
      reviewTokens(site),
    ]),
    facts: [
      ['Identity', mailText`${person.email ?? person.name ?? person.subject}`],
      ['Identity provider', person.issuer],
    ],
    footer: securityFooter,
  });
}
