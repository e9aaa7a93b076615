import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { localError, systemCode } from '../errors.ts';

/** Longer than any token value. A file of this size is another kind of file. */
const maxFileBytes = 4096;

/**
 * Returns the text of a file without one trailing LF or CRLF. Returns null if there is no file, or if it is empty.
 * @throws CliError `damaged-file` if it cannot be read, is too long or is not a regular file.
 */
export async function readTokenFile(path: string): Promise<string | null> {
  // Without O_NONBLOCK, opening a named pipe would hang.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null;
    throw localError('damaged-file', `${path} cannot be read (${systemCode(error)}). Check who owns it.`, error);
  });
  if (!handle) return null;
  try {
    return valueIn(await readRaw(handle, path));
  } finally {
    await handle.close();
  }
}

/** Returns the content of an open file. @throws CliError `damaged-file` as `readTokenFile` does. */
export async function readRaw(handle: FileHandle, path: string): Promise<Buffer> {
  if (!(await handle.stat()).isFile()) {
    throw localError('damaged-file', `${path} is not a regular file. Give the path of the file that holds the value.`);
  }
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(maxFileBytes + 1), 0, maxFileBytes + 1, 0);
  if (bytesRead <= maxFileBytes) return buffer.subarray(0, bytesRead);
  throw localError('damaged-file', `${path} is too long to hold a token. Give the path of another file.`);
}

/** Returns the text of a file without one trailing LF or CRLF, or null if it is empty. */
export function valueIn(raw: Buffer): string | null {
  const text = raw.toString('utf8').replace(/\r?\n$/, '');
  return text === '' ? null : text;
}
