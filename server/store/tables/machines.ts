import { boolean, integer, nullable, text } from './column.ts';

/** A member who looks after a service account. */
export const maintainerColumns = { serviceAccountId: text('service_account_id'), userId: text('user_id') };

export const trustColumns = {
  id: text('id'),
  name: text('name'),
  serviceAccountId: text('service_account_id'),
  /** The `iss` of identity tokens, compared exactly. */
  issuer: text('issuer'),
  /** One of their `aud`. Null for the public URL. */
  audience: nullable(text('audience')),
  /** A JSON object: claims and the texts that they must match. */
  claims: text('claims'),
  /** The rules of the tokens that are issued, as `storeRules` returns them. Null if they have none. */
  rules: nullable(text('rules')),
  ttlSeconds: integer('ttl_seconds'),
  /** Whether a superuser chose the issuer, so that its keys may be at an internal address. */
  mayBeInternal: boolean('may_be_internal'),
  createdAt: integer('created_at'),
  changedAt: integer('changed_at'),
};

/** The ID that a repository, or an owner of repositories, had at its first exchange under a trust. */
export const trustPinColumns = {
  trustId: text('trust_id'),
  kind: text<'kind', 'repository' | 'owner'>('kind'),
  name: text('name'),
  pinnedId: text('pinned_id'),
};

/** A subject token that was exchanged. */
export const usedSubjectTokenColumns = {
  hash: text('hash'),
  /** The row is needed until then. */
  expiresAt: integer('expires_at'),
};
