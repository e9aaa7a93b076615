import { closeSync, constants, fchmodSync, fstatSync, lstatSync, openSync, readFileSync, type Stats } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { localError, systemCode } from '../errors.ts';
import { withFileLock } from './file-lock.ts';

/** A directory (mode 0700) of small files (mode 0600) that only their owner can read. Symbolic links are not followed. */
export interface PrivateDirectory {
  readonly path: string;
  /** Returns the file's text, or null if there is no such file. */
  read(name: string): Promise<string | null>;
  /** Replaces the file atomically. When it returns, the text survives a power failure, unless `durable` is false. */
  write(name: string, text: string, options?: WriteOptions): Promise<void>;
  /** Removes the file. A missing one is no error. */
  remove(name: string): Promise<void>;
  /** Removes the file, and the temporary files of interrupted writes. A write in progress fails. */
  removeWithLeftovers(name: string): Promise<void>;
  /** Runs `act` under a lock, so that no other process changes the file between a read and a write in `act`. */
  withLock<T>(name: string, act: () => Promise<T>): Promise<T>;
}

interface WriteOptions {
  /** False for a file that may be lost, because waiting for the disk takes time. Default: true. */
  readonly durable?: boolean;
}

export interface PrivateDirectoryOptions {
  /** True if the path shows that the directory belongs to this program. Otherwise its mode stays, because others may use it. */
  readonly isOwn: boolean;
  /** Receives a sentence for each mode that was too permissive. */
  readonly warn: (text: string) => Promise<void>;
  readonly uuid: () => string;
  /** Ends the wait for a lock when it aborts. */
  readonly signal: AbortSignal;
}

type Warn = PrivateDirectoryOptions['warn'];

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** Creates the directory when something is first written to it. */
export function privateDirectory(path: string, options: PrivateDirectoryOptions): PrivateDirectory {
  return {
    path,
    read: (name) => read(path, name, options),
    write: (name, text, { durable = true } = {}) => write(path, name, text, durable, options),
    remove: (name) => rm(join(path, name), { force: true }),
    removeWithLeftovers: (name) => removeWithLeftovers(path, name),
    withLock: (name, act) => withLock(path, name, options, act),
  };
}

/** Reads at once, because the promises of `node:fs` take longer to load than a small file to read. */
async function read(directory: string, name: string, options: PrivateDirectoryOptions): Promise<string | null> {
  if (!(await checkDirectory(directory, options))) return null;
  const path = join(directory, name);
  const file = openForReading(path);
  if (file === null) return null;
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw damaged(path, 'it is not a regular file');
    await restrictMode(file, stats.mode, 0o600, path, options.warn);
    return readFileSync(file, 'utf8');
  } finally {
    closeSync(file);
  }
}

/** Returns the file descriptor, or null if there is no such file. @throws CliError `damaged-file` */
function openForReading(path: string): number | null {
  try {
    // Without O_NONBLOCK, opening a named pipe would hang.
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    if (systemCode(error) === 'ELOOP') throw damaged(path, 'it is a symbolic link');
    throw localError('damaged-file', `${path} cannot be read (${systemCode(error)}). Check who owns it.`, error);
  }
}

async function write(
  directory: string,
  name: string,
  text: string,
  durable: boolean,
  options: PrivateDirectoryOptions,
): Promise<void> {
  const temporary = join(directory, `${temporaryPrefix(name)}${options.uuid()}`);
  try {
    await createDirectory(directory, options);
    await withHandle(await open(temporary, newFile, 0o600), async (handle) => {
      await handle.writeFile(text);
      if (durable) await handle.sync();
    });
    await rename(temporary, join(directory, name));
    if (durable) await withHandle(await open(directory, constants.O_RDONLY), (handle) => handle.sync());
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(join(directory, name), error);
  }
}

async function removeWithLeftovers(directory: string, name: string): Promise<void> {
  const names = await readdir(directory);
  const removed = names.filter((one) => one === name || one.startsWith(temporaryPrefix(name)));
  await Promise.all(removed.map((one) => rm(join(directory, one), { force: true })));
}

