import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { localError, systemCode } from '../errors.ts';

/** A directory (0700) of small files (0600) that only their owner reads. Symbolic links are never followed. */
export interface PrivateDirectory {
  readonly path: string;
  /** The file's text, or null if there is none. */
  read(name: string): Promise<string | null>;
  /** Replaces the file in one step; after it returns the text survives a power loss. */
  write(name: string, text: string): Promise<void>;
  /** Runs `act`, which changes that file, while no other program does so by this method. */
  inTurn<T>(name: string, act: () => Promise<T>): Promise<T>;
}

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
const turnPatienceMs = 2000;
const turnPollMs = 20;

/** `warn` is told of modes that were looser than they should be and have been tightened. */
export function privateDirectory(
  path: string,
  warn: (text: string) => Promise<void>,
  uuid: () => string,
): PrivateDirectory {
  return {
    path,
    read: (name) => read(path, name, warn),
    write: (name, text) => write(path, name, text, warn, uuid),
    inTurn: (name, act) => inTurn(path, name, warn, act),
  };
}

async function read(directory: string, name: string, warn: (text: string) => Promise<void>): Promise<string | null> {
  if (!(await checkDirectory(directory, warn))) return null;
  const path = join(directory, name);
  // O_NONBLOCK: opening a FIFO that somebody left there must not hang.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    (error: unknown) => {
      if (systemCode(error) === 'ENOENT') return null;
      if (systemCode(error) === 'ELOOP') throw damaged(path, 'it is a symbolic link');
      throw localError('damaged-file', `${path} cannot be read (${systemCode(error)}). Check who owns it.`, error);
    },
  );
  if (!handle) return null;
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw damaged(path, 'it is not a regular file');
    await tighten(handle, stats.mode, 0o600, path, warn);
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

async function write(
  directory: string,
  name: string,
  text: string,
  warn: (text: string) => Promise<void>,
  uuid: () => string,
): Promise<void> {
  const temporary = join(directory, `.${name}.${uuid()}`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await checkDirectory(directory, warn);
    await withHandle(await open(temporary, newFile, 0o600), async (handle) => {
      await handle.writeFile(text);
      await handle.sync();
    });
    await rename(temporary, join(directory, name));
    await withHandle(await open(directory, constants.O_RDONLY), (handle) => handle.sync());
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw unwritable(join(directory, name), error);
  }
}

async function inTurn<T>(
  directory: string,
  name: string,
  warn: (text: string) => Promise<void>,
  act: () => Promise<T>,
): Promise<T> {
  const lock = join(directory, `.${name}.lock`);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await checkDirectory(directory, warn);
    let waited = 0;
    while (!(await takeLock(lock))) {
      // Whoever holds it writes a small file; this long, they must have died.
      if (waited >= turnPatienceMs) await rm(lock, { force: true });
      await setTimeout(turnPollMs);
      waited += turnPollMs;
    }
  } catch (error) {
    throw unwritable(join(directory, name), error);
  }
  try {
    return await act();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Takes the lock if nobody has it. */
async function takeLock(lock: string): Promise<boolean> {
  try {
    await (await open(lock, newFile, 0o600)).close();
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

/** False if there is no such directory. */
async function checkDirectory(path: string, warn: (text: string) => Promise<void>): Promise<boolean> {
  const found = await lstat(path).catch(() => null);
  if (!found) return false;
  if (!found.isDirectory()) {
    throw localError(
      'damaged-file',
      `${path} is not a directory of its own (links are not followed). Remove it and try again.`,
    );
  }
  await withHandle(await open(path, constants.O_RDONLY | constants.O_NOFOLLOW), (handle) =>
    tighten(handle, found.mode, 0o700, path, warn),
  );
  return true;
}

async function tighten(
  handle: FileHandle,
  mode: number,
  wanted: number,
  path: string,
  warn: (text: string) => Promise<void>,
): Promise<void> {
  if ((mode & 0o077) === 0) return;
  // A read-only file system, or somebody else's directory, is no reason to refuse the settings in it.
  const outcome = await handle.chmod(wanted).then(
    () => `its mode is now ${wanted.toString(8)}`,
    (error: unknown) => `its mode cannot be changed to ${wanted.toString(8)} (${systemCode(error)})`,
  );
  await warn(`${path} could be read or changed by other users; ${outcome}.`);
}

async function withHandle(handle: FileHandle, act: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await act(handle);
  } finally {
    await handle.close();
  }
}

function unwritable(path: string, error: unknown): unknown {
  const code = systemCode(error);
  return code === undefined ? error : localError('unwritable', `${path} cannot be written (${code}).`, error);
}

function damaged(path: string, why: string) {
  return localError('damaged-file', `${path} is not used: ${why}. Run \`tokens login\` to replace it, or remove it.`);
}
