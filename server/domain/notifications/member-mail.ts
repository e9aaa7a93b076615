import type { UserRecord } from '../../store/records.ts';
import type { ClientInfo } from '../caller.ts';
import { type MailContent, type MailText, mailText } from './mail-content.ts';

/** The facts about this installation that mails mention. */
export interface SiteInfo {
  /** Name of the organization; null if none is configured. */
  organization: string | null;
  publicUrl: string;
}

/** The number of passkeys decides about the advice. Service accounts have none. */
export type PasskeyOwner = Partial<Pick<UserRecord, 'passkeyCount'>>;

/** A member who is sent a mail, and why. */
export interface Reader extends Pick<UserRecord, 'id' | 'email' | 'name'>, PasskeyOwner {
  /** `superuser`: nobody else looks after the service account. */
  because: 'owner' | 'maintainer' | 'superuser';
}

/** A member is sent a mail. */
export interface MailEvent {
  at: number;
  /** The account that the mail is about: the reader's own, or a service account. */
  owner: Pick<UserRecord, 'id' | 'email' | 'name'> & Partial<Pick<UserRecord, 'kind'>> & PasskeyOwner;
  /** Absent if the mail is to the owner. */
  reader?: Reader;
}

/** An event that a member is notified of. */
export interface MemberEvent extends MailEvent {
  /** The client that sent the request behind the event. */
  clientInfo: ClientInfo;
}

/** The part of a mail that differs from event to event. `preview` defaults to `lead`. */
export type Message = Pick<MailContent, 'subject' | 'lead' | 'advice' | 'footer'> &
  Partial<Pick<MailContent, 'preview' | 'button' | 'items' | 'lists' | 'facts'>>;

/** Adds what the mail about one request has: its time and its client info. */
export function memberMail(site: SiteInfo, event: MemberEvent, message: Message): MailContent {
  const { at, clientInfo } = event;
  return mailToMember(site, event, {
    ...message,
    facts: [
      ...(message.facts ?? []),
      ['Time', utc(at)],
      ['IP address', clientInfo.ip ?? 'unknown'],
      ['User agent', clientInfo.userAgent === null ? 'unknown' : mailText`${clientInfo.userAgent}`],
    ],
  });
}

/** Adds what every mail has: the subject prefix, the greeting and the address of the server. */
export function mailToMember(
  site: SiteInfo,
  { owner, reader = { ...owner, because: 'owner' } }: MailEvent,
  message: Message,
): MailContent {
  const { preview = message.lead, button = null, items = [], lists = [], facts = [] } = message;
  return {
    ...message,
    subject: withPrefix(site, message.subject),
    preview,
    greeting: reader.name === '' ? 'Hello,' : mailText`Hello ${reader.name},`,
    button,
    items,
    lists,
    facts,
    serverUrl: site.publicUrl,
  };
}

/** Puts the name of the organization in front of a subject. */
export function withPrefix({ organization }: SiteInfo, subject: MailText): MailText {
  if (organization === null) return subject;
  return [`[${organization}] `, ...(typeof subject === 'string' ? [subject] : subject)];
}

/** Formats a time like `2026-11-23 16:20:00 UTC`. */
export function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Formats a day like `2026-11-23`, in UTC. */
export function utcDay(ms: number): string {
  return utc(ms).slice(0, 10);
}
