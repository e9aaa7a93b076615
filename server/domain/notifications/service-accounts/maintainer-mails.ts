import type { Actor, UserRecord } from '../../../store/records.ts';
import { contactSuperuser, lockOut, unlessExpected, unlessYou } from '../advice.ts';
import type { AdviceSection, MailContent } from '../mail-content.ts';
import { type MemberEvent, memberMail, type PasskeyOwner, type SiteInfo } from '../member-mail.ts';
import { methods, type RevocationChannel } from '../token-mails.ts';
import { accountOf, actorOfMail, reviewTokensOf, tokenListOf } from './wording.ts';

type Member = Pick<UserRecord, 'id' | 'email' | 'name' | 'disabled'> & PasskeyOwner;

/** The maintainers of a service account changed. `owner` is the service account. */
export interface MaintainersChange extends MemberEvent {
  actor: Actor;
  channel: RevocationChannel;
  added: readonly Member[];
  removed: readonly Member[];
  kept: readonly Member[];
}

type Part = 'added' | 'removed' | 'kept';

/** Writes one mail to each enabled member who maintains the service account, or did so before the change. */
export function maintainerMails(site: SiteInfo, event: MaintainersChange): Array<{ to: string; content: MailContent }> {
  const parts: readonly Part[] = ['added', 'removed', 'kept'];
  return parts.flatMap((part) =>
    event[part]
      .filter(({ disabled }) => !disabled)
      .map((member) => {
        const reader = { ...member, because: 'maintainer' } as const;
        return { to: member.email, content: maintainerMail(site, { ...event, reader }, part) };
      }),
  );
}

function maintainerMail(site: SiteInfo, event: MaintainersChange, part: Part): MailContent {
  const { owner, channel } = event;
  const isRemoved = part === 'removed';
  const { subject, lead } = messages[part];
  return memberMail(site, event, {
    subject: subject.replace('ACCOUNT', `service account "${owner.name}"`),
    lead: lead.replace('ACCOUNT', accountOf(event)),
    // A member who was removed can no longer open the page, nor the list if they maintain nothing else.
    button: isRemoved ? null : tokenListOf(event, site),
    facts: [
      // A member who was removed no longer sees who maintains it.
      ...(isRemoved ? [] : membersFact('Added', event.added)),
      ...(isRemoved ? [] : membersFact('Removed', event.removed)),
      ['Changed by', actorOfMail(event)],
      ['Method', methods[channel]],
    ],
    advice: adviceOf(site, event, part),
    footer: `This is an automatic message about ${accountOf(event)}. You get it because you ${isRemoved ? 'maintained' : 'maintain'} that account.`,
  });
}

const messages: Record<Part, { subject: string; lead: string }> = {
  added: {
    subject: 'You now maintain ACCOUNT',
    lead: 'You were added to the maintainers of ACCOUNT. You can manage its tokens, and you receive the mails about them.',
  },
  removed: {
    subject: 'You no longer maintain ACCOUNT',
    lead: 'You were removed from the maintainers of ACCOUNT. You can no longer see it or manage its tokens.',
  },
  kept: {
    subject: 'Maintainers of ACCOUNT were changed',
    lead: 'The maintainers of ACCOUNT were changed. Maintainers can manage its tokens.',
  },
};

function membersFact(label: string, members: readonly Member[]): Array<readonly [string, string]> {
  return members.length === 0 ? [] : [[label, members.map(({ email }) => email).join(', ')]];
}

function adviceOf(site: SiteInfo, event: MaintainersChange, part: Part): readonly AdviceSection[] {
  const review = part === 'removed' ? [] : [reviewTokensOf(event, site)];
  if (event.actor.id === event.reader?.id) {
    return unlessYou([...lockOut(site, event.reader), ...review, contactSuperuser(site)]);
  }
  if (part !== 'kept') return unlessExpected([contactSuperuser(site)]);
  const remove = {
    instruction: 'Remove the members who should not maintain it.',
    link: tokenListOf(event, site),
    command: `tokens service-accounts edit ${event.owner.name} --remove-maintainer EMAIL`,
  };
  return unlessExpected([remove, ...review, contactSuperuser(site)]);
}
