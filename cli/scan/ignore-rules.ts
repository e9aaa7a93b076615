import { lstatSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';

/** The patterns of one file. */
interface Rules {
  /** The directory that the patterns are relative to: absolute, with `/` as separator and at its end. */
  readonly directory: string;
  readonly patterns: Ignore;
  readonly outer: IgnoreRules;
}

/** The patterns that apply in a directory: its own, and those of the directories above it in the repository. */
export type IgnoreRules = Rules | null;

const file = '.gitignore';

/** Returns the rules above a directory: those of its repository, or none if it is in no repository. */
export function rulesAbove(directory: string): IgnoreRules {
  const path = resolve(directory);
  const root = repositoryOf(path);
  if (root === null) return null;
  let rules = addRules(null, root, join('.git', 'info', 'exclude'));
  if (root === path) return rules;
  const parts = relative(root, path).split(sep);
  for (let depth = 0; depth < parts.length; depth += 1) {
    rules = addRules(rules, join(root, ...parts.slice(0, depth)), file);
  }
  return rules;
}

/**
 * Returns the rules that apply to the entries of a directory below `outer`. `directory` is absolute and ends with a separator.
 */
export function rulesIn(
  outer: IgnoreRules,
  directory: string,
  entries: ReadonlyArray<{ readonly name: unknown }>,
): IgnoreRules {
  // A repository in a repository has its own rules only.
  const rules = entries.some(({ name }) => name === '.git')
    ? addRules(null, directory, join('.git', 'info', 'exclude'))
    : withoutMemory(outer);
  return entries.some(({ name }) => name === file) ? addRules(rules, directory, file) : rules;
}

/**
 * Reports whether Git ignores an entry of a directory. The innermost rules decide first, as in Git. `path` is absolute, with `/` as
 * separator.
 */
export function isIgnored(rules: IgnoreRules, path: string, isDirectory: boolean): boolean {
  for (let one = rules; one !== null; one = one.outer) {
    const name = path.slice(one.directory.length);
    const { ignored, unignored } = one.patterns.test(isDirectory ? `${name}/` : name);
    if (ignored || unignored) return ignored;
  }
  return false;
}

function addRules(outer: IgnoreRules, directory: string, name: string): IgnoreRules {
  try {
    const path = join(directory, name);
    // Git does not follow a link here either.
    if (!lstatSync(path).isFile()) return outer;
    const patterns = newPatterns(readFileSync(path, 'utf8'));
    return { directory: join(directory, sep).replaceAll(sep, '/'), patterns, outer };
  } catch {
    return outer;
  }
}

/** Returns the same rules. The library remembers every path that it tested, so memory would grow with the number of files. */
function withoutMemory(rules: IgnoreRules): IgnoreRules {
  return rules && { ...rules, patterns: newPatterns(rules.patterns), outer: withoutMemory(rules.outer) };
}

/** Letters count as different in both cases, as in Git on Linux: a scan must not leave out a file that Git has. */
function newPatterns(patterns: string | Ignore): Ignore {
  return ignore({ ignorecase: false }).add(patterns);
}

/** Returns the directory that holds `.git`, this one or one above it. A worktree has a file of this name. */
export function repositoryOf(path: string): string | null {
  for (let directory = path; ; directory = dirname(directory)) {
    try {
      lstatSync(join(directory, '.git'));
      return directory;
    } catch {
      if (dirname(directory) === directory) return null;
    }
  }
}
