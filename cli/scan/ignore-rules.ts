import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** The patterns of one file, and the directory that they are relative to. */
interface Rules {
  readonly directory: string;
  readonly patterns: Ignore;
  readonly outer: Rules | null;
}

/** The patterns that apply in a directory: its own, and those of the directories above it in the repository. */
export type IgnoreRules = Rules | null;

/** Returns the rules above a directory: those of its repository, or none if it is in no repository. */
export function rulesAbove(directory: string): IgnoreRules {
  const path = resolve(directory);
  const root = repositoryOf(path);
  if (root === null) return null;
  let rules = addRules(null, root, join('.git', 'info', 'exclude'));
  if (root === path) return rules;
  const parts = relative(root, path).split(sep);
  for (let depth = 0; depth < parts.length; depth += 1) {
    rules = rulesIn(rules, join(root, ...parts.slice(0, depth)));
  }
  return rules;
}

/** Returns the rules that apply to the entries of a directory below `outer`. */
export function rulesIn(outer: IgnoreRules, directory: string): IgnoreRules {
  return addRules(outer, directory, '.gitignore');
}

/** Reports whether Git ignores an entry of the directory. The innermost rules decide first, as in Git. */
export function isIgnored(rules: IgnoreRules, path: string, isDirectory: boolean): boolean {
  const absolute = resolve(path);
  for (let one = rules; one !== null; one = one.outer) {
    const name = relative(one.directory, absolute).split(sep).join('/');
    const { ignored, unignored } = one.patterns.test(isDirectory ? `${name}/` : name);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function addRules(outer: IgnoreRules, directory: string, file: string): IgnoreRules {
  try {
    const path = join(directory, file);
    // Git does not follow a link here either.
    if (!lstatSync(path).isFile()) return outer;
    return { directory: resolve(directory), patterns: ignore().add(readFileSync(path, 'utf8')), outer };
  } catch {
    return outer;
  }
}

/** Returns the directory that holds `.git`, this one or one above it. A worktree has a file of this name. */
function repositoryOf(path: string): string | null {
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      lstatSync(join(directory, '.git'));
      return directory;
    } catch {
      if (dirname(directory) === directory) return null;
    }
  }
}
