import { type AllowLine, coversLine } from '../allow-line.ts';
import { anySegment, formatPathPattern, type PathPattern } from '../path-pattern.ts';

/** Lines that a wider line can replace. */
interface Merger {
  line: AllowLine;
  members: Set<AllowLine>;
  /** How much the line is wider than its members. See `classOf`. */
  class: number;
  /** The longer the literal beginning of a pattern, the narrower it is. */
  depth: number;
}

/** Patterns with more segments are shortened before they are merged, so that deep paths do not take seconds. */
const maxDepth = 12;

/** A line with more methods allows any. It would be longer than a line may be. */
const maxMethods = 30;

/**
 * Returns at most `maxLines` lines that allow everything that `lines` allow, and as little else as possible:
 *
 * 1. Lines with the same pattern become one line with the methods of all.
 * 2. A line that another one covers is left out. If few enough lines remain, they are the result, which allows nothing else.
 * 3. Otherwise, lines are merged that differ in one segment, which becomes `*`: first lines with the same methods, and the
 *    largest group first, because a segment with many values is most likely a variable. Then lines with different methods.
 * 4. Lines that differ in more are merged to their common beginning and `**`, the longest beginning first.
 *
 * Steps 1 and 2 follow every merger. In the end, a line is left out if the others together allow everything.
 */
export function coverLines(lines: readonly AllowLine[], maxLines: number): AllowLine[] {
  let covering = withoutCovered(withOneLinePerPattern(lines));
  if (covering.length > maxLines) covering = withoutCovered(withOneLinePerPattern(covering.map(shortened)));
  // Each round merges at least two lines into one.
  for (let rounds = 1; covering.length > maxLines && rounds < lines.length; rounds += 1) {
    covering = withoutCovered(withOneLinePerPattern(mergeSome(covering, maxLines)));
  }
  return withoutUnneeded(covering.sort(byText), lines);
}

function byText(a: AllowLine, b: AllowLine): number {
  return formatAllowLine(a) < formatAllowLine(b) ? -1 : 1;
}

/** Leaves out lines without which the others still cover all of `needed`. Tries the ones with the shortest pattern first. */
function withoutUnneeded(lines: readonly AllowLine[], needed: readonly AllowLine[]): AllowLine[] {
  const kept = new Set(lines);
  const shortestFirst = [...lines].sort((a, b) => a.pattern.segments.length - b.pattern.segments.length);
  for (const line of shortestFirst) {
    kept.delete(line);
    if (!needed.every((narrow) => [...kept].some((wide) => coversLine(wide, narrow)))) kept.add(line);
  }
  return lines.filter((line) => kept.has(line));
}

/** Returns a line as text, with its methods in alphabetical order. */
export function formatAllowLine({ methods, pattern }: AllowLine): string {
  return `${formatMethods(methods)} ${formatPathPattern(pattern)}`;
}

function formatMethods(methods: AllowLine['methods']): string {
  return methods === null ? '*' : [...methods].sort().join(',');
}

function unite(lines: readonly AllowLine[]): AllowLine['methods'] {
  const united = new Set<string>();
  for (const { methods } of lines) {
    if (methods === null) return null;
    for (const method of methods) united.add(method);
  }
  return united.size > maxMethods ? null : united;
}

function withOneLinePerPattern(lines: readonly AllowLine[]): AllowLine[] {
  const groups = new Map<string, AllowLine[]>();
  for (const line of lines) {
    const key = formatPathPattern(line.pattern);
    groups.set(key, [...(groups.get(key) ?? []), line]);
  }
  return [...groups.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : { methods: unite([first, ...others]), pattern: first.pattern },
  );
}

/** No two of the lines have the same pattern, so no two cover each other. */
function withoutCovered(lines: readonly AllowLine[]): AllowLine[] {
  return lines.filter((line) => !lines.some((other) => other !== line && coversLine(other, line)));
}

function shortened({ methods, pattern }: AllowLine): AllowLine {
  if (pattern.segments.length <= maxDepth) return { methods, pattern };
  return { methods, pattern: { segments: pattern.segments.slice(0, maxDepth), open: true } };
}

/** Applies mergers of the narrowest class until few enough lines remain, or none is left. */
function mergeSome(lines: readonly AllowLine[], maxLines: number): AllowLine[] {
  const mergers = mergersOf(lines).sort(byWidth);
  const remaining = new Set(lines);
  const merged: AllowLine[] = [];
  for (const merger of mergers) {
    if (merger.class !== mergers[0]?.class || remaining.size + merged.length <= maxLines) break;
    if (![...merger.members].every((line) => remaining.has(line))) continue;
    for (const line of merger.members) remaining.delete(line);
    merged.push(merger.line);
  }
  return [...remaining, ...merged];
}

/** The narrowest merger first. */
function byWidth(a: Merger, b: Merger): number {
  const removed = b.members.size - a.members.size;
  const depth = b.depth - a.depth;
  const [first, second] = a.line.pattern.open ? [depth, removed] : [removed, depth];
  return a.class - b.class || first || second || byText(a.line, b.line);
}

/** Returns every merger of two lines or more. The common beginning `/**` of all lines is one, so there is always one. */
function mergersOf(lines: readonly AllowLine[]): Merger[] {
  const groups = new Map<string, { pattern: PathPattern; depth: number; members: Set<AllowLine> }>();
  for (const line of lines) {
    for (const [pattern, depth] of widerPatterns(line.pattern)) {
      const text = formatPathPattern(pattern);
      // Lines with the same methods, and all lines.
      for (const key of [`${formatMethods(line.methods)} ${text}`, text]) {
        const group = groups.get(key) ?? { pattern, depth, members: new Set() };
        // A set, because a line with two stars yields itself twice.
        group.members.add(line);
        groups.set(key, group);
      }
    }
  }
  return [...groups.values()].flatMap(({ pattern, depth, members }) => {
    if (members.size < 2) return [];
    const line = { methods: unite([...members]), pattern };
    return { line, members, class: classOf(line, [...members]), depth };
  });
}

/** Returns 0 or 1 for a star instead of a segment, 2 or 3 for `**`. The even ones add no method to any line. */
function classOf({ methods, pattern }: AllowLine, members: readonly AllowLine[]): number {
  const sameMethods = members.every((member) => formatMethods(member.methods) === formatMethods(methods));
  const endsSooner = members.some((member) => member.pattern.segments.length !== pattern.segments.length);
  return (endsSooner ? 2 : 0) + (sameMethods ? 0 : 1);
}

/**
 * Returns the pattern with a star instead of each segment, and each of its beginnings followed by `**`. An open pattern is
 * one of its own beginnings.
 */
function* widerPatterns({ segments, open }: PathPattern): Generator<[pattern: PathPattern, depth: number]> {
  if (open) yield [{ segments, open }, segments.length];
  for (const [index, segment] of segments.entries()) {
    if (segment !== '') yield [{ segments: segments.with(index, anySegment), open }, index];
    yield [{ segments: segments.slice(0, index), open: true }, index];
  }
}
