import { hash, randomBytes, randomInt } from 'node:crypto';
import { v7 } from 'uuid';
import { secretPrefixes } from '../../shared/redact.ts';
import { assembleToken, base62Alphabet, bodyLength } from '../../shared/token-format.ts';
import type { Clock } from './clock.ts';

/** A secret that leaves the process only through `reveal`: printing, logging and serialising it show nothing. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The plaintext. Called where the one response that holds it is written. */
  reveal(): string {
    return this.#value;
  }

  /** What is stored: SHA-256, base64url. */
  hash(): string {
    return hashSecret(this.#value);
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '[secret]';
  }
}

/** SHA-256 of a whole secret, base64url (43 characters). The secrets are random, so no salt and no slow hash is needed. */
export function hashSecret(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** `length` uniform base62 characters from the system's CSPRNG (`randomInt` rejects what would bias). */
export function randomBase62(length: number): string {
  return Array.from({ length }, () => base62Alphabet.charAt(randomInt(base62Alphabet.length))).join('');
}

/** A new token value under the given product prefix. */
export function generateToken(productPrefix: string): Secret {
  return new Secret(assembleToken(productPrefix, randomBase62(bodyLength)));
}

/** A new secret of that kind: 256 random bits behind its prefix. */
export function generateSecret(kind: keyof typeof secretPrefixes): Secret {
  return new Secret(secretPrefixes[kind] + randomBytes(32).toString('base64url'));
}

/** Makes UUIDv7 ids (RFC 9562 §5.7) that sort in the order in which this process made them, even within a millisecond. */
export function createIds(clock: Clock): () => string {
  let last = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    sequence = now > last ? 0 : sequence + 1;
    last = Math.max(now, last);
    return v7({ msecs: last, seq: sequence });
  };
}
