import { fstatSync, writeSync } from 'node:fs';

/** Standard output or standard error. */
interface OutputStream {
  readonly isTTY: boolean;
  /** Width in columns. 80 if the stream is not a terminal. */
  readonly columns: number;
  /** Resolves when the text has left the process, and rejects if it cannot be written. */
  write(text: string): Promise<void>;
}

/** An empty pipe or socket takes this many bytes on Linux, so that writing them does not wait for the reader. */
const maxDirectBytes = 16 * 1024;

/**
 * Returns the stream of a file descriptor. `open` opens Node's stream on first use, because opening one takes longer than
 * some commands have. The first bytes into a file, pipe or socket are written without it.
 */
export function outputStream(descriptor: number, open: () => NodeJS.WriteStream): OutputStream {
  let opened: NodeJS.WriteStream | undefined;
  let directBytes = isWrittenDirectly(descriptor) ? maxDirectBytes : 0;
  const stream = () => {
    directBytes = 0;
    // Each write reports its own failure. Without a listener, the `error` event would end the process with a stack trace.
    opened ??= open().on('error', () => undefined);
    return opened;
  };
  const isTerminal = () => directBytes === 0 && stream().isTTY === true;
  return {
    get isTTY() {
      return isTerminal();
    },
    get columns() {
      return (isTerminal() && stream().columns) || 80;
    },
    async write(text) {
      const bytes = Buffer.from(text);
      const rest = bytes.length > directBytes ? bytes : writeDirectly(descriptor, bytes);
      directBytes -= bytes.length;
      if (rest.length === 0) return;
      await new Promise<void>((resolve, reject) => {
        stream().write(rest, (error) => (error ? reject(error) : resolve()));
      });
    },
  };
}

/** Returns the bytes that were not written, because the pipe is full. @throws Error such as `EPIPE` */
function writeDirectly(descriptor: number, bytes: Buffer): Buffer {
  try {
    return bytes.subarray(writeSync(descriptor, bytes));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return bytes;
    throw error;
  }
}

/** Returns whether this is a file, pipe or socket. Node's programs give their children sockets as pipes. */
function isWrittenDirectly(descriptor: number): boolean {
  try {
    const status = fstatSync(descriptor);
    return status.isFile() || status.isFIFO() || status.isSocket();
  } catch {
    return false;
  }
}
