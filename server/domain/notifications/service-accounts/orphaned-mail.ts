import type { Actor, UserRecord } from '../../../store/records.ts';
import { actorName } from '../machines/actor-name.ts';
import { type AdviceStep, type MailContent, maxItems } from '../mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo } from '../member-mail.ts';

/** Service accounts have no enabled maintainer any more. `owner` is the superuser who receives the mail. */
export interface AccountsOrphaned extends MemberEvent {
  actor: Actor;
  /** At least one. */
  accounts: ReadonlyArray<Pick<UserRecord, 'id' | 'name'>>;
  /** What happened to the last maintainer. The mail does not name them, because a deleted member's address is erased. */
  reason: 'removed' | 'disabled' | 'deleted';
}

/** Writes the mail to a superuser about service accounts that nobody maintains any more. */
export function accountsOrphanedMail(site: SiteInfo, event: AccountsOrphaned): MailContent {
  const { accounts, actor, reason } = event;
  const [first] = accounts;
  const one = accounts.length === 1 ? first : undefined;
  const what = one ? `the service account ${one.name}` : `${accounts.length} service accounts`;
  const list = `${site.publicUrl}/organization/service-accounts`;
  const page = one
    ? { label: 'View the service account', url: `${list}/${one.id}` }
    : { label: 'View service accounts without a maintainer', url: `${list}?orphaned=true` };
  return memberMail(site, event, {
    subject: one
      ? `Service account "${one.name}" has no maintainer any more`
      : `${accounts.length} service accounts have no maintainer any more`,
    lead: `No enabled member maintains ${what} any more. Mails about ${one ? 'its' : 'their'} tokens go to all Organization Superusers until somebody does.`,
    button: page,
    ...(one ? {} : { lists: [{ heading: 'Service accounts', lines: linesOf(accounts) }] }),
    facts: [
      ['Reason', `The last maintainer was ${reason}`],
      ['By', actorName(actor)],
    ],
    advice: [{ heading: 'What to do', steps: stepsOf(one?.name ?? 'NAME') }],
    footer: 'This is an automatic message to all Organization Superusers.',
  });
}

function stepsOf(name: string): AdviceStep[] {
  return [
    {
      instruction: 'Add a maintainer. They can rotate its tokens before these expire.',
      command: `tokens service-accounts edit ${name} --add-maintainer EMAIL`,
    },
    {
      instruction: 'Or delete it, if nobody needs it. This revokes its tokens.',
      command: `tokens service-accounts delete ${name}`,
    },
  ];
}

function linesOf(accounts: AccountsOrphaned['accounts']): string[] {
  const more = accounts.length - maxItems;
  return [...accounts.slice(0, maxItems).map(({ name }) => name), ...(more > 0 ? [`and ${more} more`] : [])];
}
