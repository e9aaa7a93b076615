import { integer, text } from './column.ts';

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
