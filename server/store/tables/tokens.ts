import type { actorColumns } from './audit.ts';
import { boolean, integer, nullable, type RecordOf, text } from './column.ts';

type Actor = RecordOf<typeof actorColumns>;

/** What INSERT stores of a token, besides its hash, and every query returns. */
const createdTokenColumns = {
  id: text('id'),
  ownerId: text('owner_id'),
  /** The first characters of the value, safe to show. */
  prefix: text('prefix'),
  name: text('name'),
  description: nullable(text('description')),
  createdAt: integer('created_at'),
  expiresAt: nullable(integer('expires_at')),
  /**
   * The span between the last choice of the expiry and that expiry. Null if the token never expires. Also null if an earlier release
   * created the token, or if `expiryCut`: use `lifetimeOf` in the domain, or `tokenLifetime` in SQL.
   */
  lifetimeMs: nullable(integer('lifetime_ms')),
  /** Whether the token may rotate itself. */
  selfRotate: boolean('self_rotate'),
  /** Whether the owner wants no mail about uses from new networks. */
  quietNetworks: boolean('quiet_networks'),
  /** The rules of the token, as `storeRules` returns them. Null if it has none. */
  rules: nullable(text('rules')),
  /** The scopes of a management key, separated by spaces. Null for every other token. */
  manage: nullable(text('manage')),
  /** The trust under which the token was exchanged. Null for every other token. */
  trustId: nullable(text('trust_id')),
  /** Whether the token is a canary: its value looks like any other, and never works. */
  canary: boolean('canary'),
};

/** The lifetime of a token `t`, whichever release created it. Longer than every other if it has an expiry only until its next rotation. */
export const tokenLifetime =
  'COALESCE(t.lifetime_ms, CASE WHEN t.expiry_cut THEN 9007199254740991 ELSE t.expires_at - t.created_at END)';

export const tokenColumns = {
  ...createdTokenColumns,
  /** Whether an offboarding gave an expiry to a token that had none. Counts only while `lifetimeMs` is null. */
  expiryCut: boolean('expiry_cut'),
  rotatedAt: nullable(integer('rotated_at')),
  /** Whether the token was transferred and has not been rotated since, so that its former owner knows its value. */
  formerOwnerKnows: boolean('former_owner_knows'),
  /** When the rules last changed. Null if they never did. */
  rulesChangedAt: nullable(integer('rules_changed_at')),
  /** When the last pause began. Null after a resumption. A pause whose end has passed remains stored. */
  pausedAt: nullable(integer('paused_at')),
  /** When the pause ends by itself. Null if it does not. */
  pausedUntil: nullable(integer('paused_until')),
  pausedReason: nullable(text('paused_reason')),
  /** Null in a token that was never paused. The email address is null if no person paused it. */
  pausedByKind: nullable(text<'paused_by_kind', Actor['kind']>('paused_by_kind')),
  pausedById: nullable(text('paused_by_id')),
  pausedByEmail: nullable(text('paused_by_email')),
  /** Whether only superusers may end the pause. */
  pausedBySuperuser: boolean('paused_by_superuser'),
  resumedAt: nullable(integer('resumed_at')),
  /** When the current value was first presented in a way that records no use. */
  seenAt: nullable(integer('seen_at')),
  /** The newest use of any previous value. */
  previousUsedAt: nullable(integer('previous_used_at')),
};

/** What INSERT stores. No query returns the last two. */
export const newTokenColumns = {
  ...createdTokenColumns,
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

/** A value that a rotation replaced. Its token is still stored; destroying that turns this row into a tombstone. */
export const previousValueColumns = {
  prefix: text('prefix'),
  rotatedAt: integer('rotated_at'),
  /** The value is accepted until then. Negative if it was ended early. */
  validUntil: integer('valid_until'),
  /** Whether the token rotated itself. */
  selfRotated: boolean('self_rotated'),
};

/** The columns of `users` that a token's status and display need. */
export const ownerColumns = {
  ownerEmail: text('email'),
  ownerKind: text<'kind', 'member' | 'service-account'>('kind'),
  ownerDisabled: boolean('disabled'),
  ownerCanManageTokens: boolean('can_manage_tokens'),
  /** Null if the owner never signed in through the identity provider. */
  ownerSsoSignedInAt: nullable(integer('sso_signed_in_at')),
};

/** Of the owner of a token that ended, who may have been deleted since. */
export const deletionColumns = { ownerDeletedAt: nullable(integer('deleted_at')) };

/** The record of a destroyed token, besides its `Actor`. It explains why the value is rejected. */
export const tombstoneColumns = {
  hash: text('hash'),
  tokenId: text('token_id'),
  ownerId: text('owner_id'),
  prefix: text('prefix'),
  name: text('name'),
  /** When the token was revoked, or when the name of an expired token was used again. */
  revokedAt: integer('revoked_at'),
  reason: text<'reason', 'revoked' | 'rotated' | 'expired' | 'idle'>('reason'),
  /** Whether it is that of the current value, and so stands for the token. */
  isCurrent: boolean('is_current'),
  exchanged: boolean('exchanged'),
  /** Null for tokens that an earlier release destroyed. */
  nameFolded: nullable(text('name_folded')),
};

export const idempotencyColumns = {
  userId: text('user_id'),
  key: text('key'),
  /** SHA-256 of the request body: a different body under the same key is a mismatch. */
  bodyHash: text('body_hash'),
  tokenId: text('token_id'),
  createdAt: integer('created_at'),
};

/** See `PolicyStart`. */
export const policyStartColumns = {
  policy: text<'policy', 'max-idle'>('policy'),
  valueMs: integer('value_ms'),
  firstServedAt: integer('first_served_at'),
};
