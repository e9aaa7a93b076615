import { type AllowLine, coversLine } from '../allow-line.ts';
import { coversPattern, formatPathPattern } from '../path-pattern.ts';
import { narrowestMergers } from './mergers.ts';

/** Patterns with more segments are shortened before they are merged, so that deep paths do not take seconds. */
const maxDepth = 12;

/** A line with more methods allows any. It would be longer than a line may be. */
const maxMethods = 20;

/**
 * Returns at most `maxLines` lines that allow everything that `lines` allow, and as little else as possible:
 *
 * 1. Lines with the same pattern become one line with the methods of all.
 * 2. Methods of a line that a wider line allows are left out, and so is a line without methods. If few enough lines remain, they are the result, which allows nothing else.
 * 3. Otherwise, lines are merged that differ in one segment, which becomes `*`, then those that differ in two, and so on: first
 *    lines with the same methods, and the largest group first, because a segment with many values is most likely a variable.
 *    Then lines with different methods.
 * 4. Lines of different lengths are merged to their common beginning and `**`, the longest beginning first.
 * 5. Lines that have nothing in common are merged last.
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

/** Leaves out the methods of a line that lines with wider patterns allow, and the line if none remains. No two patterns are the same. */
function withoutCovered(lines: readonly AllowLine[]): AllowLine[] {
  return lines.flatMap((line) => {
    const wider = lines.filter(({ pattern }) => pattern !== line.pattern && coversPattern(pattern, line.pattern));
    if (wider.length === 0) return line;
    if (wider.some(({ methods }) => methods === null)) return [];
    if (line.methods === null) return line;
    const methods = [...line.methods].filter((method) => !wider.some((other) => other.methods?.has(method)));
    return methods.length === 0 ? [] : { methods: new Set(methods), pattern: line.pattern };
  });
}

function shortened({ methods, pattern }: AllowLine): AllowLine {
  if (pattern.segments.length <= maxDepth) return { methods, pattern };
  return { methods, pattern: { segments: pattern.segments.slice(0, maxDepth), open: true } };
}

/** Applies the narrowest mergers until few enough lines remain, or none is left that is as narrow. */
function mergeSome(lines: readonly AllowLine[], maxLines: number): AllowLine[] {
  const mergers = narrowestMergers(lines, formatMethods);
  const remaining = new Set(lines);
  const merged: AllowLine[] = [];
  for (const { pattern, members } of mergers) {
    if (remaining.size + merged.length <= maxLines) break;
    if (!members.every((line) => remaining.has(line))) continue;
    for (const line of members) remaining.delete(line);
    merged.push({ methods: unite(members), pattern });
  }
  return [...remaining, ...merged];
}
