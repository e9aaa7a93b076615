import { isAmbiguousPath } from './ambiguous-path.ts';
import { RuleError } from './rule-error.ts';

/** A segment that matches any one segment that is not empty. */
export const anySegment = Symbol('*');

/** A pattern for paths, such as `/builds/*` or `/api/**`. */
export interface PathPattern {
  /** Literal segments are raw bytes, as `segmentsOf` returns them. */
  readonly segments: ReadonlyArray<string | typeof anySegment>;
  /** Whether the pattern ends with `/**`, and so also matches any rest of a path. */
  readonly open: boolean;
}

/** Characters that need no escape in a path (RFC 3986 §3.3), `;` excepted. */
const pathCharacter = /[0-9A-Za-z._~!$&'()*+,=:@-]/;

/**
 * Parses a pattern. Segments are separated by `/`. `*` stands for exactly one segment that is not empty. `**`, which must
 * be the last segment, stands for any rest of the path, or none.
 *
 * A pattern that only ambiguous paths would match is refused, because rules deny those. So is an escape that is not needed:
 * a path with that escape would be allowed, but the same path without it would be denied.
 * @throws RuleError
 */
export function parsePathPattern(text: string): PathPattern {
  if (!text.startsWith('/')) throw new RuleError('A path must start with “/”, such as /api/**.');
  const bytes = Buffer.from(text, 'utf8').toString('latin1');
  if (isAmbiguousPath(bytes)) {
    throw new RuleError(
      'No request can match this path. Leave out empty segments, “.” and “..” segments, “?”, “#”, “;”, “\\”, spaces, control characters, and their escapes.',
    );
  }
  const needless = needlessEscape(bytes);
  if (needless !== null) {
    throw new RuleError(`Write “${needless.character}” instead of “${needless.text}”, or “*” for the whole segment.`);
  }
  const segments = segmentsOf(bytes);
  const open = segments.at(-1) === '**';
  if (open) segments.pop();
  return { segments: segments.map(parseSegment), open };
}

function parseSegment(segment: string): string | typeof anySegment {
  if (segment === '*') return anySegment;
  if (segment === '**') throw new RuleError('“**” must be the last segment of a path. Use “*” for a single segment.');
  if (segment.includes('*')) throw new RuleError('“*” stands for a whole segment. Write “*” between two slashes.');
  return segment;
}

/** Returns the first escape of a character that needs none, or null. */
function needlessEscape(bytes: string): { text: string; character: string } | null {
  for (const [text, hex = ''] of bytes.matchAll(/%([0-9a-f]{2})/gi)) {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    if (pathCharacter.test(character)) return { text, character };
  }
  return null;
}

/** Returns the segments of a raw path that begins with a slash. A slash at the end is followed by an empty segment. */
export function segmentsOf(path: string): string[] {
  return path.slice(1).split('/');
}

/**
 * Reports whether a pattern matches a raw path that begins with a slash. The path is compared as it was sent: case-sensitive, and not
 * decoded. Compares in place, because splitting the path takes longer than all else.
 */
export function matchesPath({ segments, open }: PathPattern, path: string): boolean {
  let start = 1;
  for (let index = 0; index < segments.length; index += 1) {
    // The segment before was the last one of the path.
    if (start > path.length) return false;
    const segment = segments[index] as string | typeof anySegment;
    const end = segment === anySegment ? endOfSegment(path, start) : start + segment.length;
    if (segment === anySegment ? end === start : !path.startsWith(segment, start)) return false;
    if (end < path.length && path[end] !== '/') return false;
    start = end + 1;
  }
  return open || start > path.length;
}

function endOfSegment(path: string, start: number): number {
  const slash = path.indexOf('/', start);
  return slash < 0 ? path.length : slash;
}

/** Reports whether one pattern matches every path that another one matches. */
export function coversPattern(wide: PathPattern, narrow: PathPattern): boolean {
  const { length } = wide.segments;
  if (narrow.segments.length < length) return false;
  if (!wide.open && (narrow.open || narrow.segments.length !== length)) return false;
  return wide.segments.every((segment, index) => {
    const other = narrow.segments[index];
    return segment === other || (segment === anySegment && other !== '');
  });
}

/** Returns a pattern as text. */
export function formatPathPattern({ segments, open }: PathPattern): string {
  const texts = segments.map((segment) => (segment === anySegment ? '*' : segment));
  const bytes = `/${[...texts, ...(open ? ['**'] : [])].join('/')}`;
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
