import { readSync } from 'node:fs';
import { basename } from 'node:path';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createTarDecoder } from 'modern-tar';
import { fromFdPromise, type ZipFile } from 'yauzl';
import { type ArchiveFormat, archiveFormat, headBytes } from './format.ts';

type Bytes = AsyncIterable<Uint8Array>;

const chunkBytes = 64 * 1024;

/** Called with each member of an archive. It reads the content to its end. */
export type OnMember = (name: string, content: Bytes) => Promise<void>;

export interface ArchiveFile {
  /** Open for reading. The caller closes it. */
  readonly fd: number;
  readonly path: string;
}

interface MemberEvents {
  readonly onMember: OnMember;
  /** Called for a member that cannot be read, because it is encrypted or compressed in an unknown way. */
  readonly onUnreadable: (name: string) => void;
}

/** Calls `onMember` with each file in an archive. @throws Error if the archive is damaged */
export async function readMembers(format: ArchiveFormat, file: ArchiveFile, events: MemberEvents): Promise<void> {
  if (format === 'zip') return readZip(file, events);
  const raw = readFrom(file.fd);
  if (format === 'tar') return readTar(raw, events);
  // Without `pipeline`, an error of the file would not reach the reader.
  const content = pipeline(Readable.from(raw), createGunzip({ chunkSize: chunkBytes }), () => {});
  const { head, rest } = await readHead(content);
  if (archiveFormat(head) === 'tar') await readTar(rest, events);
  else await events.onMember(basename(file.path).replace(/\.gz$/i, ''), rest);
}

/** Yields the bytes of a file, from its start. A stream of Node's would close the descriptor. */
async function* readFrom(fd: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; ; ) {
    const chunk = Buffer.alloc(chunkBytes);
    const count = readSync(fd, chunk, { position: at });
    if (count === 0) return;
    yield chunk.subarray(0, count);
    at += count;
  }
}

async function readTar(content: Bytes, { onMember }: MemberEvents): Promise<void> {
  const raw = Readable.toWeb(Readable.from(content)) as ReadableStream<Uint8Array<ArrayBuffer>>;
  for await (const { header, body } of raw.pipeThrough(createTarDecoder())) {
    if (header.type === 'file') await onMember(header.name, body);
    else await body.cancel();
  }
}

/** Reads the central directory of a zip archive one entry at a time. */
async function readZip({ fd }: ArchiveFile, { onMember, onUnreadable }: MemberEvents): Promise<void> {
  // The library refuses archives with names such as `../key`, and members of a wrong size, if it checks them.
  const zip: ZipFile = await fromFdPromise(fd, { autoClose: false, decodeStrings: false, validateEntrySizes: false });
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileNameRaw.toString('utf8');
    if (name.endsWith('/')) continue;
    if (entry.canDecodeFileData()) await onMember(name, await zip.openReadStreamPromise(entry));
    else onUnreadable(name);
  }
}

/** Reads the first bytes of a stream. `rest` yields the whole stream. */
async function readHead(content: Bytes): Promise<{ head: Buffer; rest: Bytes }> {
  const chunks = content[Symbol.asyncIterator]();
  const read: Uint8Array[] = [];
  for (let length = 0; length < headBytes; ) {
    const { done, value } = await chunks.next();
    if (done) break;
    read.push(value);
    length += value.length;
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    yield* read;
    yield* { [Symbol.asyncIterator]: () => chunks };
  }
  return { head: Buffer.concat(read), rest: rest() };
}
