import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import type { BinaryMerge } from './binary-merges.ts';
import { combinedFileName, newFileName } from './file-name.ts';
import { countLine, type Hunk, isOver, parseHunk } from './hunk.ts';

/** Searches the added lines in the output of `git log -p` or `git diff`, which arrives in chunks. */
export interface DiffReader {
  push(chunk: Buffer): void;
  end(): void;
}

const [lineFeed, backslash] = [0x0a, 0x5c];
const commitLine = /^commit ([0-9a-f]{40,64})$/;
const combinedIndexLine = /^index ((?:[0-9a-f]+,)+[0-9a-f]+)\.\.([0-9a-f]+)$/;

/**
 * Creates a reader of diffs. It counts the lines of each hunk, so that a line of content is never taken for a header. A line may be longer
 * than a chunk: only headers are kept in memory. `onBinaryMerge` is called for each file whose lines the diff does not show.
 */
export function createDiffReader(search: Search, sink: Sink, onBinaryMerge: (merge: BinaryMerge) => void): DiffReader {
  let hunk: Hunk | null = null;
  let file: string | null = null;
  let commit: string | null = null;
  let blobs: Pick<BinaryMerge, 'parents' | 'result'> | null = null;
  /** The bytes of the current line that are kept: a header, or the columns of a line of content. */
  let kept: number[] = [];
  let state: 'start' | 'header' | 'added' | 'other' = 'start';
  let chunk: Buffer = Buffer.alloc(0);
  let at = 0;

  function readHeader(text: string): void {
    const [, hash] = commitLine.exec(text) ?? [];
    if (hash !== undefined) commit = hash;
    else if (text.startsWith('+++ ')) file = newFileName(text);
    else if (text.startsWith('diff ')) [file, blobs] = [combinedFileName(text), null];
    else if (text.startsWith('index ')) blobs = parseCombinedIndex(text);
    else if (text.startsWith('Binary ') && blobs !== null) onBinaryMerge({ commit, file: file ?? '', ...blobs });
    else hunk = parseHunk(text);
  }

  function beginAdded(line: number): void {
    const place = { file: file ?? '', line, ...(commit !== null && { commit }) };
    search.begin(({ value, column }) => sink.add({ value, column, ...place }));
  }

  function readStart(): void {
    if (hunk === null || isOver(hunk)) {
      state = 'header';
      return;
    }
    const byte = chunk[at] ?? 0;
    if (kept.length === 0 && byte === backslash) {
      state = 'other';
      return;
    }
    kept.push(byte);
    at += 1;
    if (kept.length < hunk.parents) return;
    const line = countLine(hunk, Uint8Array.from(kept));
    state = line === null ? 'other' : 'added';
    if (line !== null) beginAdded(line);
  }

  /** Reads up to the end of the line or of the chunk. */
  function readRest(): void {
    const found = chunk.indexOf(lineFeed, at);
    const end = found < 0 ? chunk.length : found;
    const part = chunk.subarray(at, end);
    if (state === 'header') for (const byte of part) kept.push(byte);
    else if (state === 'added') search.push(part);
    at = end;
    if (found < 0) return;
    at += 1;
    endLine();
  }

  function endLine(): void {
    if (state === 'header') readHeader(Buffer.from(kept).toString('utf8'));
    if (state === 'added') search.end();
    kept = [];
    state = 'start';
  }

  return {
    push(next) {
      [chunk, at] = [next, 0];
      while (at < chunk.length) {
        if (state === 'start') readStart();
        else readRest();
      }
    },
    end: endLine,
  };
}

/** Parses the line of a merge that names the hashes of a file in each parent and in the result. Returns null for any other line. */
function parseCombinedIndex(text: string): Pick<BinaryMerge, 'parents' | 'result'> | null {
  const [, parents, result] = combinedIndexLine.exec(text) ?? [];
  return parents === undefined || result === undefined ? null : { parents: parents.split(','), result };
}
