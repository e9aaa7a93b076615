import type { CredentialStore } from './credentials/store.ts';

/** A standard stream to write to. `write` settles when the text has left the process, and rejects if it cannot. */
export interface OutputStream {
  readonly isTTY: boolean;
  /** Width in columns; 80 when it is not a terminal. */
  readonly columns: number;
  write(text: string): Promise<void>;
}

/** Standard input. Nothing is read, and no terminal touched, before `read` is called. */
export interface InputStream {
  readonly isTTY: boolean;
  read(): AsyncIterable<Uint8Array>;
}

/** Questions to a person. Each rejects with a `CliError` of code `cancelled` on Ctrl-C or end of input. */
export interface Prompts {
  text(question: string): Promise<string>;
  /** As `text`, but Enter alone is an answer too. */
  optionalText(question: string): Promise<string>;
  /** What is typed is not shown. */
  secret(question: string): Promise<string>;
  /** Enter means no. */
  confirm(question: string): Promise<boolean>;
}

/**
 * Everything the program takes from its surroundings. Cheap things are values; costly ones (a network stack, a native
 * module, a prompt library) are thunks, so that `--help` loads none of them.
 */
export interface Context {
  readonly version: string;
  /** `<node version> <platform>`, for the User-Agent. */
  readonly runtime: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Null for a user without one. */
  readonly homeDirectory: () => string | null;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborted when the person presses Ctrl-C outside a prompt, or the process is told to end. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  readonly uuid: () => string;
  /** Follows no redirect. `connectMs` bounds the time to a connection. */
  readonly fetch: (connectMs: number) => Promise<typeof fetch>;
  /** The OS keychain, or null where the module for it is not installed. It may still refuse to work. */
  readonly keychain: () => Promise<CredentialStore | null>;
  readonly prompts: () => Promise<Prompts>;
  /** Opens a page in the person's browser and tells whether that went well; null where there is none. */
  readonly openBrowser: ((url: string) => Promise<boolean>) | null;
  /** Rejects when `signal` aborts. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The options that every command has, as commander hands them over. */
export interface GlobalOptions {
  server?: string;
  json?: boolean;
  color?: boolean;
  verbose?: boolean;
}
