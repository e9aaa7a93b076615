import { hash, randomBytes, randomInt } from 'node:crypto';
import { v7 } from 'uuid';
import { secretPrefixes } from '../../shared/redact.ts';
import { assembleToken, base62Alphabet, bodyLength } from '../../shared/token-format.ts';
import type { Clock } from './clock.ts';

/** A plaintext secret. Printing, logging or serializing it shows `[secret]`; only `reveal` returns the value. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** Returns the plaintext. Call it only to write the one response or mail that contains it, or to derive a prefix. */
  reveal(): string {
    return this.#value;
  }

  /** Returns the hash to store: SHA-256, base64url. */
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

/** Returns the SHA-256 of a secret, base64url (43 characters). Random secrets need neither a salt nor a slow hash. */
export function hashSecret(value: string): string {
  return hash('sha256', value, 'base64url');
}

/** Returns `length` uniformly distributed base62 characters from the CSPRNG. `randomInt` avoids modulo bias. */
export function randomBase62(length: number): string {
  return Array.from({ length }, () => base62Alphabet.charAt(randomInt(base62Alphabet.length))).join('');
}

/** Generates a token value with the given product prefix. */
export function generateToken(productPrefix: string): Secret {
  return new Secret(assembleToken(productPrefix, randomBase62(bodyLength)));
}

/** Generates a secret of the given kind: its prefix and 256 random bits. */
export function generateSecret(kind: keyof typeof secretPrefixes): Secret {
  return new Secret(secretPrefixes[kind] + randomBytes(32).toString('base64url'));
}

/** The 32 random bytes of a generated secret in base64url. */
const secretBody = /^[0-9A-Za-z_-]{43}$/;

/** Reports whether a value has the shape of a generated secret of this kind. Anything else needs no look-up. */
export function isGenerated(kind: keyof typeof secretPrefixes, value: string): boolean {
  const prefix = secretPrefixes[kind];
  return value.startsWith(prefix) && secretBody.test(value.slice(prefix.length));
}

/** Creates a generator of UUIDv7 ids (RFC 9562 §5.7) that sort in creation order, even within one millisecond. */
export function createIds(clock: Clock): () => string {
  let lastMs = 0;
  let sequence = 0;
  return () => {
    const now = clock.now();
    sequence = now > lastMs ? 0 : sequence + 1;
    lastMs = Math.max(now, lastMs);
    return v7({ msecs: lastMs, seq: sequence });
  };
}
