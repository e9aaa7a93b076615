import type { Hit } from './search.ts';

/** A value that was found, and where. */
export interface Found extends Hit {
  /** The path, or `ARCHIVE!MEMBER`. */
  readonly file: string;
  /** The commit that added the line. Only in the history of a repository. */
  readonly commit?: string;
}

/** Takes the findings of the sources. */
export interface Sink {
  add(found: Found): void;
  /**
   * Counts bytes that were read. Returns a promise if the source must wait, while findings are being looked up or while the program
   * reacts to signals.
   */
  keepUp(bytes: number): Promise<void> | undefined;
  /** Reports a part of a file that was not searched. `text` is a sentence without its full stop. */
  warn(text: string): void;
  /** Reports a file or a directory that cannot be read, with the code of the system's error. */
  skip(path: string, code: string): void;
  isCancelled(): boolean;
}
