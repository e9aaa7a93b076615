import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';

/**
 * Returns whether all these parts are available: programs on the PATH, Node modules as `module:NAME`, and `root` for the
 * right to mount. Reports missing parts on stderr, so that skipped tests are not overlooked, and throws if CI=true.
 */
export function hasRealParts(...names: string[]): boolean {
  const missing = names.filter((name) => !isAvailable(name));
  if (missing.length === 0) return true;
  const what = missing.join(', ');
  if (process.env.CI === 'true') throw new Error(`Not installed, though CI=true requires it: ${what}`);
  process.stderr.write(`\n*** Not installed: ${what}. The tests that need it are SKIPPED. ***\n`);
  return false;
}

function isAvailable(name: string): boolean {
  if (name === 'root') return process.getuid?.() === 0;
  return name.startsWith('module:') ? isModuleAvailable(name.slice('module:'.length)) : isProgramAvailable(name);
}

/** Returns whether this machine has the loopback address of IPv6. Reports on stderr if it is missing, and throws if CI=true. */
export function hasIpv6(): boolean {
  const found = Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === '::1'),
  );
  if (found) return true;
  if (process.env.CI === 'true') throw new Error('This machine has no address ::1, though CI=true requires it.');
  process.stderr.write('\n*** This machine has no address ::1. The tests that need it are SKIPPED. ***\n');
  return false;
}

/** Returns the PATH, extended by the directories in which Debian installs servers. */
export function searchPath(): string {
  return [process.env.PATH, '/usr/sbin', postgresBinaries()].join(delimiter);
}

/** Returns the directory of Debian's newest PostgreSQL programs. */
export function postgresBinaries(): string {
  const versions = '/usr/lib/postgresql';
  const numbers = existsSync(versions) ? readdirSync(versions).map(Number) : [];
  return join(versions, String(Math.max(0, ...numbers)), 'bin');
}

function isProgramAvailable(name: string): boolean {
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

function isModuleAvailable(name: string): boolean {
  try {
    createRequire(import.meta.url)(name);
    return true;
  } catch {
    return false;
  }
}
