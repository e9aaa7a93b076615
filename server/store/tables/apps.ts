import { integer, nullable, text } from './column.ts';

export const appColumns = {
  id: text('id'),
  name: text('name'),
  url: nullable(text('url')),
  /** A JSON array. Null if every member may use the app. */
  groups: nullable(text('groups')),
  /** The longest life of a token that is restricted to the app. */
  maxExpirySeconds: nullable(integer('max_expiry_seconds')),
  /** Whether CORS preflights pass without a token. */
  preflight: text<'preflight', 'pass' | 'deny'>('preflight'),
  createdAt: integer('created_at'),
  changedAt: integer('changed_at'),
};

export const appHostColumns = { host: text('host'), appId: text('app_id') };

/** The apps that a token is restricted to, as far as they exist. Verification reads the rules of the token instead. */
export const tokenAppColumns = { appId: text('app_id'), tokenId: text('token_id') };
