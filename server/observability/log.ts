import { type LevelWithSilent, pino, stdTimeFunctions } from 'pino';
import { redact } from '../../shared/redact.ts';

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const satisfies LevelWithSilent[];
export type LogLevel = (typeof logLevels)[number];

/** Control characters that a terminal would execute, and characters that hide or reorder text. JSON does not escape them. */
const unsafeCharacters = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * Matches an escape sequence of JSON, which is not part of an address, or a text that looks like an email address, also in a URL.
 */
const escapeOrAddress = /\\(?:u[\da-f]{4}|.)|[^\s@"\\<>,;:()[\]/]{1,64}(?:@|%40)[\p{L}\p{N}][\p{L}\p{N}.-]*/giu;

/**
 * Creates a log of JSON lines. `write` receives one whole line per call. Everything that looks like a secret is
 * redacted from the finished line (see `redact`), and characters that could mislead a reader are escaped. Email addresses are left out,
 * also those that a mail server, an identity provider or a database repeats in its errors: the log names members by ID only, because an
 * erasure does not reach it.
 */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(safeLine(withoutAddresses(line))) },
  );
}

function withoutAddresses(line: string): string {
  return line.replace(escapeOrAddress, (found) => (found.startsWith('\\') ? found : '[address]'));
}

/** Returns a line of JSON in which everything that looks like a secret is redacted, and characters that could mislead a reader are escaped. */
export function safeLine(line: string): string {
  return redact(line).replace(
    unsafeCharacters,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Logs a series of failures as two lines: one when it begins, and one with the number of failures when it ends. */
export interface Outage {
  /** `fields` are added if this failure begins the outage. */
  recordFailure(err: unknown, fields?: object): void;
  recordSuccess(): void;
}

/**
 * Creates an outage log. `fields` are added to both lines. The outage ends with the first success that is at least `quietMs`
 * after the last failure.
 */
export function createOutage(
  log: Pick<Log, 'error' | 'info'>,
  fields: object,
  messages: { begins: string; ends: string },
  { quietMs = 0, now = () => performance.now() } = {},
): Outage {
  let failures = 0;
  let failedAt = 0;
  return {
    recordFailure(err, more) {
      failures += 1;
      failedAt = now();
      if (failures === 1) log.error({ ...fields, ...more, err }, messages.begins);
    },
    recordSuccess() {
      if (failures === 0 || now() - failedAt < quietMs) return;
      log.info({ ...fields, failures }, messages.ends);
      failures = 0;
    },
  };
}
