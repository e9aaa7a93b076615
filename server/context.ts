import type { Readable, Writable } from 'node:stream';

/** What the daemon's commands know of the world around them. */
export interface Context {
  env: Record<string, string | undefined>;
  stdin: Readable & { isTTY?: boolean };
  stdout: Writable;
  stderr: Writable & { isTTY?: boolean };
  pid: number;
  /** How this program was called, for hints: `tokensd` or `node bin/tokensd.js`. */
  programName: string;
  /** Calls back at each SIGTERM and SIGINT. */
  onStopSignal(listener: () => void): void;
  /** Ends the process at once: for a second stop signal. */
  exitNow(code: number): void;
}

/** An expected failure of a command: the text is all that a person sees. */
export class CommandError extends Error {
  readonly exit: number;

  constructor(message: string, exit: number) {
    super(message);
    this.name = 'CommandError';
    this.exit = exit;
  }
}
