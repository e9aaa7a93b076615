import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { hashSecret } from '../secrets.ts';

/** A request with an Idempotency-Key. `tokenId` is the token that it creates or changes, and `ownerId` the owner of that token. */
export interface KeyedRequest {
  userId: string;
  ownerId: string;
  key: string;
  body: object;
  tokenId: string;
}

/**
 * Claims an Idempotency-Key for the rest of the transaction. Returns null if this is the first request with it. Otherwise returns
 * the token of that request, without its value.
 * @throws ProblemError `idempotency-mismatch`; `token-not-found` if the token has been revoked or transferred
 */
export async function claimKey(
  store: Store,
  { body, ownerId, ...request }: KeyedRequest,
  now: number,
): Promise<TokenRecord | null> {
  const row = { ...request, bodyHash: hashBody(body), createdAt: now };
  const claim = await store.idempotency.claim(row, now - limits.idempotencyWindowMs);
  if (claim === 'claimed') return null;
  if (claim.bodyHash !== row.bodyHash) {
    throw new ProblemError(
      'idempotency-mismatch',
      'This Idempotency-Key was already used for a different request. Send a new key.',
    );
  }
  const token = await store.tokens.findById(claim.tokenId);
  // The former owner of a token that was transferred may not see it any more.
  if (token === null || token.ownerId !== ownerId) {
    throw new ProblemError(
      'token-not-found',
      'The token of this Idempotency-Key no longer exists, or belongs to another owner. Send a new key.',
    );
  }
  return token;
}

/** The order of fields does not matter. A field that is null differs from a missing field. */
function hashBody(body: object): string {
  return hashSecret(JSON.stringify(body, Object.keys(body).sort()));
}
