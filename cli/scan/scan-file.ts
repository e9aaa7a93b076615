import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { systemCode } from '../errors.ts';
import { type ArchiveFormat, archiveFormat, canPrecedeZip, hasZipEnd } from './archives/format.ts';
import type { LineCounter } from './lines.ts';
import type { Search } from './search.ts';
import type { Sink } from './sink.ts';
import type { Path } from './walk.ts';

interface OpenFile {
  readonly fd: number;
  readonly path: string;
  /** Whether it can be read again. */
  readonly isRegular: boolean;
}

const recountBytes = 64 * 1024;

/**
 * Searches one file, or the members of an archive. A file that cannot be read gives a warning. With `follow`, opens the target of
 * a symbolic link, and reads devices as well. Returns a promise only if there is something to wait for: most files are small, and
 * a promise takes as long as the search in one.
 */
export function scanFile(search: Search, sink: Sink, path: Path, { follow = false } = {}): Promise<void> | undefined {
  let fd: number | null = null;
  try {
    // Without O_NONBLOCK, opening a named pipe would hang.
    fd = openSync(path, constants.O_RDONLY | (follow ? 0 : constants.O_NOFOLLOW | constants.O_NONBLOCK));
    const file = { fd, path: `${path}`, isRegular: !follow || fstatSync(fd).isFile() };
    const bytes = file.isRegular ? searchSmall(search, sink, file) : null;
    if (bytes !== null) return sink.keepUp(bytes);
    fd = null;
    return scanLarge(search, sink, file);
  } catch (error) {
    warn(sink, `${path}`, error);
  } finally {
    if (fd !== null) closeSync(fd);
  }
  return undefined;
}

/** Starts the search in the raw bytes of a file. Leaves out the values that its members have. */
function begin(search: Search, sink: Sink, { fd, path, isRegular }: OpenFile, inMembers?: ReadonlySet<string>): void {
  search.begin(
    (hit) => inMembers?.has(hit.value) || sink.add({ file: path, ...hit }),
    isRegular ? (lines, from, to) => countLines(lines, fd, from, to) : undefined,
  );
}

/**
 * Searches a file that fits into the buffer, and returns its size. Returns null for a larger file and for an archive, before anything
 * is found. Calls the system as rarely as it can, and without positions, which Node would check.
 */
function searchSmall(search: Search, sink: Sink, file: OpenFile): number | null {
  begin(search, sink, file);
  const count = search.read(file.fd, null);
  if (archiveFormat(search.buffer, count) !== null || search.isFull()) return null;
  if (file.isRegular && canPrecedeZip(search.buffer, count)) return null;
  // Do not ask for the size, because a file in /proc has none.
  if (count > 0 && search.read(file.fd, null) > 0) return null;
  search.end();
  return count;
}

/** Searches a file of any size, and closes it. */
async function scanLarge(search: Search, sink: Sink, file: OpenFile): Promise<void> {
  try {
    begin(search, sink, file);
    let count = search.read(file.fd, file.isRegular ? 0 : null);
    const format = formatOf(search, file, count);
    if (format !== null) {
      // The raw bytes, such as a comment behind the members, are searched below.
      begin(search, sink, file, await scanMembers(search, sink, format, file));
      count = search.read(file.fd, 0);
    }
    for (let at = count; count > 0; at += count) {
      await sink.keepUp(count);
      count = search.read(file.fd, file.isRegular ? at : null);
    }
    search.end();
  } catch (error) {
    warn(sink, file.path, error);
  } finally {
    closeSync(file.fd);
  }
}

/** Returns the format of a file of which the search has read the first bytes. */
function formatOf({ buffer }: Search, { fd, isRegular }: OpenFile, count: number): ArchiveFormat | null {
  if (!isRegular) return null;
  return archiveFormat(buffer, count) ?? (canPrecedeZip(buffer, count) && hasZipEnd(fd) ? 'zip' : null);
}

/** Searches the members of an archive. Returns the values in them. */
async function scanMembers(search: Search, sink: Sink, format: ArchiveFormat, file: OpenFile): Promise<Set<string>> {
  const { scanArchive } = await import('./archives/scan-archive.ts');
  const values = new Set<string>();
  const remembering: Sink = {
    ...sink,
    add(found) {
      values.add(found.value);
      sink.add(found);
    },
  };
  await scanArchive(search, remembering, format, file);
  return values;
}

/** Reports a file that cannot be read. @throws any other error */
function warn(sink: Sink, path: string, error: unknown): void {
  const code = systemCode(error);
  if (sink.isCancelled() || code === undefined) throw error;
  sink.skip(path, code);
}

/** Counts the lines in a part of a file. The file may have become shorter. */
function countLines(lines: LineCounter, fd: number, from: number, to: number): void {
  const buffer = Buffer.allocUnsafe(Math.min(recountBytes, to - from));
  for (let at = from; at < to; ) {
    const count = readSync(fd, buffer, 0, Math.min(buffer.length, to - at), at);
    if (count === 0) return;
    lines.advance(buffer, 0, count);
    at += count;
  }
}
