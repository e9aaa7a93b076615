import type { LastUse } from '../../store/records.ts';

export type TokenUse = LastUse & { tokenId: string };

/** What a use was. */
export type UseDescription = Omit<LastUse, 'at'>;

/** What a request told of a use, as it came. */
export interface ToldUse {
  method: string | null;
  target: string | null;
  peer: string | null;
  forwardedFor: string | null;
  userAgent: string | null;
}

/** Makes what was told fit to be kept. One function for all uses of a kind. */
export type DescribeUse = (told: ToldUse) => UseDescription;

/** Last uses waiting for the next flush: one per token, the newest wins. */
export interface LastUsed {
  /** `describe` is asked when the use is handed over: of many uses within a second only the last one is. */
  record(tokenId: string, at: number, told: ToldUse, describe: DescribeUse): void;
  /** How many wait. */
  waiting(): number;
  /** Hands over what waits and forgets it. */
  drain(): TokenUse[];
  /** Takes back what could not be written, unless something newer came meanwhile. */
  restore(uses: readonly TokenUse[]): void;
}

export function createLastUsed(): LastUsed {
  let waiting = new Map<string, { at: number; told: ToldUse; describe: DescribeUse }>();

  return {
    record(tokenId, at, told, describe) {
      const earlier = waiting.get(tokenId);
      if (earlier === undefined) {
        waiting.set(tokenId, { at, told, describe });
      } else if (earlier.at <= at) {
        earlier.at = at;
        // Equal texts of a newer request would only take the place of those that are kept, and make garbage of them.
        if (earlier.describe === describe && tellsTheSame(earlier.told, told)) return;
        earlier.told = told;
        earlier.describe = describe;
      }
    },
    waiting: () => waiting.size,
    drain() {
      const uses = [...waiting].map(([tokenId, { at, told, describe }]) => ({ tokenId, at, ...describe(told) }));
      waiting = new Map();
      return uses;
    },
    restore(uses) {
      for (const { tokenId, at, ...description } of uses) {
        if (!waiting.has(tokenId)) waiting.set(tokenId, { at, told: nothing, describe: () => description });
      }
    },
  };
}

const nothing: ToldUse = { method: null, target: null, peer: null, forwardedFor: null, userAgent: null };

function tellsTheSame(one: ToldUse, other: ToldUse): boolean {
  return (
    one.target === other.target &&
    one.method === other.method &&
    one.peer === other.peer &&
    one.forwardedFor === other.forwardedFor &&
    one.userAgent === other.userAgent
  );
}
