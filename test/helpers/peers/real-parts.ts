import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';

/**
 * Whether all these real parts are here: programs on the PATH, Node modules as `module:NAME`, and `root`: the rights to
 * mount something. A missing part is told loudly, so that skipped tests are not overlooked; where CI=true it is a failure.
 */
export function hasRealParts(...names: string[]): boolean {
  const missing = names.filter((name) => !isHere(name));
  if (missing.length === 0) return true;
  const what = missing.join(', ');
  if (process.env.CI === 'true') throw new Error(`Not installed, though CI=true requires it: ${what}`);
  process.stderr.write(`\n*** Not installed: ${what}. The tests that need it are SKIPPED. ***\n`);
  return false;
}

function isHere(name: string): boolean {
  if (name === 'root') return process.getuid?.() === 0;
  return name.startsWith('module:') ? isModuleHere(name.slice('module:'.length)) : isProgramHere(name);
}

/** Where programs are looked for: Debian keeps servers beside the usual places. */
export function searchPath(): string {
  return [process.env.PATH, '/usr/sbin', postgresBinaries()].join(delimiter);
}

/** Where Debian keeps the newest PostgreSQL's programs. */
export function postgresBinaries(): string {
  const versions = '/usr/lib/postgresql';
  const numbers = existsSync(versions) ? readdirSync(versions).map(Number) : [];
  return join(versions, String(Math.max(0, ...numbers)), 'bin');
}

function isProgramHere(name: string): boolean {
  return searchPath()
    .split(delimiter)
    .some((directory) => {
      try {
        accessSync(join(directory, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function isModuleHere(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
