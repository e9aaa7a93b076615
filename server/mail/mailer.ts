import type { MailRecord } from '../store/records.ts';

/**
 * Why sending failed:
 *
 * - `outage`: it may work later without any change.
 * - `set-up`: it works only after someone changes a setting, or the mail server.
 * - `recipient`: the mail server permanently rejected the mailbox. Retrying is useless.
 */
export type MailFailureKind = 'outage' | 'set-up' | 'recipient';

/** The mail was not sent. The message contains no credentials, and says what to do if the set-up has to change. */
export class MailFailure extends Error {
  override name = 'MailFailure';
  readonly kind: MailFailureKind;
  /** The setting, or its parameter, that has to change; null if none. */
  readonly setting: string | null;

  constructor(message: string, kind: MailFailureKind, setting: string | null = null) {
    super(message);
    this.kind = kind;
    this.setting = setting;
  }
}

/** Hands mail over for delivery. */
export interface Mailer {
  /**
   * Resolves once the mail server, or the disk, has taken over the message, with the server's reply or the path of the
   * file. Sending a record again produces the same message. Rejects within about a minute.
   * @throws MailFailure, or another Error
   */
  send(mail: MailRecord): Promise<string>;
  /** Aborts sends in progress. */
  close(): Promise<void>;
}
