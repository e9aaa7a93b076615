import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ArchiveFormat } from '../../../cli/scan/archives/format.ts';
import { scanArchive } from '../../../cli/scan/archives/scan-archive.ts';
import { createMatcher } from '../../../cli/scan/match.ts';
import { createSearch } from '../../../cli/scan/search.ts';
import { tarOf, zipOf } from '../../helpers/scan/archives.ts';
import { newDirectory, newValue } from '../../helpers/scan/values.ts';

const maxBytes = 8 * 1024 ** 2;

/** Scans an archive with a limit of 8 MiB, in place of 4 GiB. Returns the files with findings, the warnings and the bytes read. */
async function scanWithLimit(format: ArchiveFormat, content: Buffer) {
  const path = join(await newDirectory(), 'archive');
  await writeFile(path, content);
  const [files, warnings]: [string[], string[]] = [[], []];
  let read = 0;
  const sink = {
    add: ({ file }: { file: string }) => files.push(file.slice(path.length)),
    warn: (text: string) => warnings.push(text.slice(path.length)),
    skip: (other: string) => warnings.push(other),
    keepUp: async (bytes: number) => {
      read += bytes;
    },
    isCancelled: () => false,
  };
  const handle = await open(path);
  const isArchive = await scanArchive(
    createSearch(createMatcher(['tok'])),
    sink,
    format,
    { fd: handle.fd, path },
    maxBytes,
  );
  // The scan leaves the descriptor open.
  await handle.close();
  return { isArchive, files, warnings, read };
}

const bomb = Buffer.alloc(4 * maxBytes);

describe('an archive with more content than the limit', () => {
  const kinds: Array<[ArchiveFormat, () => Promise<Buffer> | Buffer]> = [
    ['zip', () => zipOf({ first: newValue(), a: bomb, last: newValue() })],
    ['gzip', async () => gzipSync(await tarOf({ first: newValue(), a: bomb.toString(), last: newValue() }))],
    ['tar', async () => tarOf({ first: newValue(), a: bomb.toString(), last: newValue() })],
  ];
  it.each(kinds)('is read up to the limit, with a warning: %s', async (format, make) => {
    const { isArchive, files, warnings, read } = await scanWithLimit(format, await make());
    expect({ isArchive, files }).toEqual({ isArchive: true, files: ['!first'] });
    expect(warnings).toEqual([' holds more than 8 MiB, so the rest of it was not scanned']);
    expect(read).toBeLessThanOrEqual(maxBytes);
  });

  it('counts the content of all members together', async () => {
    const members = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, Buffer.alloc(1e6)]));
    const { warnings, read } = await scanWithLimit('zip', zipOf(members));
    expect(warnings).toHaveLength(1);
    expect(read).toBeLessThanOrEqual(maxBytes);
  });
});

describe('a hostile archive', () => {
  it('cannot make the scan keep the long name of a tar entry in memory', async () => {
    const tar = await tarOf({ a: newValue(), [`${'n'.repeat(200)}`]: newValue() });
    // The size of the header with the long name becomes 7 GiB.
    const at = tar.indexOf('PaxHeader');
    tar.write('70000000000\0', at + 124);
    const { files, warnings } = await scanWithLimit('tar', tar);
    expect(files).toEqual(['!a']);
    expect(warnings).toEqual([' is damaged, so the rest of it was not scanned']);
  });

  it('is searched up to where it is damaged', async () => {
    const whole = zipOf({ a: newValue(), b: newValue() });
    const broken = Buffer.from(whole);
    broken.fill(0xff, whole.indexOf('PK\u0001\u0002') - 20, whole.indexOf('PK\u0001\u0002'));
    const { files, warnings } = await scanWithLimit('zip', broken);
    expect(files[0]).toBe('!a');
    expect(warnings).toEqual([' is damaged, so the rest of it was not scanned']);
    expect(await scanWithLimit('zip', whole.subarray(0, 40))).toMatchObject({ isArchive: false, files: [] });
  });
});
