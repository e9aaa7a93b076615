import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { archiveFormat } from './archives/format.ts';
import type { Search } from './search.ts';
import type { Sink } from './sink.ts';

/**
 * Searches one file, or the members of an archive. A file that cannot be read gives a warning. `follow` opens what a symbolic link
 * names, and reads pipes as well.
 */
export async function scanFile(search: Search, sink: Sink, path: string, { follow = false } = {}): Promise<void> {
  let fd: number | null = null;
  try {
    // Without O_NONBLOCK, opening a named pipe would hang.
    fd = openSync(path, constants.O_RDONLY | (follow ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK));
    const stats = fstatSync(fd);
    if (stats.isFile()) await scanRegularFile(search, sink, fd, path, stats.size);
    else if (follow) await scanOnce(search, sink, fd, path, null);
  } catch (error) {
    const code = systemCode(error);
    if (sink.isCancelled() || code === undefined) throw error;
    sink.warn(`${path} cannot be read (${code})`);
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

async function scanRegularFile(search: Search, sink: Sink, fd: number, path: string, size: number): Promise<void> {
  const first = await holdsValue(search, sink, fd, size);
  if (first.format !== null) {
    const { scanArchive } = await import('./archives/scan-archive.ts');
    if (await scanArchive(search, sink, first.format, { fd, path })) return;
  }
  // Counting lines takes longer than searching, and few files hold a value.
  if (first.found) await scanOnce(search, sink, fd, path, 0);
}

/**
 * Reports whether a file is an archive, and else whether it holds a value. Reads no further than the first value, and calls the system as
 * rarely as it can, because most files are small.
 */
async function holdsValue(search: Search, sink: Sink, fd: number, size: number) {
  let found = false;
  search.begin(
    () => {
      found = true;
    },
    { positions: false },
  );
  for (let at = 0; !found; ) {
    const space = search.space();
    const count = readSync(fd, space, 0, space.length, at);
    const format = at === 0 ? archiveFormat(space.subarray(0, count)) : null;
    if (format !== null) return { format, found: true };
    search.wrote(count);
    at += count;
    await sink.keepUp(count);
    // A file that grows during the scan, or one in /proc without a size, is read until nothing is left.
    if (count === 0 || (count < space.length && at === size)) break;
  }
  search.end();
  return { format: null, found };
}

/** Searches a file from `position`, or from where it stands if that is null, and reports what it finds. */
async function scanOnce(search: Search, sink: Sink, fd: number, file: string, position: 0 | null): Promise<void> {
  search.begin((hit) => sink.add({ file, ...hit }));
  for (let at = 0; ; ) {
    const count = readSync(fd, search.space(), { position: position === null ? null : at });
    if (count === 0) break;
    search.wrote(count);
    at += count;
    await sink.keepUp(0);
  }
  search.end();
}
