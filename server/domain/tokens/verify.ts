import { limits } from '../../../shared/limits.ts';
import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { HashMatch, StatusContext, TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { hashSecret } from '../secrets.ts';
import { createBatchedLookup } from './batched-lookup.ts';
import { tokenStatus } from './status.ts';

/** Why a presented token does not work. `unknown`: none of ours, or no token at all. */
export type DenyReason = 'revoked' | Exclude<TokenStatus, 'active'> | 'unknown';

export type VerifiedToken = Extract<HashMatch, { kind: 'token' }>;

export type Verdict =
  | { allowed: true; token: VerifiedToken }
  | { allowed: false; reason: DenyReason; known: { prefix: string; name: string; owner: string } | null };

/** Whether a presented value works now. Rejects with StoreUnavailable if the database does not answer in time. */
export type Verify = (value: string) => Promise<Verdict>;

const unknown: Verdict = { allowed: false, reason: 'unknown', known: null };

/**
 * The one decision that every route and credential form asks for. Length, shape and checksum come first, so a malformed
 * value never reaches the database; then one grouped read, joined to the owner. Nothing is written and nothing is cached.
 * `observeBatch` hears how many tokens each statement asks for.
 */
export function createVerify(
  store: Store,
  statusContext: () => StatusContext,
  observeBatch: (tokens: number) => void = () => {},
): Verify {
  const lookUp = createBatchedLookup<HashMatch>(
    (hashes) => {
      observeBatch(hashes.length);
      return store.tokens.findByHashes(hashes);
    },
    { deadlineMs: limits.lookupDeadline, atOnce: store.maxParallelLookups },
  );

  const decide = (match: HashMatch | null): Verdict => {
    if (match === null) return unknown;
    if (match.kind === 'tombstone') return refused('revoked', match);
    const status = tokenStatus(match, statusContext());
    return status === 'active' ? { allowed: true, token: match } : refused(status, match);
  };

  return (value) => (isWellFormedToken(value) ? lookUp(hashSecret(value)).then(decide) : Promise.resolve(unknown));
}

function refused(reason: DenyReason, match: Pick<TokenRecord, 'prefix' | 'name' | 'ownerEmail'>): Verdict {
  return { allowed: false, reason, known: { prefix: match.prefix, name: match.name, owner: match.ownerEmail } };
}
