import { limits } from '../../../shared/limits.ts';
import type { LastUse, TokenUse } from '../../store/records.ts';
import type { ForbidReason } from './rules/evaluate.ts';
import type { VerifiedToken } from './verify.ts';

/**
 * The parts of a verified request that describe a use, as raw text. Header values are latin1, as Node presents them. A
 * part that is missing, or that a trusted proxy did not send, is null.
 */
export interface ObservedRequest {
  method: string | null;
  target: string | null;
  peer: string | null;
  forwardedFor: string | null;
  userAgent: string | null;
  /** Whether every rule about paths denies the target, because the client chose a part of it. */
  isDisputed?: boolean;
  /** The app that the request was for. Null if it was for none. */
  appId: string | null;
  /** Why the rules of the token would have denied the request if they were enforced. */
  wouldDeny: ForbidReason | null;
  /**
   * Present if an API server reported the request at introspection. A rule is not evaluated if the server left out its input. It
   * denies the request if a proxy left out its input.
   */
  introspected?: true;
}

/** Converts an observed request to the form in which a last use is stored. */
export type NormalizeRequest = (request: ObservedRequest) => Omit<LastUse, 'at'>;

/** The token and the value that were used. */
export type UsedToken = Pick<VerifiedToken, 'id' | 'prefix' | 'validUntil'>;

/**
 * Counts equal uses of a token in a row. All are in one hour; the first was at `at`, the last at `lastAt`.
 */
export type CountUses = (tokenId: string, at: number, request: ObservedRequest, uses: number, lastAt: number) => void;

/**
 * The last uses that are not written yet, at most one per token, and one more for a previous value. A use goes through these steps:
 *
 * 1. `record` buffers the request as observed. Of several uses of a token, the newest replaces the others. A use without a
 *    path, which no proxy reported, does not replace one with it that is less than a day older.
 * 2. `drain`, called by the flush once a second, normalizes the buffered requests and empties the buffer. Normalizing
 *    here costs once per token and flush instead of once per request. The flush calls `normalizeSome` before, because
 *    normalizing many requests at once would delay verification.
 *    The same step passes the uses to `countUses`. Equal uses in a row are passed once; a different use passes those before it.
 * 3. If the flush fails, `restore` puts the uses back. The next `drain` returns each again unless a newer use of its
 *    token was recorded in between.
 */
export interface LastUsed {
  record(token: UsedToken, at: number, request: ObservedRequest): void;
  /** Returns the number of uses that are not written yet. */
  pending(): number;
  /** Normalizes some of the buffered requests, so that `drain` does not have to normalize all of them at once. */
  normalizeSome(count: number): void;
  /** Returns the uses that are not written yet, and empties the buffer. */
  drain(): TokenUse[];
  restore(uses: readonly TokenUse[]): void;
}

type ObservedUse = Required<Pick<TokenUse, 'tokenId' | 'prefix' | 'previous' | 'at'>> & {
  request: ObservedRequest;
  run: Run;
};

/** Equal uses in a row that are not counted yet. */
interface Run {
  request: ObservedRequest;
  uses: number;
  firstAt: number;
  lastAt: number;
}

const hourMs = 60 * 60 * 1000;

interface LastUsedDeps {
  normalize: NormalizeRequest;
  countUses?: CountUses;
}

