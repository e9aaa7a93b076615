import { isAlias, isMap, isNode, isPair, isSeq, LineCounter, parseAllDocuments, visit } from 'yaml';

/** A mistake in a file, and where it is. Lines and columns start at 1. */
export interface Mistake {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

export type Path = readonly PropertyKey[];

/** A parsed YAML or JSON text. */
export interface YamlText {
  /** The content as plain values, or undefined if it cannot be read at all. */
  readonly content: unknown;
  readonly mistakes: readonly Mistake[];
  /** Returns the position of the value at `path`, or of its key. Without such a value, returns that of what should contain it. */
  position(path: Path, of: 'value' | 'key'): { line: number; column: number };
}

type ParsedDocument = ReturnType<typeof parseText>[number];

/** Aliases multiply: a text of one kilobyte could otherwise stand for billions of values. */
const maxValues = 2_000_000;
const maxAliases = 10_000;

const messages: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'This key appears twice.',
  NON_STRING_KEY: 'A key must be text.',
  TAG_RESOLVE_FAILED: 'Tags such as !this are not accepted.',
};

/** Parses a text that holds one YAML document. JSON is YAML. Reports every mistake that the parser finds. */
export function parseYaml(text: string): YamlText {
  const lines = new LineCounter();
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const [document, second] = parseText(text, lines);
  if (!document) return failed('The file is empty.', positionOf(0));
  const found = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    ...positionOf(pos[0]),
    text: messages[code] ?? `${message}.`,
  }));
  for (const { name, offset } of unresolvedAliases(document)) {
    found.push({ ...positionOf(offset), text: `There is no anchor &${name} before this alias.` });
  }
  if (second) found.push({ ...positionOf(second.range[0]), text: 'Only one document is accepted in a file.' });
  const content = toContent(document);
  if (content === tooLarge) return failed('The aliases of this file stand for too many values.', positionOf(0));
  return {
    content,
    mistakes: found,
    position: (path, of) => positionOf(offsetOf(document, path, of)),
  };
}

function parseText(text: string, lineCounter: LineCounter) {
  const documents = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    logLevel: 'silent',
    stringKeys: true,
    resolveKnownTags: false,
  });
  return Array.isArray(documents) ? documents : [];
}

function failed(text: string, position: { line: number; column: number }): YamlText {
  return { content: undefined, mistakes: [{ ...position, text }], position: () => position };
}

function unresolvedAliases(document: ParsedDocument): Array<{ name: string; offset: number }> {
  const missing: Array<{ name: string; offset: number }> = [];
  visit(document, {
    Alias(key, node) {
      // A value in place of the alias lets the rest of the file be checked.
      if (node.resolve(document)) return undefined;
      missing.push({ name: node.source, offset: node.range?.[0] ?? 0 });
      const value = document.createNode(null);
      value.range = node.range ?? null;
      return key === null ? undefined : value;
    },
  });
  return missing;
}

const tooLarge = Symbol('too large');

function toContent(document: ParsedDocument): unknown {
  try {
    const content: unknown = document.toJS({ maxAliasCount: maxAliases });
    return countValues(content, maxValues) > maxValues ? tooLarge : content;
  } catch (error) {
    // The parser throws this error for more than `maxAliases` aliases.
    if (error instanceof ReferenceError) return tooLarge;
    throw error;
  }
}

/** Counts values through aliases, up to a little more than `max`. An alias of what contains it never ends. */
function countValues(content: unknown, max: number): number {
  const waiting: unknown[] = [content];
  let count = 0;
  while (waiting.length > 0 && count <= max) {
    const value = waiting.pop();
    count += 1;
    if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) waiting.push(part);
    if (waiting.length > max) return waiting.length;
  }
  return count;
}

/** Follows `path` as far as it exists, and returns the offset of what is there. */
function offsetOf(document: ParsedDocument, path: Path, of: 'value' | 'key'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of path.entries()) {
    const found = enter(isAlias(node) ? node.resolve(document) : node, part);
    if (found === null) return offset;
    const key = startOf(found.key);
    const isWantedKey = of === 'key' && depth === path.length - 1;
    offset = (isWantedKey ? key : startOf(found.value)) ?? key ?? offset;
    node = found.value;
  }
  return offset;
}

/** Returns the key, if there is one, and the value of a part of a node. */
function enter(node: unknown, part: PropertyKey): { key: unknown; value: unknown } | null {
  if (isSeq(node)) return { key: null, value: node.items[Number(part)] };
  if (!isMap(node)) return null;
  // The last of several equal keys counts.
  const pair = node.items.findLast(({ key }) => keyText(key) === String(part));
  return isPair(pair) ? { key: pair.key, value: pair.value } : null;
}

function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null && 'value' in key ? String(key.value) : String(key);
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
