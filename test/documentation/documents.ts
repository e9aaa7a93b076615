import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

export function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** Returns every Markdown document of the repository. */
export function documents(): string[] {
  return execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '');
}

/** Returns the rows of every table with this header, as lines. */
export function rowsUnder(path: string, header: string): string[] {
  const [, ...tables] = read(path).split(`${header}\n`);
  return tables.flatMap((after) => {
    const lines = after.split('\n').slice(1);
    return lines.slice(0, lines.indexOf(''));
  });
}

/** Returns the paths in backquotes that begin with one of the project's folders. */
export function pathsIn(text: string): string[] {
  const folders = 'bin|cli|docs|examples|middleware|scripts|server|shared|test';
  return [...text.matchAll(new RegExp(`\`((?:${folders})/[^\`\\s]*)\``, 'g'))].map(([, path = '']) => path);
}
