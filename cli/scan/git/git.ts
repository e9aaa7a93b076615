import { systemCode } from '../../errors.ts';
import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import { type BinaryMerge, scanBinaryMerges } from './binary-merges.ts';
import { createDiffReader } from './diff-reader.ts';
import { scanNamedObjects } from './named-objects.ts';
import { scanObjects } from './objects.ts';
import { type GitContext, GitError, runGit } from './run.ts';

/** The lines to search: those of the staged changes, or those that commits added. */
export type GitSource =
  | { readonly kind: 'staged' }
  | {
      readonly kind: 'commits';
      /** Revisions as for `git log`. None begins with `-`. */
      readonly revisions: readonly string[];
      /** Leaves out the commits that a branch or tag contains. */
      readonly unreferenced: boolean;
    };

/** Every option that a configuration file could set otherwise. Neither shows only a part of the lines, nor runs another program. */
const diffOptions = [
  ...['--text', '--unified=0', '--inter-hunk-context=0', '--no-renames', '--no-relative', '--no-color', '--full-index'],
  ...['--no-ext-diff', '--no-textconv', '--submodule=short', '--src-prefix=a/', '--dst-prefix=b/'],
];
const logOptions = ['--patch', '-c', '--format=tformat:commit %H', '--no-notes', '--no-decorate'];

/** Searches the added lines, and the messages of the commits. Returns why this failed, or null. */
export async function scanGit(search: Search, sink: Sink, source: GitSource, git: GitContext): Promise<string | null> {
  try {
    if (source.kind === 'staged') await scanDiff(search, sink, git, ['diff', '--cached', ...diffOptions, '--']);
    else await scanCommits(search, sink, git, source);
    return null;
  } catch (error) {
    if (sink.isCancelled()) throw error;
    if (error instanceof GitError) return error.message;
    if (systemCode(error) === 'ENOENT') return 'there is no command git';
    throw error;
  }
}

async function scanCommits(
  search: Search,
  sink: Sink,
  git: GitContext,
  { revisions, unreferenced }: Extract<GitSource, { kind: 'commits' }>,
): Promise<void> {
  const range = [...revisions, ...(unreferenced ? ['--not', '--all'] : []), '--'];
  await scanDiff(search, sink, git, ['log', ...logOptions, ...diffOptions, ...range]);
  // The message of a commit can hold a value, too. In the output of `git log`, it could look like a part of a diff.
  await scanObjects(search, sink, git, runGit(git, ['rev-list', ...range]), (found, { hash }) => {
    sink.add({ ...found, file: '(commit)', commit: hash });
  });
  await scanNamedObjects(search, sink, git, revisions);
}

async function scanDiff(search: Search, sink: Sink, git: GitContext, args: readonly string[]): Promise<void> {
  const merges: BinaryMerge[] = [];
  const reader = createDiffReader(search, sink, (merge) => merges.push(merge));
  for await (const chunk of runGit(git, args)) {
    reader.push(chunk);
    await sink.keepUp(chunk.length);
  }
  reader.end();
  await scanBinaryMerges(search, sink, git, merges);
}
