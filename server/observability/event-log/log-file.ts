import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Without O_NONBLOCK, a named pipe that nobody reads would block a thread. */
const flags = constants.O_APPEND | constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK;
const lineFeed = 0x0a;

export interface OpenedLogFile {
  handle: FileHandle;
  /** Whether no other user can read the file. True for a pipe or a device, whose readers the operator chooses. */
  isPrivate: boolean;
}

/**
 * Opens a file for appending. Creates it with mode 0600, and gives one of ours that mode. Begins a new line, because a process that was killed
 * may have left half of one behind.
 * @throws Error of the file system, or one that says that the path leads where another user wants
 */
export async function openLogFile(path: string, uid: number): Promise<OpenedLogFile> {
  const handle = await openForAppending(path, uid);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) return { handle, isPrivate: true };
    const isPrivate = await makePrivate(handle, stats, uid);
    if (stats.size > 0 && !(await endsWithLineFeed(path, stats))) await handle.write('\n');
    return { handle, isPrivate };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Returns what is wrong with the path if it is a symbolic link that another user may have made, or null. */
export async function linkMistake(path: string, uid: number): Promise<string | null> {
  const isLink = await lstat(path).then(
    (stats) => stats.isSymbolicLink(),
    () => false,
  );
  if (!isLink) return null;
  const directory = await stat(dirname(path));
  const isOurs = directory.uid === uid || directory.uid === 0;
  if (isOurs && (directory.mode & 0o022) === 0) return null;
  return `${path} is a symbolic link in a directory that other users can write, so they choose where it leads. Set TOKENSD_AUDIT_LOG to the path of the file itself.`;
}

/** Reports whether no other user can read a regular file. Its owner could, whatever its mode is. */
export function isPrivateFile({ mode }: Pick<Stats, 'mode'>, isOurs: boolean): boolean {
  return isOurs && (mode & 0o077) === 0;
}

async function openForAppending(path: string, uid: number): Promise<FileHandle> {
  try {
    return await open(path, flags | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    const mistake = await linkMistake(path, uid);
    if (mistake !== null) throw new Error(mistake);
    return open(path, flags, 0o600);
  }
}

/** Gives one of our files mode 0600, which lets this user read it, too. Returns whether no other user can read it then. */
async function makePrivate(handle: FileHandle, stats: Stats, uid: number): Promise<boolean> {
  const isOurs = stats.uid === uid;
  if (!isOurs || (stats.mode & 0o777) === 0o600) return isPrivateFile(stats, isOurs);
  // Some file systems have no modes. The daemon warns about those and goes on.
  await handle.chmod(0o600).catch(() => {});
  return isPrivateFile(await handle.stat(), isOurs);
}

/** Returns false, too, if the file cannot be read: an empty line does less harm than two events on one line. */
async function endsWithLineFeed(path: string, { size, dev, ino }: Stats): Promise<boolean> {
  const reader = await open(path, readFlags).catch(() => null);
  if (reader === null) return false;
  try {
    const stats = await reader.stat();
    // Another file may have taken the name meanwhile.
    if (stats.dev !== dev || stats.ino !== ino) return false;
    const { buffer } = await reader.read(Buffer.alloc(1), 0, 1, size - 1);
    return buffer[0] === lineFeed;
  } finally {
    await reader.close();
  }
}
