import type { MailRecord } from '../store/records.ts';

/** The mail server will never take a message for this recipient: it has no such mailbox. */
export class RecipientRefused extends Error {
  override name = 'RecipientRefused';
}

/** Where notices go out. */
export interface Mailer {
  /**
   * Resolves once somebody else is responsible for the message; sending the same record again gives the same message.
   * Rejects within about a minute, with a message that holds no credentials; with RecipientRefused if trying again is
   * of no use.
   */
  send(mail: MailRecord): Promise<void>;
  /** Breaks off what is being sent. */
  close(): Promise<void>;
}
