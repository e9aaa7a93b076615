import type { LastUse } from '../store/records.ts';

export type TokenUse = LastUse & { tokenId: string };

/** What a use was. */
export type UseDescription = Omit<LastUse, 'at'>;

/** Last uses waiting for the next flush: one per token, the newest wins. */
export interface LastUsed {
  /** `describe` is asked when the use is handed over: of many uses within a second only the last one is. */
  record(tokenId: string, at: number, describe: () => UseDescription): void;
  /** How many wait. */
  waiting(): number;
  /** Hands over what waits and forgets it. */
  drain(): TokenUse[];
  /** Takes back what could not be written, unless something newer came meanwhile. */
  restore(uses: readonly TokenUse[]): void;
}

export function createLastUsed(): LastUsed {
  let waiting = new Map<string, { at: number; describe: () => UseDescription }>();

  return {
    record(tokenId, at, describe) {
      const earlier = waiting.get(tokenId);
      if (earlier === undefined) {
        waiting.set(tokenId, { at, describe });
      } else if (earlier.at <= at) {
        earlier.at = at;
        earlier.describe = describe;
      }
    },
    waiting: () => waiting.size,
    drain() {
      const uses = [...waiting].map(([tokenId, { at, describe }]) => ({ tokenId, at, ...describe() }));
      waiting = new Map();
      return uses;
    },
    restore(uses) {
      for (const { tokenId, at, ...description } of uses) {
        if (!waiting.has(tokenId)) waiting.set(tokenId, { at, describe: () => description });
      }
    },
  };
}
