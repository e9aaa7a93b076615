import { lstatSync } from 'node:fs';
import { listTrackedIgnored } from './git/tracked-files.ts';
import type { Sink } from './sink.ts';
import type { Path } from './walk.ts';

/** The files that repositories have although their patterns ignore them, as after `git add --force`. A walk leaves them out. */
export interface TrackedFiles {
  /** Adds those of a directory in a repository. `prefix` precedes the name of an entry in its path. */
  add(prefix: Path): void;
  /** Takes out a file that the walk found. */
  found(path: Path): void;
  /** Returns the regular files that are left. */
  rest(): Buffer[];
}

export function createTrackedFiles(sink: Sink, env: Readonly<Record<string, string | undefined>>): TrackedFiles {
  /** Bytes of paths as Latin-1, because not every path is UTF-8. */
  const paths = new Set<string>();
  return {
    add(prefix) {
      const listed = listTrackedIgnored(`${prefix}`, env);
      if ('failure' in listed) {
        sink.warn(`Git cannot list the files in ${prefix || '.'} that it has and ignores (${listed.failure})`);
        return;
      }
      const start = Buffer.from(prefix).toString('latin1');
      for (const name of listed.paths.toString('latin1').split('\0')) if (name !== '') paths.add(start + name);
    },
    found(path) {
      if (paths.size > 0) paths.delete(Buffer.from(path).toString('latin1'));
    },
    rest: () => [...paths].map((path) => Buffer.from(path, 'latin1')).filter(isRegularFile),
  };
}

function isRegularFile(path: Buffer): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    return false;
  }
}
