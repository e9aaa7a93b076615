import type { Readable, Writable } from 'node:stream';

/** What `tokensd` uses of its process: environment, streams, and signals. */
export interface Context {
  env: Record<string, string | undefined>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Output;
  stderr: Writable & { isTTY?: boolean };
  pid: number;
  /** The ID of the user as whom the process acts. */
  uid: number;
  /** How this program was started, for hints: `tokensd` or `node bin/tokensd.js`. */
  programName: string;
  /** Calls `listener` on every SIGTERM and SIGINT. */
  onStopSignal(listener: () => void): void;
  /** Calls `listener` on every SIGHUP, which then does not end the process. */
  onReopenSignal(listener: () => void): void;
  /** Ends the process immediately, without cleaning up. */
  exitNow(code: number): void;
  /** Does work with another file mode creation mask. The work must not be asynchronous. */
  withUmask(mask: number, work: () => void): void;
}

/** Standard output. */
export interface Output {
  /** Width in columns, if it is known. */
  readonly columns?: number;
  /** Resolves once `text` is written. @throws OutputError */
  write(text: string): Promise<void>;
}

/** Standard output could not be written. */
export class OutputError extends Error {
  /** Whether the reader closed the pipe, as `head` does when it has read enough. */
  readonly closedByReader: boolean;

  constructor(cause: NodeJS.ErrnoException) {
    super(`Cannot write to standard output: ${cause.message}.`, { cause });
    this.name = 'OutputError';
    this.closedByReader = cause.code === 'EPIPE';
  }
}

/** An expected failure of a command. Its message is printed without a stack trace. */
export class CommandError extends Error {
  /** The exit code of `tokensd`. */
  readonly exit: number;

  constructor(message: string, exit: number) {
    super(message);
    this.name = 'CommandError';
    this.exit = exit;
  }
}
