import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { CommandError } from '../context.ts';
import { osUser } from '../os-user.ts';
import { OutcomeUnknown } from '../store/errors.ts';

const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes the value of a new key to a new file, and then runs `act`, which creates the key. If `act` fails, the file is removed,
 * so that there is no file without a key that works. The file stays if the outcome of `act` is unknown, because it may be the
 * only copy of the value.
 * @throws CommandError 5 if the file exists; 1 if it cannot be written. Nothing is created then.
 */
export async function withKeyFile<T>(path: string, value: string, act: () => Promise<T>): Promise<T> {
  const handle = await open(path, newFile, 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? fileExists(path) : unwritable(path, error);
  });
  try {
    await writeAll(handle, value).catch((error: NodeJS.ErrnoException) => {
      throw unwritable(path, error);
    });
    return await act();
  } catch (error) {
    if (!(error instanceof OutcomeUnknown)) await rm(path, { force: true });
    throw error;
  }
}

async function writeAll(handle: FileHandle, value: string): Promise<void> {
  try {
    // The umask could have removed permissions of the owner.
    await handle.chmod(0o600);
    await handle.writeFile(`${value}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function fileExists(path: string): CommandError {
  return new CommandError(`${path} exists, so nothing was created. Remove it, or give another --key-file.`, 5);
}

function unwritable(path: string, { code }: NodeJS.ErrnoException): CommandError {
  const advice = `Choose a directory in which ${osUser()} may write.`;
  return new CommandError(`${path} cannot be written (${code}), so nothing was created. ${advice}`, 1);
}
