import type { Actor } from '../../store/records.ts';
import { contactSuperuser, lockOut, superuserOf, unlessExpected, unlessYou } from './advice.ts';
import { operatorName } from './machines/actor-name.ts';
import type { MailContent } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo, utc } from './member-mail.ts';
import { type MailedToken, tokenItem } from './token-mails.ts';

/** A change of a member's email address, requested or made. `owner` is the member with the earlier address. */
export interface EmailChangeEvent extends MemberEvent {
  /** The new address. */
  email: string;
  actor: Actor;
}

export interface AccountDeletion extends MemberEvent {
  actor: Actor;
  /** The member's tokens, which were revoked. */
  tokens: readonly MailedToken[];
}

const footer = 'This is an automatic message about your account.';

/** Writes the mail with the link that confirms a new address. It may reach a stranger, so it says nothing about the member. */
export function confirmEmailMail(site: SiteInfo, { link, ...event }: EmailChangeEvent & { link: string }): MailContent {
  const account = site.organization === null ? `an account at ${site.publicUrl}` : `an account of ${site.organization}`;
  const message = {
    subject: 'Confirm your new email address',
    lead: `Someone asked to use ${event.email} for ${account}. The link works once, for 24 hours, and only while they stay signed in.`,
    button: { label: 'Confirm this address', url: link },
    advice: [
      {
        heading: "If this wasn't you",
        intro: 'Delete this message. Nothing changes unless the link is used.',
        steps: [],
      },
    ],
    footer,
  };
  const facts = [['Time', utc(event.at)] as const];
  return { ...memberMail(site, { ...event, owner: { ...event.owner, name: '' } }, message), facts };
}

/** Writes the notice to the present address that another one was asked for. */
export function emailChangeRequestedMail(site: SiteInfo, event: EmailChangeEvent): MailContent {
  const { owner, email } = event;
  return memberMail(site, event, {
    subject: 'Another email address was requested',
    lead: `Someone signed in to your account ${owner.email} asked to change its email address to ${email}. The address changes when the link is used that was mailed there.`,
    button: { label: 'Open your profile', url: `${site.publicUrl}/profile` },
    advice: unlessYou([...lockOut(site, owner), contactSuperuser(site)]),
    facts: [
      ['Present address', owner.email],
      ['New address', email],
    ],
    footer,
  });
}

/** Writes the mail that both addresses get when the address has changed. */
export function emailChangedMail(site: SiteInfo, event: EmailChangeEvent): MailContent {
  const { owner, email, actor } = event;
  const byOwner = actor.id === owner.id;
  const steps = [contactSuperuser(site)];
  return memberMail(site, event, {
    subject: 'Your email address was changed',
    lead: `The email address of your account was changed from ${owner.email} to ${email}. Sign in with the new address from now on.`,
    button: { label: 'Open your profile', url: `${site.publicUrl}/profile` },
    advice: byOwner ? unlessYou(steps) : unlessExpected(steps),
    facts: [
      ['Earlier address', owner.email],
      ['New address', email],
      ['Done by', byOwner ? 'you, with the mailed link' : operatorName(actor)],
    ],
    footer,
  });
}

/** Writes the last mail to a member whose account was deleted. */
export function accountDeletedMail(site: SiteInfo, event: AccountDeletion): MailContent {
  const { owner, actor, tokens } = event;
  const ended = tokens.length === 0 ? '' : ' Requests that use its API tokens are denied from now on.';
  return memberMail(site, event, {
    subject: 'Your account was deleted',
    lead: `Your account ${owner.email} was deleted. You can no longer sign in with it.${ended}`,
    items: tokens.map(tokenItem),
    advice: unlessExpected([{ instruction: `Ask ${superuserOf(site)} for the reason.` }]),
    facts: [['Done by', operatorName(actor)]],
    footer,
  });
}
