import { ProblemError } from '../../../../shared/problem.ts';
import type { PreparedTotp } from '../../../../shared/schemas/sign-in/totp.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Caller } from '../../caller.ts';
import { endAllSessions } from '../end-sessions.ts';
import { confirmPassword } from '../password/confirm-password.ts';
import { recordTotpChange, type TotpDeps } from './changes.ts';
import { totpRateLimitKeys } from './check.ts';
import { generateRecoveryCodes, generateTotpSecret, hashRecoveryCode, stepOfCode, totpUri } from './codes.ts';
import { createPreparedSecrets, type SetUp } from './prepared-secrets.ts';

/**
 * TOTP enrolment: a secret is prepared, then the first code from the authenticator app puts it into use. The password is asked for before
 * the first step, and the same session or sign-in takes both steps within ten minutes.
 */
export interface TotpEnrolment {
  /** Prepares a new secret. @throws ProblemError `wrong-password`, `throttled`, `totp-enabled` */
  prepare(caller: Caller, password: string): Promise<PreparedTotp>;
  /** Prepares a new secret for a member whose password was just verified. @throws ProblemError `totp-enabled` */
  prepareConfirmed(setUp: SetUp): Promise<PreparedTotp>;
  /** Returns the secret that this set-up prepared. @throws ProblemError `totp-enabled` if there is none, or two-factor sign-in is on */
  findPrepared(setUp: SetUp): Promise<PreparedTotp>;
  /**
   * Puts the secret that this set-up prepared into use, ends the member's other sessions and returns the recovery codes. Guesses are limited.
   *
   * @throws ProblemError `wrong-code`, `throttled`, `totp-enabled`
   */
  enable(setUp: SetUp, code: string): Promise<string[]>;
}

export function createTotpEnrolment(deps: TotpDeps): TotpEnrolment {
  const { store, clock, notifier, rateLimit } = deps;
  const preparedSecrets = createPreparedSecrets(deps);

  const describe = (secret: string, { email }: UserRecord): PreparedTotp => ({
    secret,
    uri: totpUri(secret, { issuer: deps.issuer, label: email }),
  });

  const prepareConfirmed = async (setUp: SetUp): Promise<PreparedTotp> => {
    const { user } = setUp;
    if (user.passwordHash === null) throw noPassword();
    const secret = generateTotpSecret();
    if (user.totpEnabledAt !== null || !(await preparedSecrets.put(setUp, secret))) throw nothingPrepared();
    return describe(secret, user);
  };

  return {
    prepareConfirmed,

    async prepare(caller, password) {
      await confirmPassword(deps, caller, password, '/password');
      return prepareConfirmed(caller);
    },

    async findPrepared(setUp) {
      const secret = await preparedSecrets.find(setUp);
      if (secret === null) throw nothingPrepared();
      return describe(secret, setUp.user);
    },

    async enable(setUp, code) {
      const { user, sessionId, clientInfo } = setUp;
      const at = clock.now();
      // During a sign-in there is no session yet.
      const known = sessionId === '' ? undefined : ({ kind: 'session', id: sessionId } as const);
      const guess = await rateLimit.attempt(totpRateLimitKeys(user, clientInfo, known), async () => {
        const secret = await preparedSecrets.find(setUp);
        if (secret === null) return { succeeded: false, problem: nothingPrepared() } as const;
        const step = stepOfCode(secret, code, at);
        if (step === null) return { succeeded: false, problem: wrongCode() } as const;
        return { succeeded: true, secret, step } as const;
      });
      if (!guess.succeeded) throw guess.problem;
      const codes = generateRecoveryCodes();
      await store.transaction(async (store) => {
        // Fails if a concurrent request has enabled a secret, prepared another one or ended the sessions of the member.
        if (!(await store.totp.enable(user.id, guess.secret, guess.step, at))) throw nothingPrepared();
        if (!(await preparedSecrets.take(store, setUp, guess.secret))) throw nothingPrepared();
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
  const detail =
    'Two-factor sign-in is already on, or its set-up did not begin in this session within the last ten minutes. Start again.';
  return new ProblemError('totp-enabled', detail);
}

function wrongCode(): ProblemError {
  const detail = 'This is not the current code in the app. Check the clock on both devices, then enter the next code.';
  return new ProblemError('wrong-code', detail, { errors: [{ pointer: '/code', detail }] });
}
