import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import type { Actor, TokenRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { noSuchServiceAccount, serviceAccountDisabled } from '../../accounts/service-accounts/problems.ts';
import { type ClientInfo, systemActor } from '../../caller.ts';
import { type AuditedFields, changesBetween } from '../../changed-fields.ts';
import { type TokenDeps, tokenLimit } from '../create.ts';
import { cutExpiry } from '../expiry.ts';

interface Gift {
  at: number;
  actor: Actor;
  clientInfo: ClientInfo;
  /** The service account, which is locked. */
  newOwner: UserRecord;
  /** The name that the token has from then on. */
  name: string;
  /** When the token expires at the latest, until its next rotation. Missing: its expiry stays. */
  latest?: number;
}

/**
 * Locks the service account that receives tokens, and returns it.
 * @throws ProblemError `service-account-not-found`, `service-account-disabled`
 */
export async function lockNewOwner(store: Store, id: string): Promise<UserRecord> {
  const account = await store.serviceAccounts.lock(id);
  if (account === null) throw noSuchServiceAccount();
  if (account.disabled) throw serviceAccountDisabled();
  return account;
}

/**
 * Gives a locked token to a service account, and writes the audit event. Returns the token, or `name-taken`.
 * @throws ProblemError `token-limit`
 */
export async function giveToken(
  { auditTrail, policy }: Pick<TokenDeps, 'auditTrail' | 'policy'>,
  store: Store,
  token: TokenRecord,
  { newOwner, name, latest = Number.POSITIVE_INFINITY, ...event }: Gift,
): Promise<TokenRecord | 'name-taken'> {
  const [ownerId, nameFolded] = [newOwner.id, foldName(name)];
  // The name of an expired token is free, as for a new token.
  await store.tokens.destroyExpired({ ownerId, nameFolded }, event.at, systemActor);
  const expiry = Number.isFinite(latest) ? cutExpiry(token, latest) : token;
  const { expiresAt, lifetimeMs, expiryCut } = expiry;
  const to = { ownerId, name, nameFolded, expiresAt, lifetimeMs, expiryCut, at: event.at };
  const outcome = await store.tokens.transfer(token.id, to, policy.maxPerUser);
  if (outcome === 'token-limit') throw tokenLimit(newOwner, policy.maxPerUser);
  if (outcome === 'name-taken') return outcome;
  const given = await store.tokens.findById(token.id);
  if (given === null) throw new Error('The token that was just transferred cannot be found.');
  const changes = changesBetween(auditedFields(token), auditedFields(given));
  await auditTrail.tokenTransferred(store, { ...event, token, changes });
  return given;
}

/** Does the same, under the first free name: the token's own name, or the name with a number. */
export async function giveTokenUnderFreeName(
  deps: Pick<TokenDeps, 'auditTrail' | 'policy'>,
  store: Store,
  token: TokenRecord,
  gift: Omit<Gift, 'name'>,
): Promise<TokenRecord> {
  // The limit of tokens ends the search, because each taken name belongs to a token of the service account.
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? token.name : withNumber(token.name, number);
    const given = await giveToken(deps, store, token, { ...gift, name });
    if (given !== 'name-taken') return given;
  }
}

/** Returns a name such as `deploy-2`. Shortens a long name, so that the number fits. */
function withNumber(name: string, number: number): string {
  const suffix = `-${number}`;
  return (
    [...name]
      .slice(0, limits.maxNameCodePoints - suffix.length)
      .join('')
      .trimEnd() + suffix
  );
}

function auditedFields({ ownerEmail, name, expiresAt, selfRotate }: TokenRecord): AuditedFields {
  return {
    owner: ownerEmail,
    name,
    expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString(),
    self_rotate: selfRotate,
  };
}
