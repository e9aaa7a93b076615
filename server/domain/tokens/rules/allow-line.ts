import { limits } from '../../../../shared/limits.ts';
import { coversPattern, matchesPath, type PathPattern, parsePathPattern } from './path-pattern.ts';
import { RuleError } from './rule-error.ts';

/** One line of an `allow` rule, such as `GET,HEAD /api/**`. */
export interface AllowLine {
  /** Null for `*`: any method. */
  readonly methods: ReadonlySet<string> | null;
  readonly pattern: PathPattern;
}

/** Methods are case-sensitive (RFC 9110 §9.1), and all registered ones are in capitals. */
const method = /^[A-Z][A-Z-]{0,31}$/;

/**
 * Parses a line: methods, separated by commas, or `*` for any method; one space; and a pattern for paths.
 * @throws RuleError
 */
export function parseAllowLine(text: string): AllowLine {
  if (text.length > limits.maxAllowLineCharacters) {
    throw new RuleError(`A line can have up to ${limits.maxAllowLineCharacters} characters.`);
  }
  const space = text.indexOf(' ');
  if (space < 1) throw new RuleError('Write methods, a space and a path, such as “GET,HEAD /api/**”.');
  return { methods: parseMethods(text.slice(0, space)), pattern: parsePathPattern(text.slice(space + 1)) };
}

function parseMethods(text: string): ReadonlySet<string> | null {
  if (text === '*') return null;
  const methods = text.split(',');
  const wrong = methods.find((name) => !method.test(name));
  if (wrong === undefined) return new Set(methods);
  throw new RuleError(
    `“${wrong}” is not a method. Write methods in capitals, separated by commas, or “*” for any method.`,
  );
}

/** Reports whether a line allows a method. Null is an unknown method, which no line allows. */
export function allowsMethod({ methods }: AllowLine, requested: string | null): boolean {
  if (methods === null) return requested !== null;
  return requested !== null && methods.has(requested);
}

/** Reports whether a line allows a raw path that is not ambiguous, for some method. */
export function allowsPath({ pattern }: AllowLine, path: string): boolean {
  return matchesPath(pattern, path);
}

/** Reports whether one line allows every request that another one allows. */
export function coversLine(wide: AllowLine, narrow: AllowLine): boolean {
  if (!coversPattern(wide.pattern, narrow.pattern)) return false;
  const { methods } = wide;
  if (methods === null) return true;
  return narrow.methods !== null && [...narrow.methods].every((name) => methods.has(name));
}
