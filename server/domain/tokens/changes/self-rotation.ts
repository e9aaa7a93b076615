import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { TokenRecord } from '../../../store/records.ts';

/** How long a previous value must wait after a self-rotation before it may rotate the token. */
const minWaitMs = 60_000;

/** The time in which a token can rotate itself only so often. */
export const selfRotationWindowMs = 60 * 60 * 1000;

/**
 * Reports whether the previous value with this prefix may rotate the token, because the response to the pending self-rotation
 * was lost. Only then has nobody used the current value for a minute. Otherwise, someone who stole the previous value could take over
 * the token while its owner rotates it.
 */
export function isUnusedAfterSelfRotation(
  { previous, rotatedAt, lastUse, seenAt }: Pick<TokenRecord, 'previous' | 'rotatedAt' | 'lastUse' | 'seenAt'>,
  prefix: string,
  now: number,
): boolean {
  if (previous === null || previous.prefix !== prefix || previous.validUntil <= now || !previous.selfRotated)
    return false;
  return now - (rotatedAt ?? now) > minWaitMs && lastUse === null && seenAt === null;
}

export function selfRotateOff(): ProblemError {
  return new ProblemError(
    'self-rotate-off',
    'This token may not rotate itself. Rotate it with a session, or turn self-rotation on.',
  );
}

/** Without this limit, a thief could fill the owner's mailbox and the database. The next rotation is accepted after `waitMs`. */
export function tooManySelfRotations(waitMs: number): ProblemError {
  return new ProblemError(
    'throttled',
    `This token was rotated ${limits.maxSelfRotationsPerHour} times in the last hour. Wait, or rotate it with a session.`,
    { retryAfter: Math.ceil(waitMs / 1000) },
  );
}

export function previousValueRefused(): ProblemError {
  return new ProblemError(
    'previous-value',
    'Only the current value of a token may rotate it. Use the new value, or rotate with a session.',
  );
}
