import { type Dirent, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemCode } from '../errors.ts';
import { type IgnoreRules, isIgnored, rulesAbove, rulesIn } from './ignore-rules.ts';

export interface WalkOptions {
  /** Whether to leave out what Git ignores, and Git's own directory. */
  readonly respectIgnore: boolean;
  /** Called for each directory that cannot be read. */
  readonly onUnreadable: (path: string, code: string) => void;
}

/** Yields the paths of the regular files below a directory, in the order of their names. Follows no symbolic links. */
export function* walk(directory: string, options: WalkOptions): Generator<string> {
  yield* walkBelow(directory, options, options.respectIgnore ? rulesAbove(directory) : null);
}

function* walkBelow(directory: string, options: WalkOptions, outer: IgnoreRules): Generator<string> {
  const rules = options.respectIgnore ? rulesIn(outer, directory) : null;
  for (const entry of entriesOf(directory, options)) {
    const path = join(directory, entry.name);
    const isDirectory = entry.isDirectory();
    if (!isDirectory && !entry.isFile()) continue;
    if (options.respectIgnore && (entry.name === '.git' || isIgnored(rules, path, isDirectory))) continue;
    if (isDirectory) yield* walkBelow(path, options, rules);
    else yield path;
  }
}

function entriesOf(directory: string, { onUnreadable }: WalkOptions): Dirent[] {
  try {
    const entries = readdirSync(directory, { withFileTypes: true });
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    onUnreadable(directory, systemCode(error) ?? 'unknown error');
    return [];
  }
}
