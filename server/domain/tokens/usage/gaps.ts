import type { GapTimes } from '../../../store/records.ts';

/** The inputs of rules that a use lacked, as bits of a number. Each bit stands for one field of `GapTimes`. */
export const gapBits = {
  noAppAt: 1,
  noPathAt: 2,
  oddPathAt: 4,
  noNetworkAt: 8,
  noMethodAt: 16,
} as const satisfies Record<keyof GapTimes, number>;

/** The bits of all inputs that can be unknown. An unknown path is not odd. */
export const nothingKnown = gapBits.noAppAt | gapBits.noPathAt | gapBits.noNetworkAt | gapBits.noMethodAt;

const names = Object.keys(gapBits) as Array<keyof GapTimes>;

/** Returns the times of gaps after another use, which was at `at` and had these gaps. */
export function withGaps(times: GapTimes | null, gaps: number, at: number): GapTimes | null {
  if (gaps === 0) return times;
  const result = times ?? { noAppAt: null, noPathAt: null, oddPathAt: null, noNetworkAt: null, noMethodAt: null };
  for (const name of names) {
    if ((gaps & gapBits[name]) !== 0) result[name] = Math.max(result[name] ?? at, at);
  }
  return result;
}
