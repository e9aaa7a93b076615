import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { localError, systemCode } from '../errors.ts';

/** An open directory, and the path by which to reach its files. */
export interface OpenDirectory {
  /** The directory as the user wrote it, for messages. */
  readonly path: string;
  /** A path that leads to this directory, even if another process replaces the original path. */
  readonly stablePath: string;
  readonly handle: FileHandle;
  readonly uid: number;
  /** Whether members of the directory's group can replace files. */
  readonly isGroupWritable: boolean;
}

/** Splits the path of a file. @throws CliError `usage` if it names no file. */
export function splitPath(path: string): { directory: string; name: string } {
  const name = basename(path);
  if (name === '' || name === '.' || name === '..' || path.endsWith('/')) {
    throw localError('usage', `"${path}" is not the path of a file. Give one such as /etc/prometheus/token.`);
  }
  return { directory: dirname(path), name };
}

/**
 * Opens a directory. The caller closes its handle.
 * @throws CliError `unwritable` if it cannot be opened, `usage` if every user can replace its files
 */
export async function openDirectory(path: string): Promise<OpenDirectory> {
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY).catch((error: unknown) => {
    const advice = systemCode(error) === 'ENOENT' ? 'Create it first.' : 'Check its path and permissions.';
    throw localError('unwritable', `The directory ${path} cannot be opened (${systemCode(error)}). ${advice}`, error);
  });
  try {
    const { mode, uid, ino, dev } = await handle.stat();
    if ((mode & 0o002) !== 0) {
      throw localError(
        'usage',
        `Every user can write to ${path} and replace the file. Use a directory that only its owner can change.`,
      );
    }
    // On Linux, the path through the descriptor leads to this very directory, whatever happens to the names above it.
    const pinned = join('/proc/self/fd', String(handle.fd));
    const found = await stat(pinned).catch(() => null);
    const isPinned = found?.ino === ino && found.dev === dev;
    return { path, stablePath: isPinned ? pinned : path, handle, uid, isGroupWritable: (mode & 0o020) !== 0 };
  } catch (error) {
    await handle.close();
    throw error;
  }
}
