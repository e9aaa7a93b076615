import { ProblemError } from '../../../../shared/problem.ts';
import type { PreparedTotp } from '../../../../shared/schemas/sign-in/totp.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Caller } from '../../caller.ts';
import { endAllSessions } from '../end-sessions.ts';
import { confirmPassword } from '../password/confirm-password.ts';
import { recordTotpChange, type TotpDeps } from './changes.ts';
import { totpRateLimitKeys } from './check.ts';
import { generateRecoveryCodes, generateTotpSecret, hashRecoveryCode, stepOfCode, totpUri } from './codes.ts';

/** TOTP enrolment: a secret is prepared, then the first code from the authenticator app puts it into use. */
export interface TotpEnrolment {
  /** Prepares a new secret. @throws ProblemError `wrong-password`, `throttled`, `totp-enabled` */
  prepare(caller: Caller, password: string): Promise<PreparedTotp>;
  /** Prepares a new secret for a member whose password was just verified. @throws ProblemError `totp-enabled` */
  prepareConfirmed(user: UserRecord): Promise<PreparedTotp>;
  /** Returns the prepared secret. @throws ProblemError `totp-enabled` if there is none, or it is in use already */
  findPrepared(user: UserRecord): Promise<PreparedTotp>;
  /**
   * Puts the prepared secret into use, ends the member's other sessions and returns the recovery codes. Guesses are limited.
   *
   * @throws ProblemError `wrong-code`, `throttled`, `totp-enabled`
   */
  enable(caller: Pick<Caller, 'user' | 'sessionId' | 'clientInfo'>, code: string): Promise<string[]>;
}

export function createTotpEnrolment(deps: TotpDeps): TotpEnrolment {
  const { store, clock, notifier, rateLimit } = deps;

  const describe = (secret: string, { email }: UserRecord): PreparedTotp => ({
    secret,
    uri: totpUri(secret, { issuer: deps.issuer, label: email }),
  });

  const findUnused = async (user: UserRecord): Promise<string | null> => {
    const totp = await store.totp.find(user.id);
    return totp === null || totp.enabledAt !== null ? null : totp.secret;
  };

  const prepareConfirmed = async (user: UserRecord): Promise<PreparedTotp> => {
    if (user.passwordHash === null) throw noPassword();
    const secret = generateTotpSecret();
    if (!(await store.totp.prepare(user.id, secret))) throw nothingPrepared();
    return describe(secret, user);
  };

  return {
    prepareConfirmed,

    async prepare(caller, password) {
      await confirmPassword(deps, caller, password, '/password');
      return prepareConfirmed(caller.user);
    },

    async findPrepared(user) {
      const secret = await findUnused(user);
      if (secret === null) throw nothingPrepared();
      return describe(secret, user);
    },

    async enable({ user, sessionId, clientInfo }, code) {
      const at = clock.now();
      // During a sign-in there is no session yet.
      const known = sessionId === '' ? undefined : ({ kind: 'session', id: sessionId } as const);
      const guess = await rateLimit.attempt(totpRateLimitKeys(user, clientInfo, known), async () => {
        const secret = await findUnused(user);
        if (secret === null) return { succeeded: false, problem: nothingPrepared() } as const;
        const step = stepOfCode(secret, code, at);
        if (step === null) return { succeeded: false, problem: wrongCode() } as const;
        return { succeeded: true, secret, step } as const;
      });
      if (!guess.succeeded) throw guess.problem;
      const codes = generateRecoveryCodes();
      await store.transaction(async (store) => {
        // Fails if a concurrent request enabled this secret or prepared another one.
        if (!(await store.totp.enable(user.id, guess.secret, guess.step, at))) throw nothingPrepared();
        await store.totp.replaceRecoveryCodes(user.id, codes.map(hashRecoveryCode));
        await endAllSessions(store, user.id, sessionId);
        await recordTotpChange(deps, store, { user, by: user, clientInfo }, 'user.totp_enabled', 'totp-enabled');
      });
      notifier.wake();
      return codes;
    },
  };
}

function noPassword(): ProblemError {
  return new ProblemError('bad-request', 'Two-factor sign-in needs a password, and your account has none.');
}

function nothingPrepared(): ProblemError {
  const detail = 'Two-factor sign-in is already on, or its setup was not started. Start again.';
  return new ProblemError('totp-enabled', detail);
}

function wrongCode(): ProblemError {
  const detail = 'This is not the current code in the app. Check the clock on both devices, then enter the next code.';
  return new ProblemError('wrong-code', detail, { errors: [{ pointer: '/code', detail }] });
}
