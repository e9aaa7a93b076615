import { ProblemError } from '../../../shared/problem.ts';

/** For a session that has ended, whether before the request or while it was handled. */
export function sessionEnded(): ProblemError {
  return new ProblemError('not-authenticated', 'The session has ended. Sign in again.');
}

/** The problem of a session that does not exist or belongs to another member. */
export function noSuchSession(): ProblemError {
  return new ProblemError('not-found', 'There is no such session. It may have ended already.');
}

/**
 * The problem for a wrong password and for unknown, disabled and SSO-only members. It is the same for all of them, so
 * that it does not reveal who is a member. A sign-in with a password throws `PasswordPolicy.refusal` instead.
 */
export function wrongCredentials(): ProblemError {
  return new ProblemError(
    'wrong-credentials',
    'The email address or the password is wrong. Check both, or reset your password.',
  );
}

/** For a TOTP code or recovery code that was rejected during sign-in. */
export function wrongSecondFactor(): ProblemError {
  const detail = 'This code is wrong or was already used. Wait for the next one.';
  return new ProblemError('totp-required', detail, { errors: [{ pointer: '/code', detail }] });
}

/** Returns the problem for a sign-in with a password if all members must use single sign-on. */
export function passwordSignInOff(): ProblemError {
  return new ProblemError(
    'password-sign-in-off',
    'Your organization does not use passwords here. Sign in with single sign-on.',
  );
}

export function resetLinkExpired(): ProblemError {
  const detail = 'This link was already used or is older than 30 minutes. Request a new one.';
  return new ProblemError('link-expired', detail);
}

/** For a link of `tokensd recover` that does not work. */
export function recoveryLinkExpired(): ProblemError {
  const detail =
    'This recovery link was already used, is older than 30 minutes, or was replaced by a newer one. Run tokensd recover on the server again.';
  return new ProblemError('link-expired', detail);
}
