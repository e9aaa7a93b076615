import { ProblemError } from '../../../../shared/problem.ts';
import type { UserRecord } from '../../../store/records.ts';
import { passwordSignInOff, wrongCredentials } from '../problems.ts';

/** Who may sign in with a password, as `TOKENSD_PASSWORD_SIGN_IN` writes it: everyone, superusers or nobody. */
export type PasswordSignIn = 'true' | 'superusers' | 'false';

/** Decides who may use a password: to sign in, and to confirm a change to how they sign in. */
export interface PasswordPolicy {
  readonly signIn: PasswordSignIn;
  /** Reports whether a password of this member counts. One that the operator set on the server always does. */
  allows(user: Pick<UserRecord, 'superuser' | 'passwordUntilSso'>): boolean;
  /**
   * Returns the problem of a sign-in that failed, whatever the reason. It is the same for a wrong password, an unknown or
   * disabled member, and a member who may not use a password, so that it does not reveal which of these it was.
   */
  refusal(): ProblemError;
}

const refusals = { true: wrongCredentials, superusers: superusersOnly, false: passwordSignInOff };

export function createPasswordPolicy(signIn: PasswordSignIn): PasswordPolicy {
  return {
    signIn,
    allows: ({ superuser, passwordUntilSso }) =>
      passwordUntilSso || signIn === 'true' || (signIn === 'superusers' && superuser),
    refusal: refusals[signIn],
  };
}

function superusersOnly(): ProblemError {
  return new ProblemError(
    'wrong-credentials',
    'The email address or the password is wrong, or you may not sign in with a password. Unless you are an Organization Superuser, use single sign-on.',
  );
}
