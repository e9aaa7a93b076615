/** How well a record matches a text. A lower rank comes first. */
export const ranks = { same: 0, begins: 1, contains: 2, other: 3 } as const;

/** Returns the rank of the best of several texts. Null stands for a missing text. */
export function rankOf(wanted: string, texts: ReadonlyArray<string | null>): number {
  return Math.min(...texts.map((text) => rank(wanted, text)));
}

function rank(wanted: string, text: string | null): number {
  if (text === null) return ranks.other;
  if (text === wanted) return ranks.same;
  if (text.startsWith(wanted)) return ranks.begins;
  return text.includes(wanted) ? ranks.contains : ranks.other;
}

/** Sorts records by rank, and those of one rank from new to old. IDs begin with the time. */
export function byRank<T>(
  records: readonly T[],
  rankOfRecord: (record: T) => number,
  idOf: (record: T) => string,
): T[] {
  return [...records].sort((a, b) => rankOfRecord(a) - rankOfRecord(b) || (idOf(a) < idOf(b) ? 1 : -1));
}
