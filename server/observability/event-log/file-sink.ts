import type { FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../log.ts';
import { openLogFile } from './log-file.ts';
import type { LineSink } from './sink.ts';

const lineFeed = 0x0a;
/** How long to wait until a full pipe has room again. */
const pipeWaitMs = 50;

/**
 * Creates a sink that appends to a file, which it creates with mode 0600. Warns once if other users can read an existing file. `uid` is the ID of
 * the user as whom this process runs.
 */
export function createFileSink(path: string, uid: number, log: Pick<Log, 'warn'>): LineSink {
  let handle: FileHandle | null = null;
  let unfinished: { text: string; bytes: Buffer; written: number } | null = null;
  let hasWarned = false;

  async function openFile(): Promise<FileHandle> {
    const opened = await openLogFile(path, uid);
    if (!opened.isPrivate && !hasWarned) {
      hasWarned = true;
      log.warn(
        { path },
        'other users may read the audit log; make its file belong to the user of the daemon, with mode 0600',
      );
    }
    return opened.handle;
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
