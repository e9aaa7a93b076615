import { integer, nullable, text } from './column.ts';

/** The erasure of a member. */
export const erasureColumns = {
  userId: text('user_id'),
  /** A JSON array of the addresses to search for. Null once the database holds none of them. */
  addresses: nullable(text('addresses')),
  salt: text('salt'),
  /** A JSON array of salted hashes of the addresses. */
  hashes: text('hashes'),
  begunAt: integer('begun_at'),
  /** Null while the erasure goes on. */
  finishedAt: nullable(integer('finished_at')),
  leasedUntil: integer('leased_until'),
};
