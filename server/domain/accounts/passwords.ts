import { randomBytes } from 'node:crypto';
import { hash, type Options, verify } from '@node-rs/argon2';
import { limits } from '../../../shared/limits.ts';
import { codePoints, compose, foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { createBoundedQueue } from '../../bounded-queue.ts';

/** OWASP's minimum for Argon2id, the library's default algorithm. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const satisfies Options;

/** Each hash needs 19 MiB and a core. More at a time would let unauthenticated clients starve verification. */
const maxConcurrentHashes = 2;

/** Beyond these, a sign-in would wait for more than a few seconds, so it is rejected instead. */
const defaultQueue = { maxWaiting: 200, maxWaitMs: 5_000 } as const;

/** Hashes and verifies passwords in their NFKC form. */
export interface Passwords {
  /**
   * Returns the Argon2id hash in PHC form. Expects what `checkNewPassword` returned.
   *
   * @throws ProblemError `throttled` while too many passwords are queued
   */
  hash(password: string): Promise<string>;
  /**
   * Verifies a password. A null hash (no such member, or a member without a password) takes the same time and never matches.
   *
   * @throws ProblemError `throttled` while too many passwords are queued
   */
  verify(hash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(queue: { maxWaiting: number; maxWaitMs: number } = defaultQueue): Passwords {
  const limit = createBoundedQueue({ concurrency: maxConcurrentHashes, ...queue, refusal: busy });
  const unmatchable = unmatchableHash();

  return {
    hash: (password) => limit(() => hash(compose(password, 'NFKC'), cost)),

    async verify(stored, password) {
      const normalized = compose(password, 'NFKC');
      const possible = codePoints(normalized) <= limits.maxPasswordCharacters;
      const matches = await limit(() => verify(stored ?? unmatchable, possible ? normalized : '', cost));
      return matches && possible && stored !== null;
    },
  };
}

function busy(): ProblemError {
  return new ProblemError('throttled', 'The server is busy with sign-ins. Try again in a few seconds.', {
    retryAfter: 5,
  });
}

/** Returns a well-formed hash of no known password. Verifying against it costs as much as against a real one. */
function unmatchableHash(): string {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${base64(16)}$${base64(cost.outputLen)}`;
}

/**
 * Checks a new password and returns its NFKC form. Rejects a password of the wrong length, and one that is easy to
 * guess: the email address, a repeated text or a common password. `pointer` names the field of the body (RFC 6901).
 *
 * @throws ProblemError `invalid-fields`
 */
export async function checkNewPassword(password: string, field: { pointer: string; email: string }): Promise<string> {
  const normalized = compose(password, 'NFKC');
  const detail = lengthFault(normalized) ?? (await guessableFault(normalized, field.email));
  if (detail !== null) {
    throw new ProblemError('invalid-fields', detail, { errors: [{ pointer: field.pointer, detail }] });
  }
  return normalized;
}

function lengthFault(password: string): string | null {
  const length = codePoints(password);
  if (length < limits.minPasswordCharacters) {
    return `This password is too short. Use at least ${limits.minPasswordCharacters} characters.`;
  }
  if (length > limits.maxPasswordCharacters) {
    return `This password is too long. Use at most ${limits.maxPasswordCharacters} characters.`;
  }
  return null;
}

async function guessableFault(password: string, email: string): Promise<string | null> {
  const folded = foldName(password);
  if (folded === foldName(email)) return 'This password is your email address. Choose another one.';
  const repeated = /^(.+?)\1+$/su.exec(folded)?.[1];
  if (repeated !== undefined && codePoints(repeated) < limits.minPasswordCharacters) {
    return 'This password repeats a short text. Choose another one.';
  }
  // Imported here because the dictionary takes megabytes of memory, and most daemons rarely set a password.
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return dictionary['passwords-common'].includes(folded)
    ? 'This password is one of the most common ones. Choose another one.'
    : null;
}
