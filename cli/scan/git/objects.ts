import type { Search } from '../search.ts';
import type { Found, Sink } from '../sink.ts';
import { type GitContext, GitError, runGit } from './run.ts';

const lineFeed = 0x0a;
const header = /^([0-9a-f]{40,64}) (?:commit|tag|tree|blob) (\d+)$/;

/** Takes a value that was found in an object. `index` is the place of the object among the requested ones. */
export type OnFound = (found: Omit<Found, 'file' | 'commit'>, object: { index: number; hash: string }) => void;

/** Searches objects as they are stored. @throws GitError if one of them is missing */
export async function scanObjects(
  search: Search,
  sink: Sink,
  git: GitContext,
  hashes: Iterable<string> | AsyncIterable<Buffer>,
  onFound: OnFound,
): Promise<void> {
  let index = -1;
  /** The header that is being read, or null while the content is being read. */
  let kept: number[] | null = [];
  /** Bytes that are left of the content, with the line break behind it. */
  let left = 0;

  function readHeader(chunk: Buffer, at: number): number {
    const found = chunk.indexOf(lineFeed, at);
    const end = found < 0 ? chunk.length : found;
    for (const byte of chunk.subarray(at, end)) kept?.push(byte);
    if (found < 0) return end;
    const text = Buffer.from(kept ?? []).toString('latin1');
    const [, hash = '', size] = header.exec(text) ?? [];
    if (size === undefined) throw new GitError(`the repository lacks an object: ${text}`);
    index += 1;
    const object = { index, hash };
    search.begin((hit) => onFound(hit, object));
    left = Number(size) + 1;
    kept = null;
    return end + 1;
  }

  function readContent(chunk: Buffer, at: number): number {
    const part = chunk.subarray(at, at + left);
    left -= part.length;
    search.push(left === 0 ? part.subarray(0, -1) : part);
    if (left === 0) {
      search.end();
      kept = [];
    }
    return at + part.length;
  }

  for await (const chunk of runGit(git, ['cat-file', '--batch'], hashes)) {
    for (let at = 0; at < chunk.length; ) at = kept === null ? readContent(chunk, at) : readHeader(chunk, at);
    await sink.keepUp(chunk.length);
  }
}
