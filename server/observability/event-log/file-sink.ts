import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LineSink } from './sink.ts';

/** Without O_NONBLOCK, a named pipe that nobody reads would block a thread. */
const flags = constants.O_APPEND | constants.O_WRONLY | constants.O_CREAT | constants.O_NONBLOCK;
const lineFeed = 0x0a;
/** How long to wait until a full pipe has room again. */
const pipeWaitMs = 50;

/** Creates a sink that appends to a file, which it creates with mode 0600. */
export function createFileSink(path: string): LineSink {
  let handle: FileHandle | null = null;
  let unfinished: { text: string; bytes: Buffer; written: number } | null = null;

  async function openFile(): Promise<FileHandle> {
    const opened = await open(path, flags, 0o600);
    // A process that was killed may have left half a line behind.
    if (await endsInsideLine(path)) await opened.write('\n');
    return opened;
  }

  return {
    name: path,
    async open() {
      handle ??= await openFile();
    },
    async write(text) {
      handle ??= await openFile();
      if (unfinished?.text !== text) unfinished = { text, bytes: Buffer.from(text), written: 0 };
      while (unfinished.written < unfinished.bytes.length)
        unfinished.written += await writeSome(handle, unfinished.bytes.subarray(unfinished.written));
      unfinished = null;
    },
    async close() {
      const closing = handle;
      handle = null;
      // The rest of a line would mean nothing in another file.
      if (unfinished) unfinished.written = unfinished.bytes.lastIndexOf(lineFeed, unfinished.written - 1) + 1;
      await closing?.close();
    },
  };
}

/** Returns the number of bytes written, which is 0 if a pipe is full. */
async function writeSome(handle: FileHandle, bytes: Buffer): Promise<number> {
  try {
    return (await handle.write(bytes)).bytesWritten;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    await sleep(pipeWaitMs, undefined, { ref: false });
    return 0;
  }
}

async function endsInsideLine(path: string): Promise<boolean> {
  const stats = await stat(path);
  if (!stats.isFile() || stats.size === 0) return false;
  const reader = await open(path, 'r');
  try {
    const { buffer } = await reader.read(Buffer.alloc(1), 0, 1, stats.size - 1);
    return buffer[0] !== lineFeed;
  } finally {
    await reader.close();
  }
}
