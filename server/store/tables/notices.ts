import { integer, nullable, text } from './column.ts';

/** Columns of `tokens` about notices. */
export const noticeColumns = {
  /** The threshold that the token crossed, in milliseconds before its expiry. 0: it has expired. -1: it becomes idle. */
  within: integer('notice_within'),
  /** When the owner was last told that the token becomes idle. */
  idleNoticedAt: nullable(integer('idle_noticed_at')),
};

/** A job's position in a table that it reads bit by bit. */
export const positionColumns = {
  job: text('job'),
  at: integer('at'),
  id: text('id'),
};

export const collectedEventColumns = {
  id: text('id'),
  userId: text('user_id'),
  /** JSON. Says what happened to which token, and who did it. */
  event: text('event'),
};
