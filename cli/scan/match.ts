import { base62Alphabet, isWellFormedToken, valueTailLength } from '../../shared/token-format.ts';

/** A value in a buffer. */
export interface Match {
  readonly value: string;
  /** Where its first character begins. */
  readonly start: number;
  /** Whether it is UTF-16: each character is followed by a zero byte. */
  readonly wide: boolean;
}

/**
 * Finds the values in a buffer whose `_` lies in `[from, to)`. Bytes outside this range only complete them. The bytes end with
 * `endMark`, so that no byte behind it is taken for a part of a value.
 */
export type FindMatches = (buffer: Buffer, from: number, to: number, onMatch: (match: Match) => void) => void;

/** Bytes that a value can have before its `_`, and after it. In UTF-16, each character takes two bytes. */
export const maxBytesBefore = 2 * 10;
export const maxBytesAfter = 2 * valueTailLength;

const underscore = 0x5f;

/** No value has a second `_`, and the search for the next one stops here. */
export const endMark = underscore;

/** Bytes that are compared one by one before `indexOf` is called again. A call costs as much as dozens of comparisons. */
const nearbyBytes = 16;

const isBodyByte = new Uint8Array(256);
for (const character of base62Alphabet) isBodyByte[character.charCodeAt(0)] = 1;

/**
 * Creates the search for values of these product prefixes. It looks for the byte `_`, which is rare in text and in binaries, and
 * then at what stands before and after it. The checksum alone decides, because a letter may touch a value, as in a compiled file
 * or after `\n` in a string.
 */
export function createMatcher(prefixes: readonly string[]): FindMatches {
  const wanted = prefixes.map((prefix) => Buffer.from(prefix, 'latin1'));
  const isLastByte = new Uint8Array(256);
  for (const prefix of wanted) isLastByte[prefix.at(-1) ?? 0] = 1;

  function matchAt(buffer: Buffer, at: number, width: number, onMatch: (match: Match) => void): void {
    for (const prefix of wanted) {
      if (!endsWith(buffer, at, prefix, width)) continue;
      const value = readValue(buffer, at, prefix, width);
      if (value !== null) onMatch({ value, start: at - prefix.length * width, wide: width === 2 });
    }
  }

  return (buffer, from, to, onMatch) => {
    // No value begins with its `_`, and two bytes before this one are read below.
    for (let at = nextUnderscore(buffer, Math.max(from, 2), to); at < to; at = nextUnderscore(buffer, at + 1, to)) {
      const width = buffer[at - 1] === 0 ? 2 : 1;
      if (isLastByte[buffer[at - width] ?? 0] === 1) matchAt(buffer, at, width, onMatch);
    }
  };
}

/** Returns where the next `_` is, or a number that is not below `to`. */
function nextUnderscore(buffer: Buffer, from: number, to: number): number {
  const near = Math.min(to, from + nearbyBytes);
  for (let at = from; at < near; at += 1) if (buffer[at] === underscore) return at;
  return near < to ? buffer.indexOf(underscore, near) : to;
}

function endsWith(buffer: Buffer, at: number, prefix: Buffer, width: number): boolean {
  const from = at - prefix.length * width;
  if (from < 0) return false;
  for (let index = 0; index < prefix.length; index += 1) {
    const position = from + index * width;
    if (buffer[position] !== prefix[index] || (width === 2 && buffer[position + 1] !== 0)) return false;
  }
  return true;
}

/** Returns the value around the `_`, or null if there is no value. */
function readValue(buffer: Buffer, at: number, prefix: Buffer, width: number): string | null {
  const tail = Buffer.alloc(valueTailLength);
  for (let index = 0; index < valueTailLength; index += 1) {
    const position = at + (index + 1) * width;
    const byte = buffer[position] ?? 0;
    if (isBodyByte[byte] !== 1 || (width === 2 && buffer[position - 1] !== 0)) return null;
    tail[index] = byte;
  }
  const value = `${prefix.toString('latin1')}_${tail.toString('latin1')}`;
  return isWellFormedToken(value) ? value : null;
}
