import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import { scanObjects } from './objects.ts';
import { type GitContext, readGit } from './run.ts';

/** An object that no commit of the range leads to, with the name under which its findings are printed. */
interface Named {
  readonly hash: string;
  readonly file: string;
}

/**
 * Searches the objects other than commits that the revisions name: the text of annotated tags, and the files of a tree or a
 * single file that a tag points to.
 */
export async function scanNamedObjects(
  search: Search,
  sink: Sink,
  git: GitContext,
  revisions: readonly string[],
): Promise<void> {
  const named = (await readGit(git, ['rev-parse', '--revs-only', ...revisions, '--'])).split('\n');
  const found: Named[] = [];
  let hashes = named.filter((hash) => /^[0-9a-f]+$/.test(hash));
  while (hashes.length > 0) {
    const objects = await typesOf(git, hashes);
    hashes = [];
    for (const { hash, type } of objects) {
      if (type === 'blob') found.push({ hash, file: `(blob ${hash})` });
      if (type === 'tree') found.push(...(await filesOf(git, hash)));
      if (type !== 'tag') continue;
      found.push({ hash, file: `(tag ${hash})` });
      hashes.push(await targetOf(git, hash));
    }
  }
  if (found.length === 0) return;
  const wanted = found.map(({ hash }) => `${hash}\n`);
  await scanObjects(search, sink, git, wanted, (hit, { index }) =>
    sink.add({ ...hit, file: found[index]?.file ?? '' }),
  );
}

async function typesOf(git: GitContext, hashes: readonly string[]): Promise<Array<{ hash: string; type: string }>> {
  const input = hashes.map((hash) => `${hash}\n`);
  const lines = (await readGit(git, ['cat-file', '--batch-check'], input)).trimEnd().split('\n');
  return lines.map((line) => {
    const [hash = '', type = ''] = line.split(' ');
    return { hash, type };
  });
}

/** Returns the object that an annotated tag points to. It can be another tag. */
async function targetOf(git: GitContext, tag: string): Promise<string> {
  const [, hash = ''] = /^object ([0-9a-f]+)\n/.exec(await readGit(git, ['cat-file', 'tag', tag])) ?? [];
  return hash;
}

async function filesOf(git: GitContext, tree: string): Promise<Named[]> {
  const entries = (await readGit(git, ['ls-tree', '-r', '-z', '--full-tree', tree])).split('\0');
  return entries.flatMap((entry) => {
    const [, hash, file] = /^\d+ blob ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
    return hash === undefined || file === undefined ? [] : [{ hash, file }];
  });
}
