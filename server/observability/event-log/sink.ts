/** Where lines are written. */
export interface LineSink {
  /** The name of the destination, for messages. */
  readonly name: string;
  /** Opens the file, if there is one. @throws Error of the file system */
  open(): Promise<void>;
  /** Writes whole lines. If it fails, call it again with the same text, and it continues where it stopped. */
  write(text: string): Promise<void>;
  /** Closes the file. The next write opens it again, under the same name. */
  close(): Promise<void>;
}
