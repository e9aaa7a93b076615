import { ProblemError } from '../../../../shared/problem.ts';

/**
 * The problem of every sign-in with a passkey that fails. It is the same for an unknown passkey, a wrong signature and a disabled member, so that
 * it does not reveal which passkeys exist.
 */
export function passkeyRejected(): ProblemError {
  return new ProblemError(
    'wrong-credentials',
    'This passkey was not accepted. Try again, or sign in with your password.',
  );
}

/** For a second factor that was rejected during a sign-in. */
export function secondPasskeyRejected(): ProblemError {
  return new ProblemError(
    'totp-required',
    'This passkey was not accepted. Try again, or enter a code or one of your recovery codes.',
  );
}

export function usesSso(): ProblemError {
  return new ProblemError(
    'password-sign-in-off',
    'Your account uses single sign-on, so it accepts no passkeys. Sign in with single sign-on.',
  );
}

export function noPasskeysHere(): ProblemError {
  return new ProblemError(
    'bad-request',
    'Browsers allow no passkeys at this address. They need a public URL with https and a domain name, or localhost.',
  );
}

export function passkeysNeedScript(): ProblemError {
  return new ProblemError(
    'bad-request',
    'Your browser sent no passkey, because passkeys need JavaScript. Turn it on for this site, and try again.',
  );
}

export function newPasskeyRejected(): ProblemError {
  return new ProblemError(
    'bad-request',
    'The passkey was not added, because the browser took too long or sent something unexpected. Try again.',
  );
}

export function passkeyExists(): ProblemError {
  return new ProblemError('bad-request', 'This passkey was added before. Choose another device or security key.');
}

/** For more challenges than a member needs. `windowSeconds` is when the count begins again. */
export function tooManyChallenges(windowSeconds: number): ProblemError {
  return new ProblemError('throttled', 'Too many requests for passkeys. Try again in ten minutes.', {
    retryAfter: windowSeconds,
  });
}

export function tooManyPasskeys(limit: number): ProblemError {
  return new ProblemError('bad-request', `You can have at most ${limit} passkeys. Remove one first.`);
}

export function noSuchPasskey(): ProblemError {
  return new ProblemError('not-found', 'There is no such passkey. It may have been removed already.');
}

export function lastSecondFactor(): ProblemError {
  return new ProblemError(
    'totp-setup-required',
    'Your organization requires two-factor sign-in, and this is your last second factor. Add another one first.',
  );
}
