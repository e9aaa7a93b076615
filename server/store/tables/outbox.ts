import { integer, nullable, text } from './column.ts';

export const mailColumns = {
  id: text('id'),
  to: text('recipient'),
  subject: text('subject'),
  text: text('text'),
  html: text('html'),
  /** RFC 5322 Message-ID with angle brackets. Fixed when queued, so that mail servers recognize a resend. */
  messageId: text('message_id'),
  createdAt: integer('created_at'),
  /** Number of times that sending was started. */
  attempts: integer('attempts'),
};

/**
 * A one-time link that the mail worker makes when it sends the mail. All null for a mail without such a link, except that the
 * last mail to a deleted member has their ID.
 */
export const mailLinkColumns = {
  kind: nullable(text<'link_kind', 'password-reset' | 'invitation' | 'email-change'>('link_kind')),
  /** The member whose link it is, or the deleted member. */
  userId: nullable(text('link_user_id')),
  /** JSON: `data` of the ticket. */
  data: nullable(text('link_data')),
};
