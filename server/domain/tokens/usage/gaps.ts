import type { GapTimes } from '../../../store/records.ts';

/** What a use lacked that a rule would need, as bits of a number. Each is the bit of one field of `GapTimes`. */
export const gapBits = {
  noAppAt: 1,
  noPathAt: 2,
  oddPathAt: 4,
  noNetworkAt: 8,
  noMethodAt: 16,
} as const satisfies Record<keyof GapTimes, number>;

/** Every bit that stands for something unknown. A path that is not known is not odd. */
export const nothingKnown = gapBits.noAppAt | gapBits.noPathAt | gapBits.noNetworkAt | gapBits.noMethodAt;

const names = Object.keys(gapBits) as Array<keyof GapTimes>;

/** Returns the times of gaps with those of another use at `at`. */
export function withGaps(times: GapTimes | null, gaps: number, at: number): GapTimes | null {
  if (gaps === 0) return times;
  const result = times ?? { noAppAt: null, noPathAt: null, oddPathAt: null, noNetworkAt: null, noMethodAt: null };
  for (const name of names) {
    if ((gaps & gapBits[name]) !== 0) result[name] = Math.max(result[name] ?? at, at);
  }
  return result;
}
