import { boolean, integer, nullable, text } from './column.ts';

export const tokenColumns = {
  id: text('id'),
  ownerId: text('owner_id'),
  /** The first characters of the value, safe to show. */
  prefix: text('prefix'),
  name: text('name'),
  description: nullable(text('description')),
  createdAt: integer('created_at'),
  expiresAt: nullable(integer('expires_at')),
};

/** What INSERT stores. No query returns the last two. */
export const newTokenColumns = {
  ...tokenColumns,
  /** SHA-256 of the whole value, base64url. */
  hash: text('hash'),
  /** The name under `foldName`; unique among one owner's tokens. */
  nameFolded: text('name_folded'),
};

/** Columns of `tokens` that verification updates. `last_used_at` is null until a token's first use. */
export const lastUseColumns = {
  at: integer('last_used_at'),
  method: nullable(text('last_used_method')),
  path: nullable(text('last_used_path')),
  ip: nullable(text('last_used_ip')),
  userAgent: nullable(text('last_used_user_agent')),
};

/** Columns of `users`: what a token's status and display need of its owner. */
export const ownerColumns = {
  ownerEmail: text('email'),
  ownerDisabled: boolean('disabled'),
  ownerCanManageTokens: boolean('can_manage_tokens'),
  /** Null if the owner never signed in through the identity provider. */
  ownerSsoSignedInAt: nullable(integer('sso_signed_in_at')),
};

/** The record of a destroyed token, besides its `Actor`. It explains why the value is rejected. */
export const tombstoneColumns = {
  hash: text('hash'),
  tokenId: text('token_id'),
  ownerId: text('owner_id'),
  prefix: text('prefix'),
  name: text('name'),
  /** When the token was revoked, or when the name of an expired token was used again. */
  revokedAt: integer('revoked_at'),
  reason: text<'reason', 'revoked' | 'expired'>('reason'),
};

export const idempotencyColumns = {
  userId: text('user_id'),
  key: text('key'),
  /** SHA-256 of the request body: a different body under the same key is a mismatch. */
  bodyHash: text('body_hash'),
  tokenId: text('token_id'),
  createdAt: integer('created_at'),
};
