import { ProblemError } from '../../../shared/problem.ts';
import type { CreateTokenBody } from '../../../shared/schemas/tokens.ts';

/** Both in seconds; null: none. */
export interface ExpiryPolicy {
  maximum: number | null;
  default: number | null;
}

/**
 * When a new token expires, in epoch milliseconds; null: never. What was asked for is kept or refused, never shortened;
 * nothing asked for means the default, else the maximum, else never.
 * @throws ProblemError `invalid-fields`
 */
export function resolveExpiry(
  asked: Pick<CreateTokenBody, 'expires_in' | 'expires_at'>,
  policy: ExpiryPolicy,
  now: number,
): number | null {
  const expiresAt = requestedExpiry(asked, policy, now);
  const pointer = asked.expires_at === undefined ? '/expires_in' : '/expires_at';
  if (expiresAt !== null && expiresAt <= now) throw refused(pointer, 'The expiry must be in the future.');
  if (policy.maximum !== null && (expiresAt === null || expiresAt > now + policy.maximum * 1000)) {
    throw refused(pointer, `Tokens here expire after at most ${policy.maximum} seconds. Ask for a shorter time.`);
  }
  return expiresAt;
}

function requestedExpiry(
  asked: Pick<CreateTokenBody, 'expires_in' | 'expires_at'>,
  policy: ExpiryPolicy,
  now: number,
): number | null {
  if (asked.expires_in === null || asked.expires_at === null) return null;
  if (asked.expires_at !== undefined) return Date.parse(asked.expires_at);
  const seconds = asked.expires_in ?? policy.default ?? policy.maximum;
  return seconds === null ? null : now + seconds * 1000;
}

function refused(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer, detail }] });
}
