import type { MailLink, MailRecord, QueuedMail } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { insertLink } from '../../notifications/link-address.ts';
import type { Secret } from '../../secrets.ts';
import type { MailedLinks } from './mailed-links.ts';

/**
 * Returns a leased mail as it is sent. If the mail needs a link, makes a new one, which voids that of an earlier attempt.
 * Returns null and sends nothing if the member may no longer use such a link, or another worker took over the lease.
 */
export type CompleteMail = (mail: QueuedMail, leaseId: string) => Promise<MailRecord | null>;

export function createCompleteMail({ store, links }: { store: Store; links: MailedLinks }): CompleteMail {
  return async ({ link, deletedUserId: _, ...mail }, leaseId) => {
    if (link === null) return mail;
    const url = await store.transaction((store) => issueFor(links, store, { mail, leaseId, link }));
    if (url === null) return null;
    const insert = (text: string) => insertLink(text, mail.id, url.reveal());
    return { ...mail, text: insert(mail.text), html: insert(mail.html) };
  };
}

/**
 * 1. Lock the member, so that disabling them or changing their address happens before this transaction or after it.
 * 2. Withdraw the mail if the link would not work, or would reach an address that is no longer the member's.
 * 3. Stop if the mail is no longer under this lease: it was withdrawn, or another worker is sending it.
 * 4. Make the link.
 */
async function issueFor(
  links: MailedLinks,
  store: Store,
  { mail, leaseId, link }: { mail: MailRecord; leaseId: string; link: MailLink },
): Promise<Secret | null> {
  const enabled = await store.users.lockForNewSession(link.userId);
  const user = enabled ? await store.users.findById(link.userId) : null;
  const reachesMember = link.kind === 'email-change' || mail.to === user?.email;
  const works = user !== null && links.permits(link.kind, user) && (await links.lasts(store, link));
  if (!works || !reachesMember) {
    await store.outbox.withdraw(mail.id, leaseId);
    return null;
  }
  if (!(await store.outbox.hasLease(mail.id, leaseId))) return null;
  return (await links.issue(store, link)).url;
}
