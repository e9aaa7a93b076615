import { randomBytes } from 'node:crypto';
import { hash, type Options, verify } from '@node-rs/argon2';
import pLimit from 'p-limit';
import { limits } from '../../../shared/limits.ts';
import { codePoints, compose, foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';

/** OWASP's floor for Argon2id, which is the library's default algorithm. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1, outputLen: 32 } as const satisfies Options;

/** Each hash takes 19 MiB and a core: more at once would let strangers starve the verifications. */
const hashesAtOnce = 2;

/** Those who would wait longer than some seconds are told to come again. */
const usuallyWaiting = 200;

/** Hashes and verifies passwords in their NFKC form. */
export interface Passwords {
  /** Argon2id in PHC form. Expects what `checkNewPassword` answered. */
  hash(password: string): Promise<string>;
  /**
   * Takes the same time for a null hash (nobody, or no password here), which is always false.
   * @throws ProblemError `throttled` while very many wait
   */
  verify(hash: string | null, password: string): Promise<boolean>;
}

export function createPasswords(waitingAtMost = usuallyWaiting): Passwords {
  const limit = pLimit(hashesAtOnce);
  const nobody = unmatchableHash();

  return {
    hash: (password) => limit(() => hash(compose(password, 'NFKC'), cost)),

    async verify(stored, password) {
      const normalized = compose(password, 'NFKC');
      if (limit.pendingCount >= waitingAtMost) throw tooManyAtOnce();
      const possible = codePoints(normalized) <= limits.passwordMaximum;
      const matches = await limit(() => verify(stored ?? nobody, possible ? normalized : '', cost));
      return matches && possible && stored !== null;
    },
  };
}

function tooManyAtOnce(): ProblemError {
  return new ProblemError('throttled', 'Very many are signing in just now. Try again in a few seconds.', {
    retryAfter: 5,
  });
}

/** A well-formed hash of no known password: verifying against it costs what verifying against a real one costs. */
function unmatchableHash(): string {
  const base64 = (bytes: number) => randomBytes(bytes).toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=${cost.memoryCost},t=${cost.timeCost},p=${cost.parallelism}$${base64(16)}$${base64(cost.outputLen)}`;
}

/**
 * The NFKC form of a password that may be set. `pointer` names the body's field (RFC 6901).
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
  if (length < limits.passwordMinimum) {
    return `This password is too short. Use at least ${limits.passwordMinimum} characters.`;
  }
  if (length > limits.passwordMaximum) {
    return `This password is too long. Use at most ${limits.passwordMaximum} characters.`;
  }
  return null;
}

async function guessableFault(password: string, email: string): Promise<string | null> {
  const folded = foldName(password);
  if (folded === foldName(email)) return 'This password is your e-mail address. Choose another one.';
  const repeated = /^(.+?)\1+$/su.exec(folded)?.[1];
  if (repeated !== undefined && codePoints(repeated) < limits.passwordMinimum) {
    return 'This password repeats something short. Choose another one.';
  }
  // Loaded here because it takes megabytes that a daemon which sets no password never needs.
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return dictionary['passwords-common'].includes(folded)
    ? 'This password is among the most common ones. Choose another one.'
    : null;
}
