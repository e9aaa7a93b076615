import { limits } from '../../../shared/limits.ts';
import type { TokenStatus } from '../../../shared/schemas/tokens.ts';
import { isWellFormedToken } from '../../../shared/token-format.ts';
import type { HashMatch, Moment, TokenRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { hashSecret } from '../secrets.ts';
import { createGroupedLookup } from './batched-lookup.ts';
import { tokenStatus } from './status.ts';

/** Why a presented token does not work. `unknown`: none of ours, or no token at all. */
export type RefusalReason = 'revoked' | Exclude<TokenStatus, 'active'> | 'unknown';

export type GoodToken = Extract<HashMatch, { kind: 'token' }>;

export type Decision =
  | { good: true; token: GoodToken }
  | { good: false; reason: RefusalReason; known: { prefix: string; name: string; owner: string } | null };

/** Whether a presented value works now. Rejects with StoreUnavailable if the database does not answer in time. */
export type Verify = (value: string) => Promise<Decision>;

const unknown: Decision = { good: false, reason: 'unknown', known: null };

/**
 * The one decision that every route and credential form asks for. Length, shape and checksum come first, so a malformed
 * value never reaches the database; then one grouped read, joined to the owner. Nothing is written and nothing is cached.
 * `lookedUp` hears how many tokens each statement asks for.
 */
export function createVerify(
  store: Store,
  moment: () => Moment,
  lookedUp: (tokens: number) => void = () => {},
): Verify {
  const lookUp = createGroupedLookup<HashMatch>(
    (hashes) => {
      lookedUp(hashes.length);
      return store.tokens.findByHashes(hashes);
    },
    { deadlineMs: limits.lookupDeadline, atOnce: store.lookupsAtOnce },
  );

  const decide = (match: HashMatch | null): Decision => {
    if (match === null) return unknown;
    if (match.kind === 'tombstone') return refused('revoked', match);
    const status = tokenStatus(match, moment());
    return status === 'active' ? { good: true, token: match } : refused(status, match);
  };

  return (value) => (isWellFormedToken(value) ? lookUp(hashSecret(value)).then(decide) : Promise.resolve(unknown));
}

function refused(reason: RefusalReason, match: Pick<TokenRecord, 'prefix' | 'name' | 'ownerEmail'>): Decision {
  return { good: false, reason, known: { prefix: match.prefix, name: match.name, owner: match.ownerEmail } };
}
