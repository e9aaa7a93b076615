import { limits } from '../../../shared/limits.ts';
import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { HashMatch, StatusContext } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { hashSecret } from '../secrets.ts';
import { createBatchedLookup } from './batched-lookup.ts';
import { tokenStatus } from './status.ts';

/** Why a presented value is denied. `rotated`: a previous value whose overlap has ended. `unknown`: the value is malformed, or was never issued here. */
export type DenyReason = 'revoked' | 'rotated' | Exclude<TokenStatus, 'active'> | 'unknown';

export type VerifiedToken = Extract<HashMatch, { kind: 'token' }>;

/**
 * The result of a verification. `known` describes the denied token, if it was issued here. `tokenId` is null if the token no
 * longer exists.
 */
export type Verdict =
  | { allowed: true; token: VerifiedToken }
  | {
      allowed: false;
      reason: DenyReason;
      known: { prefix: string; name: string; owner: string } | null;
      tokenId: string | null;
    };

/** Reports whether a presented value is an active token. Rejects with StoreUnavailable if the database fails. */
export type Verify = (value: string) => Promise<Verdict>;

const unknown: Verdict = { allowed: false, reason: 'unknown', known: null, tokenId: null };

/**
 * Creates the one `verify` behind every route and credential form. It checks length, shape and checksum first, so that a
 * malformed value never reaches the database. Then it reads the token and its owner in one batched statement. It writes
 * nothing and caches nothing. `observeBatch` receives the number of tokens in each statement.
 */
export function createVerify(
  store: Pick<Store, 'maxParallelLookups'> & { tokens: Pick<Store['tokens'], 'findByHashes'> },
  statusContext: () => StatusContext,
  observeBatch: (tokens: number) => void = () => {},
): Verify {
  const lookUp = createBatchedLookup<HashMatch>(
    (hashes) => {
      observeBatch(hashes.length);
      return store.tokens.findByHashes(hashes);
    },
    { deadlineMs: limits.lookupDeadlineMs, maxParallel: store.maxParallelLookups },
  );

  const judge = (match: HashMatch | null): Verdict => {
    if (match === null) return unknown;
    if (match.kind === 'tombstone') return deny(match.reason, match);
    const context = statusContext();
    if (match.validUntil !== null && match.validUntil <= context.now) return deny('rotated', match);
    const status = tokenStatus(match, context);
    return status === 'active' ? { allowed: true, token: match } : deny(status, match);
  };

  return (value) => (isWellFormedToken(value) ? lookUp(hashSecret(value)).then(judge) : Promise.resolve(unknown));
}

/** Returns when a verified value stops working by itself, or null if it does not. A previous value ends with its overlap at the latest. */
export function valueEndsAt({ expiresAt, validUntil }: VerifiedToken): number | null {
  if (validUntil === null) return expiresAt;
  return expiresAt === null ? validUntil : Math.min(validUntil, expiresAt);
}

function deny(reason: DenyReason, match: HashMatch): Verdict {
  const known = { prefix: match.prefix, name: match.name, owner: match.ownerEmail };
  return { allowed: false, reason, known, tokenId: match.kind === 'token' ? match.id : null };
}
