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

/** Terminals obey some of these, and others show a line otherwise than it is. JSON leaves them as they are. */
const obeyed = /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/**
 * JSON lines, each written whole and at once. Whatever looks like a token or a session secret is redacted from the finished
 * line, and what somebody who reads the log could be fooled by is escaped in it.
 */
export function createLog(level: LogLevel, write: (line: string) => void): Log {
  return pino(
    {
      level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line: string) => write(escaped(redact(line))) },
  );
}

function escaped(line: string): string {
  return line.replace(obeyed, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Failures that come in crowds: told when they begin and, counted, when they are over. */
export interface Outage {
  failed(err: unknown): void;
  /** Something went well. */
  over(): void;
}

/** Two lines for an outage, however many fail in it. `fields` stand in both. */
export function createOutage(
  log: Pick<Log, 'error' | 'info'>,
  fields: object,
  told: { begins: string; ends: string },
): Outage {
  let failures = 0;
  return {
    failed(err) {
      failures += 1;
      if (failures === 1) log.error({ ...fields, err }, told.begins);
    },
    over() {
      if (failures > 0) log.info({ ...fields, failures }, told.ends);
      failures = 0;
    },
  };
}
