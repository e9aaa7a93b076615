import type { ObservedRequest } from '../last-used.ts';
import { nothingKnown } from './gaps.ts';
import {
  type CountedToken,
  countAgain,
  countedToken,
  countOther,
  firstCount,
  knowsNetwork,
  type Sample,
  type TokenCounts,
  type UseKind,
  type Uses,
} from './token-counts.ts';

/** Maps over which the tokens are distributed. A map of a million entries would stall verification each time it grows. */
const shardCount = 256;

/** Number of counts, each of some 150 bytes, from which `full` is true, and from which new ones are lost. */
const manyCounts = 100_000;
const maxCounts = 1_500_000;

/** Networks whose first use is kept for a mail at the same time. The mail about any other cannot describe the request. */
const maxSamples = 2_000;

/** Reads from an observed request what is counted. */
export interface ReadUse {
  /** Writes into `kind` everything but the outcome. */
  describe(request: ObservedRequest, kind: UseKind): void;
  sample(request: ObservedRequest): Sample;
}

/**
 * Counts the uses of tokens in memory, until a flush takes them. The memory is bounded: 200 values per token and kind, and
 * `maxCounts` overall. Beyond that, only uses of tokens that are counted already are added, by hour.
 */
export interface UseCounter {
  /** Counts verifications that succeeded, as `CountUses` describes. */
  allowed(tokenId: string, at: number, request: ObservedRequest, uses?: number, lastAt?: number): void;
  /** Counts verifications of a known token that were denied, one by default. */
  denied(tokenId: string, at: number, reason: string, uses?: number): void;
  /** Returns the number of tokens that have uses. */
  pending(): number;
  /** Reports whether so much is counted that the next flush should not wait. */
  full(): boolean;
  /** Returns the uses of at most `limit` tokens, in the order of their IDs, and forgets them. */
  take(limit: number): CountedToken[];
}

export function createUseCounter(read: ReadUse): UseCounter {
  const shards = Array.from({ length: shardCount }, () => new Map<string, TokenCounts>());
  /** The kind of the present use. One object for all of them spares the garbage collector. */
  const kind: UseKind = {
    outcome: 'allowed',
    route: null,
    network: null,
    agent: null,
    app: null,
    wouldDeny: null,
    gaps: 0,
  };
  let [tokens, values, samples, nextShard] = [0, 0, 0, 0];

  function count(tokenId: string, when: Uses, request: ObservedRequest | null): void {
    const shard = shards[shardOf(tokenId)] as Map<string, TokenCounts>;
    const counts = shard.get(tokenId);
    if (counts !== undefined && countAgain(counts, kind, when)) return;
    if (isFull()) {
      if (counts === undefined) return;
      describeNothing();
    }
    const sample = request === null ? null : sampleOf(counts, request);
    if (counts === undefined) {
      shard.set(tokenId, firstCount(kind, when, sample));
      tokens += 1;
    } else {
      values += countOther(counts, kind, when, sample);
    }
  }

  function isFull(): boolean {
    return tokens + values >= maxCounts;
  }

  function describeNothing(): void {
    kind.route = kind.network = kind.agent = kind.app = null;
    kind.gaps = kind.outcome === 'allowed' ? nothingKnown : 0;
  }

  function sampleOf(counts: TokenCounts | undefined, request: ObservedRequest): Sample | null {
    if (kind.network === null || samples >= maxSamples) return null;
    if (counts !== undefined && knowsNetwork(counts, kind.network)) return null;
    samples += 1;
    return read.sample(request);
  }

  return {
    allowed(tokenId, at, request, uses = 1, lastAt = at) {
      kind.outcome = 'allowed';
      read.describe(request, kind);
      count(tokenId, { uses, firstAt: at, lastAt }, request);
    },
    denied(tokenId, at, reason, uses = 1) {
      kind.outcome = reason;
      kind.wouldDeny = null;
      describeNothing();
      count(tokenId, { uses, firstAt: at, lastAt: at }, null);
    },
    pending: () => tokens,
    full: () => tokens + values >= manyCounts,
    take(limit) {
      const taken: CountedToken[] = [];
      for (let visited = 0; visited < shardCount && taken.length < limit; visited += 1) {
        const shard = shards[nextShard] as Map<string, TokenCounts>;
        for (const [tokenId, counts] of shard) {
          if (taken.length === limit) break;
          shard.delete(tokenId);
          const counted = countedToken(tokenId, counts);
          taken.push(counted);
          values -= counted.grown;
          samples -= counted.sampled;
        }
        if (shard.size === 0) nextShard = (nextShard + 1) % shardCount;
      }
      tokens -= taken.length;
      return taken.sort((a, b) => (a.tokenId < b.tokenId ? -1 : 1));
    },
  };
}

/** The last characters of a UUIDv7 are random. */
function shardOf(tokenId: string): number {
  const { length } = tokenId;
  return (
    (tokenId.charCodeAt(length - 1) * 31 + tokenId.charCodeAt(length - 2) * 7 + tokenId.charCodeAt(length - 3)) %
    shardCount
  );
}
