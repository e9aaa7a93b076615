import type { CredentialStore } from './credentials/store.ts';

/** Standard output or standard error. It stays untouched until it is used. */
export interface OutputStream {
  readonly isTTY: boolean;
  /** Width in columns. 80 if the stream is not a terminal. */
  readonly columns: number;
  /** Resolves when the text has left the process, and rejects if it cannot be written. */
  write(text: string): Promise<void>;
}

/** Standard input. It stays untouched until `read` is called. */
export interface InputStream {
  readonly isTTY: boolean;
  read(): AsyncIterable<Uint8Array>;
}

export interface TextOptions {
  /** The answer if the person only presses Enter. */
  readonly initial?: string;
  /** Returns why an answer is not accepted, or null. The question is then asked again. */
  readonly check?: (answer: string) => string | null;
}

/** Questions on the terminal. Each rejects with a `CliError` of code `cancelled` on Ctrl-C or end of input. */
export interface Prompts {
  text(question: string, options?: TextOptions): Promise<string>;
  /** Like `text`, but accepts an empty answer. */
  optionalText(question: string): Promise<string>;
  /** Does not show what is typed. */
  secret(question: string): Promise<string>;
  /** Returns one of `choices`. Enter means the first one. */
  choose(question: string, choices: readonly string[]): Promise<string>;
  /** Enter means no. */
  confirm(question: string): Promise<boolean>;
}

/**
 * Everything the program uses from its environment. Anything costly (the network stack, keytar, the prompt library) is a
 * function that loads it, so that `--help` loads none of it.
 */
export interface Context {
  readonly version: string;
  /** `<node version> <platform>`, for the User-Agent. */
  readonly runtime: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Returns null for a user without a home directory. */
  readonly homeDirectory: () => string | null;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Aborts on Ctrl-C outside a prompt, and on SIGTERM and SIGHUP. */
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** IANA name of the time zone of times on a terminal. Default: that of this machine. */
  readonly timeZone?: string;
  readonly uuid: () => string;
  /** Loads a `fetch` that follows no redirects and waits at most `connectMs` for a connection. */
  readonly fetch: (connectMs: number) => Promise<typeof fetch>;
  /** Opens the OS keychain. Returns null if neither keytar nor the platform's own tool is installed. The keychain may still be locked. */
  readonly keychain: () => Promise<CredentialStore | null>;
  /** Returns whether a read from the keychain asks the person nothing. False if that is not known. */
  readonly keychainIsUnlocked: () => Promise<boolean>;
  readonly prompts: () => Promise<Prompts>;
  /** Opens a page in the browser and returns whether that worked. Null if this machine has no browser. */
  readonly openBrowser: ((url: string) => Promise<boolean>) | null;
  /** Runs a command with the standard streams and signals of this process. Returns its exit code: see `runCommand`. */
  readonly runCommand: (words: readonly string[], env: Context['env']) => Promise<number>;
  /** Milliseconds since this process started. */
  readonly sinceStart: () => number;
  /** Rejects when `signal` aborts. */
  readonly sleep: (ms: number) => Promise<void>;
}

/** The options of every command, as commander passes them. */
export interface GlobalOptions {
  server?: string;
  json?: boolean;
  color?: boolean;
  verbose?: boolean;
}
