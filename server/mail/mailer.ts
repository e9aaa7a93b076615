import type { MailRecord } from '../store/records.ts';

/** The mail server rejected the recipient permanently: there is no such mailbox. Retrying is useless. */
export class RecipientRejected extends Error {
  override name = 'RecipientRejected';
}

/** Hands mail over for delivery. */
export interface Mailer {
  /**
   * Resolves once the mail server, or the disk, has taken over the message. Sending a record again produces the same
   * message.
   * @throws RecipientRejected if retrying is useless, or another Error. Rejects within about a minute; no message contains
   * credentials.
   */
  send(mail: MailRecord): Promise<void>;
  /** Aborts sends in progress. */
  close(): Promise<void>;
}