/** Returns how the names of temporary files begin, which a write renames to `name`. */
function temporaryPrefix(name: string): string {
  return `.${name}.`;
}

async function withLock<T>(
  directory: string,
  name: string,
  options: PrivateDirectoryOptions,
  act: () => Promise<T>,
): Promise<T> {
  try {
    await createDirectory(directory, options);
    return await withFileLock(join(directory, name), join(directory, `.${name}.lock`), options, act);
  } catch (error) {
    throw unwritable(join(directory, name), error);
  }
}

async function createDirectory(path: string, options: PrivateDirectoryOptions): Promise<void> {
  await makeDirectories(path);
  await checkDirectory(path, options);
}

/**
 * Creates a directory and those above it, unless they exist. Not \`recursive: true\`, because Node.js then tries forever in a directory
 * that can hold none, such as one of autofs.
 */
async function makeDirectories(path: string): Promise<void> {
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  if (exists) return;
  await makeDirectories(dirname(path));
  await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/**
 * Returns false if the directory does not exist.
 * @throws CliError `damaged-file` if something else has its name; `usage` if others use it and other programs may need that
 */
async function checkDirectory(path: string, { warn, isOwn }: PrivateDirectoryOptions): Promise<boolean> {
  const stats = statusOf(path);
  if (!stats) return false;
  if (!stats.isDirectory()) {
    throw localError('damaged-file', `${path} is a symbolic link or a file, not a directory. Remove it and try again.`);
  }
  if (!isPermissive(stats.mode)) return true;
  if (!isOwn) await rejectForeign(path, stats.mode);
  await withHandle(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW), ({ fd }) =>
    restrictMode(fd, stats.mode, 0o700, path, warn),
  );
  return true;
}

/** Returns null for a path that does not exist or cannot be looked up. */
function statusOf(path: string): Stats | null {
  try {
    return lstatSync(path);
  } catch {
    return null;
  }
}

/** Names of the files that are stored here, and of their temporary files and locks. */
const ownName = /^\.?(?:config|credentials|kept|expiry-checks|completion)\.json(?:\..+)?$/;

/**
 * Rejects a directory such as /tmp, whose mode must not change. An empty one is accepted, unless its sticky bit shows that
 * several users share it.
 */
async function rejectForeign(path: string, mode: number): Promise<void> {
  const names = await readdir(path);
  if ((mode & 0o1000) === 0 && names.every((name) => ownName.test(name))) return;
  throw localError(
    'usage',
    `Other users can open ${path}, and it is not a directory of tokens alone. Set TOKENS_CONFIG_DIR to a directory of its own.`,
  );
}

function isPermissive(mode: number): boolean {
  return (mode & 0o077) !== 0;
}

/** Removes other users' access, with a warning. A mode that cannot be changed is no error: the file is still usable. */
export async function restrictMode(
  descriptor: number,
  mode: number,
  wanted: number,
  path: string,
  warn: Warn,
): Promise<void> {
  if (!isPermissive(mode)) return;
  await warn(`Other users could read or change ${path}. ${changeMode(descriptor, wanted)}.`);
}

/** Returns the outcome as a clause. */
function changeMode(descriptor: number, wanted: number): string {
  try {
    fchmodSync(descriptor, wanted);
    return `Its mode is now ${wanted.toString(8)}`;
  } catch (error) {
    return `Its mode cannot be changed to ${wanted.toString(8)} (${systemCode(error)})`;
  }
}

async function withHandle(handle: FileHandle, act: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await act(handle);
  } finally {
    await handle.close();
  }
}

/** Turns a system error into `unwritable`. Returns other errors, and Ctrl-C, unchanged. */
function unwritable(path: string, error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || code === 'ABORT_ERR') return error;
  return localError('unwritable', `${path} cannot be written (${code}).`, error);
}

function damaged(path: string, why: string) {
  return localError(
    'damaged-file',
    `${path} was ignored because ${why}. Run \`tokens login\` to replace it, or remove it.`,
  );
}
