import type { MailRecord } from '../store/records.ts';

/** Where notices go out. */
export interface Mailer {
  /**
   * Resolves once somebody else is responsible for the message; sending the same record again gives the same message.
   * Rejects within about a minute, with a message that holds no credentials.
   */
  send(mail: MailRecord): Promise<void>;
  /** Breaks off what is being sent. */
  close(): Promise<void>;
}
