import { integer, nullable, text } from './column.ts';

/** A value of ours that was reported as leaked while its token could still work. */
export const leakColumns = {
  /** SHA-256 of the value, base64url, as in `tokens`, `previous_values` or `tombstones`. */
  hash: text('hash'),
  tokenId: text('token_id'),
  ownerId: text('owner_id'),
  /** Of the value that was reported. */
  prefix: text('prefix'),
  /** The name of the token at that time. */
  name: text('name'),
  /** The kind of place where the value was found, as the reporter calls it. Null if the reporter did not say. */
  source: nullable(text('source')),
  url: nullable(text('url')),
  /** The action of the report. `ended`: the overlap of a previous value. `canary`: the value is that of a canary, which stays. */
  outcome: text<'outcome', 'canary' | 'notified' | 'paused' | 'ended' | 'revoked'>('outcome'),
  reports: integer('reports'),
  firstAt: integer('first_at'),
  lastAt: integer('last_at'),
};
