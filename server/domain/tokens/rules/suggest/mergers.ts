import type { AllowLine } from '../allow-line.ts';
import { anySegment, type PathPattern } from '../path-pattern.ts';

/** Lines that one line with a wider pattern can replace. */
export interface Merger {
  pattern: PathPattern;
  members: readonly AllowLine[];
}

interface Wider extends Merger {
  /** Stars instead of segments in which members differ. */
  stars: number;
  /** Literal segments of the pattern. The more, the narrower it is. */
  literals: number;
  /** Different patterns have different texts. */
  text: string;
}

type FindWider = (lines: readonly AllowLine[]) => Wider[];

/**
 * Returns the narrowest mergers of two lines or more, the best one first. Of these kinds, it returns the first that there is:
 *
 * 1. Patterns with stars for the segments in which lines differ, with as few stars as possible. The largest group comes first,
 *    because a segment with many values is most likely a variable.
 * 2. Common beginnings with `**`, the longest first.
 * 3. Stars for lines that have only the number of segments in common.
 * 4. `/**`
 *
 * Of each kind, lines with the same methods come first, because their merger adds no method to any path.
 */
export function narrowestMergers(
  lines: readonly AllowLine[],
  formatMethods: (methods: AllowLine['methods']) => string,
): Merger[] {
  // Sorted, so that the result does not depend on the order of the lines.
  const sameMethods = [...groupBy(lines, ({ methods }) => formatMethods(methods))]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => group);
  const kinds: FindWider[] = [withStars((literals) => literals > 0), beginnings, withStars(() => true), everything];
  for (const find of kinds) {
    for (const groups of [sameMethods, [lines]]) {
      const mergers = groups.flatMap(find);
      const fewestStars = Math.min(...mergers.map(({ stars }) => stars));
      if (mergers.length > 0) return mergers.filter(({ stars }) => stars === fewestStars).sort(byWidth);
    }
  }
  return [];
}

/** The narrowest merger first. */
function byWidth(a: Wider, b: Wider): number {
  const removed = b.members.length - a.members.length;
  const literals = b.literals - a.literals;
  const [first, second] = a.pattern.open ? [literals, removed] : [removed, literals];
  return first || second || (a.text < b.text ? -1 : Number(a.text > b.text));
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** Finds patterns with the fewest stars for two lines or more of the same length. */
function withStars(isNarrow: (literals: number) => boolean): FindWider {
  return (lines) => {
    const wider = createWiderSet();
    for (const [one, other, stars] of similarPairs(lines, isNarrow)) {
      wider.add(commonPattern(one.pattern, other.pattern), stars, [one, other]);
    }
    return wider.all();
  };
}

/** Returns the pairs of lines that differ in the fewest segments. */
function similarPairs(
  lines: readonly AllowLine[],
  isNarrow: (literals: number) => boolean,
): Array<[one: AllowLine, other: AllowLine, stars: number]> {
  let fewest = Number.MAX_SAFE_INTEGER;
  let pairs: Array<[AllowLine, AllowLine, number]> = [];
  for (const [index, one] of lines.entries()) {
    for (const other of lines.slice(index + 1)) {
      const compared = compare(one.pattern, other.pattern, fewest);
      if (compared === null || !isNarrow(compared.literals)) continue;
      if (compared.stars < fewest) pairs = [];
      fewest = compared.stars;
      pairs.push([one, other, fewest]);
    }
  }
  return pairs;
}

/**
 * Counts the segments in which two patterns differ, and the literal ones that they share. Returns null if they differ in more
 * than `maxStars`, or if no stars can stand for the differences.
 */
function compare(one: PathPattern, other: PathPattern, maxStars: number): { stars: number; literals: number } | null {
  const { length } = one.segments;
  if (other.segments.length !== length || one.open !== other.open) return null;
  let [stars, literals] = [0, 0];
  for (let index = 0; index < length; index += 1) {
    const [segment, another] = [one.segments[index], other.segments[index]];
    if (segment === another) {
      literals += isLiteral(segment) ? 1 : 0;
      continue;
    }
    stars += 1;
    // A star matches no empty segment. One follows a slash at the end of a path.
    if (stars > maxStars || segment === '' || another === '') return null;
  }
  return { stars, literals };
}

/** Returns a pattern with a star for each segment in which two patterns differ. */
function commonPattern({ segments, open }: PathPattern, other: PathPattern): PathPattern {
  return {
    segments: segments.map((segment, index) => (segment === other.segments[index] ? segment : anySegment)),
    open,
  };
}

/** Finds beginnings, with at least one literal segment, that two lines or more have in common. */
function beginnings(lines: readonly AllowLine[]): Wider[] {
  const wider = createWiderSet();
  for (const line of lines) {
    const { segments, open } = line.pattern;
    // An open pattern is one of its own beginnings.
    for (let length = 1; length < segments.length + (open ? 1 : 0); length += 1) {
      const pattern = { segments: segments.slice(0, length), open: true };
      if (pattern.segments.some(isLiteral)) wider.add(pattern, 0, [line]);
    }
  }
  return wider.all();
}

/** Collects patterns and the lines that each can replace. */
function createWiderSet() {
  const found = new Map<string, Omit<Wider, 'members'> & { members: Set<AllowLine> }>();
  return {
    add(pattern: PathPattern, stars: number, members: readonly AllowLine[]): void {
      const text = textOf(pattern);
      const literals = pattern.segments.filter(isLiteral).length;
      const wider = found.get(text) ?? { pattern, text, stars, literals, members: new Set() };
      for (const line of members) wider.members.add(line);
      found.set(text, wider);
    },
    /** Returns those for two lines or more. */
    all: (): Wider[] =>
      [...found.values()]
        .filter(({ members }) => members.size > 1)
        .map((wider) => ({ ...wider, members: [...wider.members] })),
  };
}

function everything(lines: readonly AllowLine[]): Wider[] {
  if (lines.length < 2) return [];
  return [{ pattern: { segments: [], open: true }, members: lines, stars: 0, literals: 0, text: '**' }];
}

function isLiteral(segment: string | symbol | undefined): boolean {
  return segment !== anySegment && segment !== '';
}

function textOf({ segments, open }: PathPattern): string {
  const text = segments.map((segment) => (segment === anySegment ? '*' : segment)).join('/');
  return open ? `${text}/**` : text;
}
