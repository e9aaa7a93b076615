import type { UserRecord } from '../../store/records.ts';
import type { ClientInfo } from '../caller.ts';
import { type AdviceStep, type MailContent, mailText } from './mail-content.ts';

/** The facts about this installation that mails mention. */
export interface SiteInfo {
  /** Name of the organization; null if none is configured. */
  organization: string | null;
  publicUrl: string;
}

/** An event that a member is notified of. */
export interface MemberEvent {
  at: number;
  owner: Pick<UserRecord, 'id' | 'email' | 'name'>;
  /** The client that sent the request behind the event. */
  clientInfo: ClientInfo;
}

/** The part of a mail that differs from event to event. */
export type Message = Pick<MailContent, 'subject' | 'lead' | 'advice' | 'footer'> &
  Partial<Pick<MailContent, 'items' | 'facts'>>;

/** Adds what every mail has: the subject prefix, the greeting, the time and the client info. */
export function memberMail({ organization, publicUrl }: SiteInfo, event: MemberEvent, message: Message): MailContent {
  const { at, owner, clientInfo } = event;
  const { subject, items = [], facts = [] } = message;
  return {
    ...message,
    subject:
      organization === null ? subject : [`[${organization}] `, ...(typeof subject === 'string' ? [subject] : subject)],
    greeting: owner.name === '' ? 'Hello,' : mailText`Hello ${owner.name},`,
    items,
    facts: [
      ...facts,
      ['Time', utc(at)],
      ['IP address', clientInfo.ip ?? 'unknown'],
      ['User agent', clientInfo.userAgent === null ? 'unknown' : mailText`${clientInfo.userAgent}`],
    ],
    serverUrl: publicUrl,
  };
}

export const ifNotYou =
  "If this wasn't you, someone else may be using your account. Do the following now. Otherwise, no action is needed.";
export const ifNotExpected = "If you didn't expect this, do the following. Otherwise, no action is needed.";

export const reviewTokens: AdviceStep = {
  instruction: 'Check your tokens and revoke any that you do not recognize.',
  command: 'tokens list',
};

export function contactSuperuser(site: SiteInfo): AdviceStep {
  return { instruction: `Tell ${superuserOf(site)}.` };
}

/** Returns the phrase for whom to contact, with the name of the organization if one is configured. */
export function superuserOf({ organization }: SiteInfo): string {
  return organization === null ? 'an Organization Superuser' : `an Organization Superuser of ${organization}`;
}

/** Formats a time like `2026-11-23 16:20:00 UTC`. */
export function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