export function createLastUsed({ normalize, countUses = () => {} }: LastUsedDeps): LastUsed {
  const observed = new Map<string, ObservedUse>();
  /** Uses that are already normalized: the first ones of a flush, and those of a failed flush. */
  let normalized = new Map<string, TokenUse>();

  function normalizeSome(count: number): void {
    let left = count;
    for (const [key, use] of observed) {
      if (left === 0) return;
      left -= 1;
      observed.delete(key);
      countRun(use.tokenId, use.run);
      const known = normalized.get(key);
      if (known === undefined || replaces(use, use.request, known, known.path)) normalized.set(key, normalizeUse(use));
    }
  }

  /** The fields are written out because spreading them takes several times as long, and this runs for most verifications. */
  function normalizeUse({ tokenId, prefix, previous, at, request }: ObservedUse): TokenUse {
    const { method, path, ip, userAgent } = normalize(request);
    return { tokenId, prefix, previous, at, method, path, ip, userAgent };
  }

  function countRun(tokenId: string, { request, uses, firstAt, lastAt }: Run): void {
    countUses(tokenId, firstAt, request, uses, lastAt);
  }

  /** Counts a use with those before it if it is equal. Returns the request, or an equal one that is kept already. */
  function count(use: ObservedUse, at: number, request: ObservedRequest): ObservedRequest {
    const { run } = use;
    const isEqual = isSameRequest(run.request, request);
    if (isEqual && at >= run.firstAt && hourOf(at) === hourOf(run.firstAt)) {
      run.uses += 1;
      if (at > run.lastAt) run.lastAt = at;
    } else {
      countRun(use.tokenId, run);
      use.run = newRun(at, isEqual ? run.request : request);
    }
    // Keep equal strings. Replacing them on every request of a busy token would burden the garbage collector.
    return use.run.request;
  }

  return {
    record({ id, prefix, validUntil }, at, request) {
      const previous = validUntil !== null;
      const key = keyOf(id, prefix, previous);
      const earlier = observed.get(key);
      if (earlier === undefined) {
        observed.set(key, { tokenId: id, prefix, previous, at, request, run: newRun(at, request) });
        return;
      }
      const kept = count(earlier, at, request);
      if (!replaces({ prefix, at }, request, earlier, earlier.request.target)) return;
      earlier.prefix = prefix;
      earlier.at = at;
      earlier.request = kept;
    },
    pending() {
      let count = observed.size;
      for (const key of normalized.keys()) if (!observed.has(key)) count += 1;
      return count;
    },
    normalizeSome,
    drain() {
      normalizeSome(observed.size);
      const uses = [...normalized.values()];
      normalized = new Map();
      return uses;
    },
    restore(uses) {
      for (const use of uses) normalized.set(keyOf(use.tokenId, use.prefix ?? '', use.previous ?? false), use);
    },
  };
}

function newRun(at: number, request: ObservedRequest): Run {
  return { request, uses: 1, firstAt: at, lastAt: at };
}

function hourOf(at: number): number {
  return Math.floor(at / hourMs);
}

/** Returns the key of a use. For the current value, which is used most often, it creates no new string. */
function keyOf(tokenId: string, prefix: string, previous: boolean): string {
  return previous ? `${tokenId} ${prefix}` : tokenId;
}

/** Reports whether a use replaces an earlier one. If the prefix differs, the token was rotated in between. */
function replaces(
  { at, prefix }: Pick<ObservedUse, 'at' | 'prefix'>,
  { target }: ObservedRequest,
  earlier: Pick<TokenUse, 'at' | 'prefix'>,
  earlierPath: string | null,
): boolean {
  return earlier.at <= at && (earlier.prefix !== prefix || !hidesReport(earlierPath, target, at - earlier.at));
}

/** Reports whether a use that no proxy reported would replace one that a proxy reported shortly before. */
function hidesReport(previousPath: string | null, path: string | null, elapsedMs: number): boolean {
  return path === null && previousPath !== null && elapsedMs < limits.reportedUseMs;
}

function isSameRequest(one: ObservedRequest, other: ObservedRequest): boolean {
  return (
    one.target === other.target &&
    one.method === other.method &&
    one.peer === other.peer &&
    one.forwardedFor === other.forwardedFor &&
    one.userAgent === other.userAgent &&
    one.appId === other.appId &&
    one.wouldDeny === other.wouldDeny &&
    one.isDisputed === other.isDisputed &&
    one.introspected === other.introspected
  );
}
