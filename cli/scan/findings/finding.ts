import { hash } from 'node:crypto';
import { redactEmbedded } from '../../../shared/redact-embedded.ts';
import { displayPrefix } from '../../../shared/token-format.ts';
import type { Found } from '../sink.ts';

/** A value that was found, without the value. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly prefix: string;
  /** SHA-256 of the value, base64url. */
  readonly hash: string;
  readonly commit?: string;
}

/** A finding and what the server says about it. Offline, the status is `valid-shape`. */
export interface Result extends Omit<Finding, 'hash'> {
  readonly status: string;
  readonly name: string | null;
  readonly owner: string | null;
}

/** Returns a finding without its value. A file can be named after a value, too. */
export function toFinding({ value, file, ...place }: Found): Finding {
  return {
    file: redactEmbedded(file),
    ...place,
    prefix: displayPrefix(value),
    hash: hash('sha256', value, 'base64url'),
  };
}

/** The statuses of values that never work again. Another program may know more statuses, so every other one counts as live. */
const endedStatuses = new Set(['revoked', 'rotated', 'expired', 'unknown']);

/** Reports whether a value works or could work again: a paused token can be resumed. Offline, every value counts. */
export function isLive({ status }: Pick<Result, 'status'>): boolean {
  return !endedStatuses.has(status);
}
