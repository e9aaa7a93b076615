import type { SkipReason } from '../../../../shared/schemas/tokens/bulk.ts';
import type { TokenRecord } from '../../../store/records.ts';

/** What reports call a token. */
export type TokenLabel = Pick<TokenRecord, 'id' | 'name' | 'prefix' | 'ownerId' | 'ownerEmail' | 'ownerKind'>;

export interface SkippedToken {
  id: string;
  /** Null if the operator may not see the token. */
  token: Pick<TokenLabel, 'name' | 'ownerEmail'> | null;
  reason: SkipReason;
}

/** What became of each token of a change of many. Every ID is in exactly one of the lists. */
export interface BulkOutcome {
  done: TokenLabel[];
  skipped: SkippedToken[];
  /** The tokens that were not reached, because `error` ended the change in the middle. */
  failed: Array<{ token: TokenLabel; error: unknown }>;
}

/** What became of the tokens of one owner in one transaction. */
export type ChunkOutcome = Pick<BulkOutcome, 'done' | 'skipped'>;
