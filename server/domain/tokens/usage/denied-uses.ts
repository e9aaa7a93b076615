import { limits } from '../../../../shared/limits.ts';
import type { AppMatch, NewDeniedRequest } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import type { NormalizeRequest, ObservedRequest } from '../last-used.ts';
import type { UseCounter } from './use-counter.ts';

/** Maximum number of denied requests in memory: those of the last second, and those that could not be written. */
const maxKept = 20_000;

/** Number of requests that one turn of the event loop normalizes, and that one transaction writes. */
const maxPerTurn = 100;
const maxPerBatch = 500;

/**
 * The denied uses of tokens: each is counted, and the newest requests of each token are kept until a flush writes them. Verification only
 * adds to a list in memory, which holds at most `limits.maxDeniedRequests` of one token and `maxKept` of all.
 */
export interface DeniedUses {
  /** Records that a request with a value of a token was denied. */
  record(tokenId: string, reason: string, request: ObservedRequest): void;
  /** Records that a request with a value of a token that has ended was denied. It is not counted. */
  recordEnded(tokenId: string, reason: string, request: ObservedRequest): void;
  /** Writes the requests that were kept before the call. Those of a failed batch stay for the next call. */
  flush(): Promise<void>;
}

interface DeniedUsesDeps {
  store: Pick<Store, 'transaction'>;
  clock: Clock;
  newId: () => string;
  normalize: NormalizeRequest;
  counter: Pick<UseCounter, 'denied'>;
}

interface Denied {
  at: number;
  reason: string;
  request: ObservedRequest;
}

export function createDeniedUses({ store, clock, newId, normalize, counter }: DeniedUsesDeps): DeniedUses {
  /** By the ID of the token, newest last. */
  let kept = new Map<string, Denied[]>();
  let count = 0;
  /** Requests that are normalized and not written yet, oldest first. */
  let unwritten: NewDeniedRequest[] = [];

  function keep(tokenId: string, denied: Denied): void {
    const ofToken = kept.get(tokenId);
    if (ofToken !== undefined && ofToken.length === limits.maxDeniedRequests) {
      ofToken.shift();
      ofToken.push(denied);
      return;
    }
    if (count === maxKept) return;
    count += 1;
    if (ofToken === undefined) kept.set(tokenId, [denied]);
    else ofToken.push(denied);
  }

  /** Normalizes what was kept, a part in each turn of the event loop, because all at once would delay verification. */
  async function normalizeKept(): Promise<void> {
    const taken = kept;
    kept = new Map();
    count = 0;
    let left = maxPerTurn;
    for (const [tokenId, requests] of taken) {
      for (const { at, reason, request } of requests) {
        unwritten.push({ id: newId(), tokenId, at, reason, appId: request.appId, ...normalize(request) });
        left -= 1;
      }
      if (left > 0) continue;
      left = maxPerTurn;
      await new Promise((resolve) => setImmediate(resolve));
    }
    unwritten = unwritten.slice(-maxKept);
  }

  return {
    record(tokenId, reason, request) {
      const at = clock.now();
      counter.denied(tokenId, at, reason);
      keep(tokenId, { at, reason, request });
    },
    recordEnded(tokenId, reason, request) {
      keep(tokenId, { at: clock.now(), reason, request });
    },
    async flush() {
      await normalizeKept();
      while (unwritten.length > 0) {
        const batch = unwritten.slice(0, maxPerBatch);
        await store.transaction((store) => store.usage.addDenied(batch, clock.now()));
        unwritten = unwritten.slice(batch.length);
      }
    },
  };
}

/** Records a denied request with a value that was issued here. `observe` describes it. */
export function recordDenial(
  uses: Pick<DeniedUses, 'record' | 'recordEnded'>,
  verdict: { reason: string; tokenId: string | null; endedTokenId?: string; app?: AppMatch | null },
  observe: (app: AppMatch | null) => ObservedRequest,
): void {
  const { reason, tokenId, endedTokenId, app = null } = verdict;
  if (tokenId !== null) uses.record(tokenId, reason, observe(app));
  else if (endedTokenId !== undefined) uses.recordEnded(endedTokenId, reason, observe(app));
}
