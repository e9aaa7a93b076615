import { maxRouteCharacters } from '../../usage/fold.ts';
import { isAmbiguousPath } from '../ambiguous-path.ts';
import { anySegment, type PathPattern, parsePathPattern, segmentsOf } from '../path-pattern.ts';
import { RuleError } from '../rule-error.ts';

/**
 * Returns the narrowest pattern that matches every path that is recorded as `path`, or null if rules deny such paths.
 *
 * A recorded path has a star for each number or other identifier, and may have been cut or redacted. So a segment becomes
 * `*` if it is such a star, if it was redacted, or if no pattern can hold it. A path that may have been cut ends with `**`.
 */
export function patternOfRecorded(path: string): PathPattern | null {
  const isCut = path.length >= maxRouteCharacters;
  const bytes = Buffer.from(path, 'utf8').toString('latin1');
  // The cut may have split an escape, so the last segment tells nothing.
  const whole = isCut ? bytes.slice(0, bytes.lastIndexOf('/')) || '/' : bytes;
  if (isAmbiguousPath(whole)) return null;
  const segments = segmentsOf(whole).map((segment) => (isLiteral(segment) ? segment : anySegment));
  if (isCut && segments.at(-1) === '') segments.pop();
  return { segments, open: isCut };
}

function isLiteral(segment: string): boolean {
  if (segment.includes('*') || segment.includes('[redacted]')) return false;
  try {
    parsePathPattern(`/${Buffer.from(segment, 'latin1').toString('utf8')}`);
    return true;
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return false;
  }
}
