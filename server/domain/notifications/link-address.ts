import type { MailLinkKind } from '../../store/records.ts';
import type { SiteInfo } from './member-mail.ts';

/** Pages that help a member without a link: they ask for another one. A release that cannot make links mails these. */
const helpPaths: Readonly<Record<MailLinkKind, string>> = {
  'password-reset': '/password/forgot',
  invitation: '/password/forgot',
  'email-change': '/profile',
};

/** Returns the address that stands for the link in a queued mail. The ID of the mail distinguishes it from other addresses. */
export function linkAddress({ publicUrl }: SiteInfo, kind: MailLinkKind, mailId: string): string {
  return `${publicUrl}${helpPaths[kind]}?mail=${mailId}`;
}

/**
 * Replaces the address that stands for the link of this mail. Finds it by the ID of the mail, because the public URL may
 * have changed since the mail was queued.
 */
export function insertLink(text: string, mailId: string, link: string): string {
  const standIn = new RegExp(`https?://[^\\s"'<>]*\\?mail=${mailId}`, 'g');
  const complete = text.replace(standIn, () => link);
  if (complete === text) throw new Error('The queued mail has no place for its link.');
  return complete;
}
