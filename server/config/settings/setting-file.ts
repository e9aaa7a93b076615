import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { trimValue } from './setting-text.ts';

/** Far more than any value needs. A larger file is the wrong file. */
const maxFileBytes = 65_536;

/** A file that a variable names cannot be used. The message continues the name of the variable, and names the file. */
export class SettingFileError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SettingFileError';
  }
}

/**
 * Reads the value of a setting from a file. Relative paths start at the working directory. Removes the white space
 * around the value, such as the final line break.
 *
 * @throws SettingFileError if the file cannot be used, or if it is empty and the value must not be
 */
export function readSettingFile(path: string, mayBeEmpty = false): string {
  const value = trimValue(readTextFile(path));
  if (value === '' && !mayBeEmpty) throw new SettingFileError(`names ${resolve(path)}, which is empty`);
  return value;
}

/**
 * Reads a file of settings. Relative paths start at the working directory.
 *
 * @throws SettingFileError if the file cannot be read, is not a regular file, or is too large or not UTF-8
 */
export function readTextFile(path: string): string {
  const file = resolve(path);
  return decode(readBytes(file), file);
}

function readBytes(file: string): Buffer {
  let descriptor: number | null = null;
  try {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    descriptor = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    if (stats.isDirectory()) throw new SettingFileError(`names ${file}, which is a directory`);
    if (!stats.isFile()) throw new SettingFileError(`names ${file}, which is not a regular file`);
    return readAtMost(descriptor, file);
  } catch (error) {
    if (error instanceof SettingFileError) throw error;
    throw new SettingFileError(`names ${file}, which cannot be read: ${describeReason(error)}`);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

function readAtMost(descriptor: number, file: string): Buffer {
  const buffer = Buffer.alloc(maxFileBytes + 1);
  let length = 0;
  for (;;) {
    const read = readSync(descriptor, buffer, length, buffer.length - length, null);
    length += read;
    if (length > maxFileBytes) {
      throw new SettingFileError(`names ${file}, which is larger than ${maxFileBytes / 1024} KiB`);
    }
    if (read === 0) return buffer.subarray(0, length);
  }
}

function decode(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SettingFileError(`names ${file}, which is not UTF-8 text`);
  }
}

function describeReason(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'there is no such file';
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied';
  return code ?? 'unknown error';
}
