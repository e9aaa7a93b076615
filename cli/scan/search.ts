import { readSync } from 'node:fs';
import { createLineCounter, type LineCounter } from './lines.ts';
import { endMark, type FindMatches, maxBytesAfter, maxBytesBefore } from './match.ts';

/** A value and where it starts: the line and the column in bytes, both from 1. */
export interface Hit {
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** Counts the lines in the bytes `[from, to)` of a stream, which left the buffer before a value was found. */
export type CountSkipped = (lines: LineCounter, from: number, to: number) => void;

/** The search in one stream of bytes at a time. */
export interface Search {
  /** Starts a new stream. With `countSkipped`, the search counts lines only if it finds a value, which takes much less time. */
  begin(onHit: (hit: Hit) => void, countSkipped?: CountSkipped): void;
  /** Reads the next bytes of a file, from `position` or from where it stands. Returns their number, which is 0 at the end. */
  read(fd: number, position: number | null): number;
  /** After the first call of `read`, the first bytes of the stream. */
  readonly buffer: Buffer;
  /** Reports whether the next call of `read` or `push` must search the buffer first. */
  isFull(): boolean;
  /** Adds the next bytes. */
  push(chunk: Uint8Array): void;
  /** Searches the rest of the stream. */
  end(): void;
}

/** Fits into the cache of the processor. Larger buffers are slower. */
const capacity = 256 * 1024;

/** Creates a search. Its memory is one buffer, however long the streams are. Values at the bounds of chunks are found. */
export function createSearch(find: FindMatches): Search {
  // The last byte is for the mark behind the filled part.
  const buffer = Buffer.alloc(capacity + 1);
  let filled = 0;
  /** Where the search for the next `_` starts. */
  let next = 0;
  /** Bytes of the stream that have left the buffer. */
  let discarded = 0;
  let lines: LineCounter | null = null;
  /** Up to where lines are counted. Below zero, this place has left the buffer. */
  let counted = 0;
  let onHit: (hit: Hit) => void = () => {};
  let countSkipped: CountSkipped | undefined;

  function countUpTo(end: number): LineCounter {
    lines ??= createLineCounter();
    if (counted < 0) {
      countSkipped?.(lines, discarded + counted, discarded);
      counted = 0;
    }
    if (counted < end) {
      lines.advance(buffer, counted, end);
      counted = end;
    }
    return lines;
  }

  function searchUpTo(to: number): void {
    if (to <= next) return;
    buffer[filled] = endMark;
    find(buffer, next, to, ({ value, start, wide }) => {
      // Another value can have been found behind this start.
      const counter = countUpTo(start);
      onHit({ value, ...counter.position(counted - start, wide) });
    });
    next = to;
  }

  const isFull = () => filled === capacity;

  /** If the buffer is full, searches as far as every value is complete, and moves the rest to its start. */
  function makeSpace(): void {
    if (!isFull()) return;
    searchUpTo(filled - maxBytesAfter);
    const kept = Math.max(0, next - maxBytesBefore);
    if (countSkipped === undefined) countUpTo(kept);
    buffer.copyWithin(0, kept, filled);
    filled -= kept;
    next -= kept;
    counted -= kept;
    discarded += kept;
  }

  return {
    buffer,
    isFull,
    begin(callback, skipped) {
      [onHit, countSkipped] = [callback, skipped];
      filled = 0;
      next = 0;
      discarded = 0;
      lines = null;
      counted = 0;
    },
    read(fd, position) {
      makeSpace();
      const count = readSync(fd, buffer, filled, capacity - filled, position);
      filled += count;
      return count;
    },
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        makeSpace();
        const part = chunk.subarray(at, at + capacity - filled);
        buffer.set(part, filled);
        filled += part.length;
        at += part.length;
      }
    },
    end: () => searchUpTo(filled),
  };
}
