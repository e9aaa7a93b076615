import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import { scanObjects } from './objects.ts';
import type { GitContext } from './run.ts';

/** A file of a merge whose lines Git does not show, because it considers the file binary: a combined diff ignores `--text`. */
export interface BinaryMerge {
  readonly commit: string | null;
  readonly file: string;
  /** The hashes of the file in each parent. A hash of only zeros means that the parent lacks the file. */
  readonly parents: readonly string[];
  readonly result: string;
}

/** Searches such files as a whole. Values that a parent has in the same file are not new. */
export async function scanBinaryMerges(
  search: Search,
  sink: Sink,
  git: GitContext,
  merges: readonly BinaryMerge[],
): Promise<void> {
  const reads = merges.flatMap((merge) =>
    [...merge.parents, merge.result].map((hash, index, { length }) => ({
      hash,
      merge,
      isResult: index === length - 1,
    })),
  );
  const wanted = reads.filter(({ hash }) => /[^0]/.test(hash));
  if (wanted.length === 0) return;
  const inParents = new Map<BinaryMerge, Set<string>>(merges.map((merge) => [merge, new Set()]));
  const hashes = wanted.map(({ hash }) => `${hash}\n`);
  await scanObjects(search, sink, git, hashes, (found, { index }) => {
    const read = wanted[index];
    if (read === undefined) return;
    const { merge, isResult } = read;
    const known = inParents.get(merge);
    if (!isResult) known?.add(found.value);
    else if (!known?.has(found.value)) {
      sink.add({ ...found, file: merge.file, ...(merge.commit !== null && { commit: merge.commit }) });
    }
  });
}
