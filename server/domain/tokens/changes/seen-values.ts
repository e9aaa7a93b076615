import type { Store } from '../../../store/store.ts';
import type { UsedToken } from '../last-used.ts';

/** A current value that was presented. */
export interface SeenValue {
  tokenId: string;
  prefix: string;
}

/**
 * Current values that were presented in a way that records no use: by introspection that reports no request, or to read the
 * token itself. They prove that somebody received the value, so that the value before it may no longer rotate the token.
 */
export interface SeenValues {
  record(token: UsedToken): void;
  /** Stores the values that were recorded since the last call. */
  flush(tokens: Pick<Store['tokens'], 'recordSeen'>, at: number): Promise<void>;
}

export function createSeenValues(): SeenValues {
  let seen = new Map<string, SeenValue>();

  return {
    record({ id, prefix, validUntil }) {
      if (validUntil === null) seen.set(id, { tokenId: id, prefix });
    },
    async flush(tokens, at) {
      if (seen.size === 0) return;
      const flushed = seen;
      seen = new Map();
      try {
        await tokens.recordSeen([...flushed.values()], at);
      } catch (error) {
        seen = new Map([...flushed, ...seen]);
        throw error;
      }
    },
  };
}
