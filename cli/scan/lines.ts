const lineFeed = 0x0a;

/** Counts lines in a stream of bytes, as far as the last call of `advance`. */
export interface LineCounter {
  /** Counts the bytes `[from, to)` of a buffer, which continue those of the call before. */
  advance(buffer: Buffer, from: number, to: number): void;
  /** Returns the line, from 1, and the column in bytes, from 1, of a value that starts `back` bytes before the last counted byte. */
  position(back: number, wide: boolean): { line: number; column: number };
}

export function createLineCounter(): LineCounter {
  let line = 1;
  /** Counted bytes since the last line break. */
  let bytes = 0;
  return {
    advance(buffer, from, to) {
      const part = buffer.subarray(from, to);
      const last = part.lastIndexOf(lineFeed);
      if (last < 0) {
        bytes += part.length;
        return;
      }
      line += countLineFeeds(part, last + 1);
      bytes = part.length - last - 1;
    },
    position: (back, wide) => ({ line, column: columnOf(bytes - back, wide) }),
  };
}

/**
 * Returns the column of the byte `offset` of a line. In UTF-16, this is the column where the character starts: after a line break in UTF-16 LE, a zero
 * byte of that break is left, and in UTF-16 BE, each character starts with a zero byte.
 */
export function columnOf(offset: number, wide: boolean): number {
  return wide && offset % 2 === 1 ? offset : offset + 1;
}

/** Reads four bytes at a time, because most lines are longer than that. */
function countLineFeeds(part: Buffer, end: number): number {
  let count = 0;
  let at = 0;
  for (; at < end && (part.byteOffset + at) % 4 !== 0; at += 1) count += part[at] === lineFeed ? 1 : 0;
  const words = new Uint32Array(part.buffer, part.byteOffset + at, (end - at) >> 2);
  // An iterator takes several times as long.
  for (let index = 0; index < words.length; index += 1) {
    const difference = (words[index] ?? 0) ^ 0x0a0a0a0a;
    // Not zero if one of the bytes is zero, which is where the word has a line feed.
    if (((difference - 0x01010101) & ~difference & 0x80808080) !== 0) count += countIn(words[index] ?? 0);
  }
  for (at += words.length * 4; at < end; at += 1) count += part[at] === lineFeed ? 1 : 0;
  return count;
}

function countIn(word: number): number {
  let count = 0;
  for (let shift = 0; shift < 32; shift += 8) count += ((word >>> shift) & 0xff) === lineFeed ? 1 : 0;
  return count;
}
