import type { RecordOf } from './tables/column.ts';
import type { mailColumns, mailLinkColumns } from './tables/outbox.ts';

/** A mail that is ready to be sent: its text and HTML are complete. */
export type MailRecord = RecordOf<typeof mailColumns>;

/** A one-time link that a mail needs. Its secret is made when the mail is sent, because the outbox must not hold it. */
export type MailLink = {
  [Field in keyof typeof mailLinkColumns]: NonNullable<RecordOf<typeof mailLinkColumns>[Field]>;
};
export type MailLinkKind = MailLink['kind'];

/** A mail in the outbox. With a link, its text and HTML hold the address of a page that helps without the link. */
export interface QueuedMail extends MailRecord {
  link: MailLink | null;
  /** The deleted member to whom this is the last mail. Null for every other mail. */
  deletedUserId: string | null;
}

/** The messages that have not been sent: pending ones, including those that are leased, and dead letters. */
export interface OutboxBacklog {
  pending: number;
  dead: number;
  /** When the oldest pending message was queued. Null if none is pending. */
  oldestAt: number | null;
}

/** A message that has not been sent yet. */
export interface WaitingMail extends Pick<MailRecord, 'id' | 'to' | 'subject' | 'createdAt' | 'attempts'> {
  /** When it is sent or tried again. */
  dueAt: number;
  /** Whether a worker is sending it. `dueAt` is then the end of its lease. */
  leased: boolean;
  /** Why the last attempt failed; null if none did. */
  error: string | null;
}

/** A message that was given up after repeated failures. */
export interface DeadLetter extends Pick<MailRecord, 'id' | 'to' | 'subject' | 'createdAt' | 'attempts'> {
  gaveUpAt: number;
  error: string;
}
