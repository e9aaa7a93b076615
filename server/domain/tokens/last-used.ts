import { limits } from '../../../shared/limits.ts';
import type { LastUse } from '../../store/records.ts';

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
}

/** Converts an observed request to the form in which a last use is stored. */
export type NormalizeRequest = (request: ObservedRequest) => Omit<LastUse, 'at'>;

/**
 * The last uses that are not written yet, at most one per token. A use goes through these steps:
 *
 * 1. `record` buffers the request as observed. Of several uses of a token, the newest replaces the others. A use without a
 *    path, which no proxy reported, does not replace one with it that is less than a day older.
 * 2. `drain`, called by the flush once a second, normalizes the buffered requests and empties the buffer. Normalizing
 *    here costs once per token and flush instead of once per request. The flush calls `normalizeSome` before, because
 *    normalizing many requests at once would delay verification.
 * 3. If the flush fails, `restore` puts the uses back. The next `drain` returns each again unless a newer use of its
 *    token was recorded in between.
 */
export interface LastUsed {
  record(tokenId: string, at: number, request: ObservedRequest): void;
  /** Returns the number of uses that are not written yet. */
  pending(): number;
  /** Normalizes some of the buffered requests, so that `drain` does not have to normalize all of them at once. */
  normalizeSome(count: number): void;
  /** Returns the uses that are not written yet, and empties the buffer. */
  drain(): Array<LastUse & { tokenId: string }>;
  restore(uses: ReadonlyArray<LastUse & { tokenId: string }>): void;
}

export function createLastUsed({ normalize }: { normalize: NormalizeRequest }): LastUsed {
  const observed = new Map<string, { at: number; request: ObservedRequest }>();
  /** Uses that are already normalized: the first ones of a flush, and those of a failed flush. */
  let normalized = new Map<string, LastUse & { tokenId: string }>();

  function normalizeSome(count: number): void {
    let left = count;
    for (const [tokenId, { at, request }] of observed) {
      if (left === 0) return;
      left -= 1;
      observed.delete(tokenId);
      const known = normalized.get(tokenId);
      if (known !== undefined && (at < known.at || hidesReport(known.path, request.target, at - known.at))) continue;
      normalized.set(tokenId, { tokenId, at, ...normalize(request) });
    }
  }

  return {
    record(tokenId, at, request) {
      const previous = observed.get(tokenId);
      if (previous === undefined) {
        observed.set(tokenId, { at, request });
      } else if (previous.at <= at && !hidesReport(previous.request.target, request.target, at - previous.at)) {
        previous.at = at;
        // Keep equal strings. Replacing them on every request of a busy token would burden the garbage collector.
        if (!isSameRequest(previous.request, request)) previous.request = request;
      }
    },
    pending() {
      let count = observed.size;
      for (const tokenId of normalized.keys()) if (!observed.has(tokenId)) count += 1;
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
      for (const use of uses) normalized.set(use.tokenId, use);
    },
  };
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
    one.userAgent === other.userAgent
  );
}
