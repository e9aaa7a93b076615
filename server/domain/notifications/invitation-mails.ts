import type { UserRecord } from '../../store/records.ts';
import { type AdviceSection, type MailContent, type MailLink, type MailText, mailText } from './mail-content.ts';
import { type MemberEvent, memberMail, type SiteInfo, utc } from './member-mail.ts';

/** A superuser invites a member. */
export interface InvitationEvent extends MemberEvent {
  inviter: Pick<UserRecord, 'email' | 'name'>;
  /** Whether members sign in through the identity provider. */
  sso: boolean;
  /** Whether this member may sign in with a password. */
  password: boolean;
}

/** Writes the mail with the link to join. */
export function invitationMail(site: SiteInfo, { link, ...event }: InvitationEvent & { link: string }): MailContent {
  return mail(site, event, {
    how: 'Set a password to join. The link works once, for seven days.',
    button: { label: 'Set your password', url: link },
  });
}

/** Writes the mail to a member who joins through single sign-on, without a link that has a secret. */
export function ssoInvitationMail(site: SiteInfo, event: InvitationEvent): MailContent {
  const alternative = {
    instruction: 'Set a password for this server instead.',
    link: { label: 'Get a link to set it', url: `${site.publicUrl}/password/forgot` },
  };
  return mail(site, event, {
    how: 'Sign in with single sign-on to join.',
    button: { label: 'Sign in', url: `${site.publicUrl}/login` },
    advice: event.password ? [{ heading: 'If you have no account for single sign-on', steps: [alternative] }] : [],
  });
}

const unexpected: AdviceSection = {
  heading: "If you didn't expect this",
  intro: 'Delete this message, or ask the person who invited you. Nothing happens unless you follow the invitation.',
  steps: [],
};

function mail(
  site: SiteInfo,
  event: InvitationEvent,
  { how, button, advice = [] }: { how: string; button: MailLink; advice?: readonly AdviceSection[] },
): MailContent {
  const { owner, inviter, at } = event;
  const where = site.organization === null ? site.publicUrl : `${site.organization} (${site.publicUrl})`;
  const message = {
    subject: `${inviter.email} invited you`,
    lead: `${inviter.email} added ${owner.email} to the personal API tokens of ${where}. ${how}`,
    button,
    advice: [...advice, unexpected],
    footer: 'This is an automatic message about your invitation.',
  };
  // Leave out the client info, which describes the superuser: the address may belong to a stranger.
  const facts = [['Invited by', nameOf(inviter)] as const, ['Time', utc(at)] as const];
  return { ...memberMail(site, event, message), facts };
}

function nameOf({ name, email }: Pick<UserRecord, 'name' | 'email'>): MailText {
  return name === '' ? email : [...mailText`${name}`, ` (${email})`];
}
