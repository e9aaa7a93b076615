import type { Search } from '../search.ts';
import type { Sink } from '../sink.ts';
import type { ArchiveFormat } from './format.ts';
import { type ArchiveFile, readMembers } from './members.ts';

/** The most decompressed bytes that are read of one archive. A small archive could otherwise keep the scan busy for days. */
const maxArchiveBytes = 4 * 1024 ** 3;

class TooMuchContent extends Error {}

/**
 * Searches the members of an archive, which are named `ARCHIVE!MEMBER`. Archives in it are searched as they are.
 * Returns false if nothing could be read as an archive of this format.
 */
export async function scanArchive(
  search: Search,
  sink: Sink,
  format: ArchiveFormat,
  file: ArchiveFile,
  maxBytes = maxArchiveBytes,
): Promise<boolean> {
  const { path } = file;
  let left = maxBytes;
  let members = 0;

  async function onMember(name: string, content: AsyncIterable<Uint8Array>): Promise<void> {
    members += 1;
    search.begin((hit) => sink.add({ file: `${path}!${name}`, ...hit }));
    for await (const chunk of content) {
      left -= chunk.length;
      if (left < 0) throw new TooMuchContent();
      search.push(chunk);
      await sink.keepUp(chunk.length);
    }
    search.end();
  }

  try {
    const onUnreadable = (name: string) => sink.warn(`${path}!${name} is encrypted or compressed in an unknown way`);
    await readMembers(format, file, { onMember, onUnreadable });
  } catch (error) {
    if (sink.isCancelled()) throw error;
    if (members === 0) return false;
    search.end();
    if (!(error instanceof TooMuchContent)) {
      sink.warn(`${path} is damaged, so the rest of it was not scanned`);
    } else {
      sink.warn(`${path} holds more than ${Math.round(maxBytes / 1024 ** 2)} MiB, so the rest of it was not scanned`);
    }
  }
  return true;
}
