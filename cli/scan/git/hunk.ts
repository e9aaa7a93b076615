/** The rest of a hunk of a diff, or of the combined diff of a merge, whose lines start with one column for each parent. */
export interface Hunk {
  readonly parents: number;
  /** Lines that are left of each parent. */
  readonly old: number[];
  /** Lines that are left of the new file. */
  fresh: number;
  /** The number of the next line in the new file. */
  line: number;
}

const [plus, minus, space] = [0x2b, 0x2d, 0x20];
const range = /[-+](\d+)(?:,(\d+))?/g;

/** Parses a line such as `@@ -1,2 +3 @@` or, in a merge, `@@@ -1 -2 +3,4 @@@`. Returns null for any other line. */
export function parseHunk(text: string): Hunk | null {
  const [, ats = '', ranges = ''] = /^(@@+) ((?:[-+]\d+(?:,\d+)? )+)@@/.exec(text) ?? [];
  if (ats === '') return null;
  const counts = [...ranges.matchAll(range)].map(([, start, count = '1']) => ({ start, count: Number(count) }));
  const fresh = counts.pop();
  return {
    parents: ats.length - 1,
    old: counts.map(({ count }) => count),
    fresh: fresh?.count ?? 0,
    line: Number(fresh?.start),
  };
}

export function isOver({ old, fresh }: Hunk): boolean {
  return fresh <= 0 && old.every((left) => left <= 0);
}

/** Counts a line of the hunk by its columns. Returns its number in the new file if no parent has it, or null. */
export function countLine(hunk: Hunk, columns: Uint8Array): number | null {
  const isRemoved = columns.includes(minus);
  for (const [parent, column] of columns.entries()) {
    if (column === (isRemoved ? minus : space)) hunk.old[parent] = (hunk.old[parent] ?? 0) - 1;
  }
  if (isRemoved) return null;
  hunk.fresh -= 1;
  hunk.line += 1;
  return columns.every((column) => column === plus) ? hunk.line - 1 : null;
}
