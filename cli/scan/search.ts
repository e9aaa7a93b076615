import { createLineCounter, type LineCounter } from './lines.ts';
import { type FindMatches, maxBytesAfter, maxBytesBefore } from './match.ts';

/** A value and where it starts: the line and the column in bytes, both from 1. */
export interface Hit {
  readonly value: string;
  readonly line: number;
  readonly column: number;
}

/** The search in one stream of bytes at a time. */
export interface Search {
  /** Starts a new stream. Without `positions`, every hit is at line 0, which saves counting the lines. */
  begin(onHit: (hit: Hit) => void, options?: { positions?: boolean }): void;
  /** Returns the part of the buffer into which to read the next bytes. It is never empty. */
  space(): Buffer;
  /** Searches the next `count` bytes in `space()`. */
  wrote(count: number): void;
  /** Searches the next bytes. */
  push(chunk: Uint8Array): void;
  /** Searches what is left of the stream. */
  end(): void;
}

/** Fits into the cache of the processor. Larger buffers are slower. */
const capacity = 256 * 1024;

/** Creates a search. Its memory is one buffer, however long the streams are. Values at the bounds of chunks are found. */
export function createSearch(find: FindMatches): Search {
  const buffer = Buffer.alloc(capacity);
  let filled = 0;
  /** Where the search for the next `_` starts. Lines are counted up to here. */
  let next = 0;
  let lines: LineCounter | null = null;
  let onHit: (hit: Hit) => void = () => {};

  function searchUpTo(to: number): void {
    if (to <= next) return;
    const counter = lines;
    let counted = next;
    find(buffer.subarray(0, filled), next, to, ({ value, start, wide }) => {
      if (counter === null) return onHit({ value, line: 0, column: 0 });
      // Matches come in the order of their `_`, which is before `end`.
      const end = Math.max(counted, start);
      counter.advance(buffer, counted, end);
      counted = end;
      onHit({ value, ...counter.position(end - start, wide) });
    });
    counter?.advance(buffer, counted, to);
    next = to;
  }

  /** Searches as far as every value is complete, and moves the rest to the start of the buffer. */
  function searchFilled(): void {
    searchUpTo(filled - maxBytesAfter);
    const kept = Math.max(0, next - maxBytesBefore);
    buffer.copyWithin(0, kept, filled);
    filled -= kept;
    next -= kept;
  }

  const wrote = (count: number) => {
    filled += count;
    if (filled === capacity) searchFilled();
  };
  return {
    begin(callback, { positions = true } = {}) {
      [filled, next, onHit] = [0, 0, callback];
      lines = positions ? createLineCounter() : null;
    },
    space: () => buffer.subarray(filled),
    wrote,
    push(chunk) {
      for (let at = 0; at < chunk.length; ) {
        const part = chunk.subarray(at, at + capacity - filled);
        buffer.set(part, filled);
        at += part.length;
        wrote(part.length);
      }
    },
    end: () => searchUpTo(filled),
  };
}
