import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../context.ts';
import { localError, systemCode } from '../errors.ts';
import { withFileLock } from '../session/file-lock.ts';
import { type OpenDirectory, openDirectory, splitPath } from './directory.ts';
import { readRaw, valueIn } from './read.ts';

/** A file that holds the value of one token, while no other tokens process changes it. */
export interface TokenFile {
  readonly path: string;
  /** The content of the file, without its line end. Null if the file does not exist or is empty. */
  readonly text: string | null;
  /**
   * Proves that `replace` works: replaces the file with a copy of itself, or creates and removes a new one.
   * @throws CliError `unwritable`.
   */
  proveWritable(): Promise<void>;
  /**
   * Lets only the owner read and write the file, if others can do so. Changes no other file than the one that was read. Returns
   * the octal mode from before, or null if there was nothing to change; and the system error if the mode could not be changed.
   */
  restrictMode(): Promise<{ before: string | null; failure: string | null }>;
  /** Replaces the file atomically. When it returns, the text survives a power failure. @throws CliError `unwritable`. */
  replace(text: string): Promise<void>;
}

/** Another process asks its server while it holds the lock, so this is longer than the time limit of a request. */
const maxWaitMs = 60_000;
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Opens the file at `path` for `act`. Follows no symbolic link at `path`. Two processes with the same file take turns.
 * @throws CliError `damaged-file` if something other than a small regular file is at `path`; `unwritable` if the directory
 * is not writable; `usage` if every user could replace the file
 */
export async function withTokenFile<T>(
  ctx: Pick<Context, 'signal' | 'uuid'>,
  path: string,
  act: (file: TokenFile) => Promise<T>,
): Promise<T> {
  const { directory: directoryPath, name } = splitPath(path);
  const directory = await openDirectory(directoryPath);
  const lockPath = join(directory.stablePath, `.${name}.lock`);
  const options = { signal: ctx.signal, maxWaitMs, shownLockPath: join(directoryPath, `.${name}.lock`) };
  try {
    return await withFileLock(path, lockPath, options, async () => {
      await removeLeftovers(directory, name);
      return await act(await openTokenFile(directory, name, path, ctx.uuid));
    });
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    await directory.handle.close();
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

async function openTokenFile(
  directory: OpenDirectory,
  name: string,
  path: string,
  uuid: () => string,
): Promise<TokenFile> {
  const present = await readPresent(directory, name, path);
  const raw = present?.raw ?? null;

  /** Calls `act` with the path of a new file of this content, which has the mode and the owner that it is to keep. */
  const withNewFile = async (content: string | Buffer, act: (temporary: string) => Promise<void>) => {
    const temporary = join(directory.stablePath, `.${name}.${uuid()}.new`);
    try {
      await withHandle(await open(temporary, newFile, 0o600), async (handle) => {
        // The umask could have removed permissions of the owner.
        await handle.chmod(0o600);
        if (present) await keepOwner(handle, present.owner, directory, path);
        await handle.writeFile(content);
        await handle.sync();
      });
      await act(temporary);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw unwritable(path, error);
    }
  };
  const replace = async (temporary: string) => {
    const found = (await readPresent(directory, name, path))?.raw ?? null;
    // This process was suspended for so long that another one took over the lock.
    if (found === null ? raw !== null : !raw?.equals(found)) throw changedMeanwhile(path);
    await rename(temporary, join(directory.stablePath, name));
    await directory.handle.sync();
  };

  return {
    path,
    text: raw && valueIn(raw),
    restrictMode: () => restrictMode(directory, name, path, raw),
    proveWritable: () => (raw ? withNewFile(raw, replace) : withNewFile(' '.repeat(64), (temporary) => rm(temporary))),
    replace: (text) => withNewFile(`${text}\n`, replace),
  };
}

/** Returns the file's content and owner, or null if there is no file. */
async function readPresent(directory: OpenDirectory, name: string, path: string) {
  return withPresent(directory, name, path, async (handle) => {
    const { uid, gid } = await handle.stat();
    return { raw: await readRaw(handle, path), owner: { uid, gid } };
  });
}

/** Calls `act` with the file, open for reading. Returns null if there is no file. */
async function withPresent<T>(
  directory: OpenDirectory,
  name: string,
  path: string,
  act: (handle: FileHandle) => Promise<T>,
): Promise<T | null> {
  // Without O_NONBLOCK, opening a named pipe would hang.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(join(directory.stablePath, name), flags).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'ENOENT') return null;
    const why = code === 'ELOOP' ? 'is a symbolic link' : `cannot be read (${code})`;
    throw localError('damaged-file', `${path} ${why}. Remove it, or give the path of another file.`, error);
  });
  return handle && withHandle(handle, act);
}

/** See `TokenFile.restrictMode`. */
async function restrictMode(directory: OpenDirectory, name: string, path: string, raw: Buffer | null) {
  const unchanged = { before: null, failure: null };
  const restricted = await withPresent(directory, name, path, async (handle) => {
    const { mode } = await handle.stat();
    if ((mode & 0o077) === 0 || !raw?.equals(await readRaw(handle, path))) return unchanged;
    const before = (mode & 0o777).toString(8);
    try {
      await handle.chmod(0o600);
      return { before, failure: null };
    } catch (error) {
      return { before, failure: systemCode(error) ?? 'unknown error' };
    }
  });
  return restricted ?? unchanged;
}

function changedMeanwhile(path: string) {
  return localError('unwritable', `Another process changed ${path} at the same time. Run the command again.`);
}

/**
 * Gives the new file to the owner of the old one. Only root can do so.
 * @throws CliError `unwritable` if this is not possible; `usage` if somebody else may have placed the old file there, who
 * would receive the value
 */
async function keepOwner(handle: FileHandle, owner: Owner, directory: OpenDirectory, path: string): Promise<void> {
  const { uid, gid } = await handle.stat();
  if (uid === owner.uid && gid === owner.gid) return;
  if (uid !== owner.uid && directory.isGroupWritable && directory.uid !== owner.uid) {
    throw localError(
      'usage',
      `${path} belongs to another user, who may have placed it there: the group of ${directory.path} can write to it. Remove the file or that permission.`,
    );
  }
  await handle.chown(owner.uid, owner.gid).catch((error: unknown) => {
    // With mode 600, the group has no access.
    if (uid === owner.uid) return;
    throw localError(
      'unwritable',
      `${path} belongs to another user, and only root can keep that (${systemCode(error)}). Run the command as that user.`,
      error,
    );
  });
}

/** The end of a temporary file's name, after the name of the file and a dot. */
const temporaryEnd = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.new$/;

/** Removes temporary files of earlier processes that were killed. One may contain a value. */
async function removeLeftovers({ stablePath }: OpenDirectory, name: string): Promise<void> {
  for (const found of await readdir(stablePath)) {
    const isLeftover = found.startsWith(`.${name}.`) && temporaryEnd.test(found.slice(name.length + 2));
    if (isLeftover) await rm(join(stablePath, found), { force: true });
  }
}

async function withHandle<T>(handle: FileHandle, act: (handle: FileHandle) => Promise<T>): Promise<T> {
  try {
    return await act(handle);
  } finally {
    await handle.close();
  }
}

/** Turns a system error into `unwritable`. Returns other errors, and Ctrl-C, unchanged. */
function unwritable(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || !(error instanceof Error && 'syscall' in error)) return error;
  return localError(
    'unwritable',
    `${path} cannot be written (${code}). Check the free space and the permissions.`,
    error,
  );
}
