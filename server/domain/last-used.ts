import type { LastUse } from '../store/records.ts';

export type TokenUse = LastUse & { tokenId: string };

/** Last uses waiting for the next flush: one per token, the newest wins. */
export interface LastUsed {
  record(tokenId: string, use: LastUse): void;
  /** How many wait. */
  waiting(): number;
  /** Hands over what waits and forgets it. */
  drain(): TokenUse[];
  /** Takes back what could not be written, unless something newer came meanwhile. */
  restore(uses: readonly TokenUse[]): void;
}

export function createLastUsed(): LastUsed {
  let waiting = new Map<string, TokenUse>();

  function record(tokenId: string, use: LastUse): void {
    const earlier = waiting.get(tokenId);
    if (earlier === undefined || earlier.at <= use.at) waiting.set(tokenId, { ...use, tokenId });
  }

  return {
    record,
    waiting: () => waiting.size,
    drain() {
      const uses = [...waiting.values()];
      waiting = new Map();
      return uses;
    },
    restore(uses) {
      for (const use of uses) {
        if (!waiting.has(use.tokenId)) waiting.set(use.tokenId, use);
      }
    },
  };
}
