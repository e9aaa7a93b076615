import { type Dirent, readdirSync } from 'node:fs';
import { normalize, resolve, sep } from 'node:path';
import { systemCode } from '../errors.ts';
import { type IgnoreRules, isIgnored, repositoryOf, rulesAbove, rulesIn } from './ignore-rules.ts';

/** A path. It is a `Buffer` if it is not valid UTF-8, because the text of such a path names no file. */
export type Path = string | Buffer;

export interface WalkOptions {
  /** Whether to leave out what Git ignores, and Git's own directory. */
  readonly respectIgnore: boolean;
  /** Called for each directory that cannot be read. */
  readonly onUnreadable: (path: string, code: string) => void;
  /** Called for the directory if it is in a repository, and for each repository in it, unless Git's rules do not count. */
  readonly onRepository: (prefix: Path) => void;
}

/** A directory in which the walk is, with the entries that are left. */
interface Visit {
  readonly entries: Iterator<Entry>;
  /** The text that precedes the name of an entry in its path. */
  readonly prefix: Path;
  /** The same, absolute and with `/` as separator on every system. */
  readonly absolute: string;
  readonly rules: IgnoreRules;
}

interface Entry {
  readonly name: Path;
  readonly isFile: () => boolean;
  readonly isDirectory: () => boolean;
}

/** Yields the paths of the regular files below a directory, in the order of their names. Follows no symbolic links. */
export function* walk(directory: string, options: WalkOptions): Generator<Path> {
  const path = normalize(directory);
  const rules = options.respectIgnore ? rulesAbove(path) : null;
  // Use a loop, because nested generators would pass each path through every level.
  const prefix = path === '.' ? '' : withSeparator(path);
  if (options.respectIgnore && isInside(repositoryOf(resolve(path)), path)) options.onRepository(prefix);
  const visits = [visit({ path, prefix, absolute: absoluteOf(path), rules }, options)];
  for (let here = visits.at(-1); here !== undefined; here = visits.at(-1)) {
    const { done, value: entry } = here.entries.next();
    if (done) {
      visits.pop();
      continue;
    }
    if (!isWanted(here, entry, options)) continue;
    const path = joined(here.prefix, entry.name);
    if (entry.isDirectory()) visits.push(visitIn(here, entry.name, path, options));
    else yield path;
  }
}

/** Reports whether the scan visits an entry: a regular file or a directory that no rule ignores. */
function isWanted(here: Visit, entry: Entry, { respectIgnore }: WalkOptions): boolean {
  const isDirectory = entry.isDirectory();
  if (!isDirectory && !entry.isFile()) return false;
  if (respectIgnore && entry.name === '.git') return false;
  return here.rules === null || !isIgnored(here.rules, here.absolute + entry.name, isDirectory);
}

function visitIn(outer: Visit, name: Path, path: Path, options: WalkOptions): Visit {
  return visit({ ...outer, path, prefix: joined(path, sep), absolute: `${outer.absolute}${name}/` }, options);
}

function visit({ path, ...place }: Omit<Visit, 'entries'> & { readonly path: Path }, options: WalkOptions): Visit {
  const { absolute, rules } = place;
  const entries = entriesOf(path, options);
  if (options.respectIgnore && entries.some(({ name }) => name === '.git')) options.onRepository(place.prefix);
  return {
    ...place,
    entries: entries.values(),
    rules: options.respectIgnore ? rulesIn(rules, absolute, entries) : null,
  };
}

function entriesOf(directory: Path, { onUnreadable }: WalkOptions): Entry[] {
  try {
    const entries: Entry[] = readdirSync(directory, { withFileTypes: true });
    const isText = entries.every(({ name }) => !name.includes('\ufffd'));
    return (isText ? entries : bytesOf(directory)).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    onUnreadable(`${directory}`, systemCode(error) ?? 'unknown error');
    return [];
  }
}

/** Returns the entries of a directory with the bytes of their names, because Node replaces what is not UTF-8. */
function bytesOf(directory: Path): Entry[] {
  const entries: Array<Dirent<Buffer>> = readdirSync(directory, { withFileTypes: true, encoding: 'buffer' });
  return entries.map((entry) => ({
    name: Buffer.from(`${entry.name}`).equals(entry.name) ? `${entry.name}` : entry.name,
    isFile: () => entry.isFile(),
    isDirectory: () => entry.isDirectory(),
  }));
}

/** Reports whether a directory lies below the root of a repository. */
function isInside(repository: string | null, directory: string): boolean {
  return repository !== null && repository !== resolve(directory);
}

function joined(prefix: Path, name: Path): Path {
  if (typeof prefix === 'string' && typeof name === 'string') return prefix + name;
  return Buffer.concat([Buffer.from(prefix), Buffer.from(name)]);
}

function withSeparator(path: string): string {
  return path.endsWith(sep) ? path : path + sep;
}

function absoluteOf(path: string): string {
  return withSeparator(resolve(path)).replaceAll(sep, '/');
}
