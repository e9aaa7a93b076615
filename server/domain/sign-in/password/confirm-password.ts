import { ProblemError } from '../../../../shared/problem.ts';
import type { Store } from '../../../store/store.ts';
import type { Passwords } from '../../accounts/passwords.ts';
import type { Caller } from '../../caller.ts';
import { passwordSignInOff } from '../problems.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import type { PasswordPolicy } from './password-policy.ts';

export interface ConfirmPasswordDeps {
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  passwordPolicy: PasswordPolicy;
}

/**
 * Asks for the current password before a change that a stolen session must not be able to make. `pointer` names the field
 * of the body. A member who may not use a password is rejected before it is checked, so that the response does not reveal
 * whether it was right.
 *
 * @throws ProblemError `wrong-password`, `throttled`, `password-sign-in-off`
 */
export async function confirmPassword(
  { passwords, rateLimit, passwordPolicy }: ConfirmPasswordDeps,
  { user, sessionId, clientInfo }: Caller,
  password: string,
  pointer: string,
): Promise<void> {
  if (!passwordPolicy.allows(user)) throw passwordSignInOff();
  const known = { kind: 'session', id: sessionId } as const;
  const keys = { guess: 'password', account: user.emailFolded, ip: clientInfo.ip, known } as const;
  const { succeeded } = await rateLimit.attempt(keys, async () => ({
    succeeded: await passwords.verify(user.passwordHash, password),
  }));
  if (!succeeded) throw wrongPassword(pointer);
}

/**
 * Checks, inside the transaction of the change, that the confirmed password is still the current one, and locks the member.
 * Hashing is slow: if the member changes the password during that time, all other sessions end, and one of those must not
 * be able to change it back.
 *
 * @throws ProblemError `wrong-password`
 */
export async function requireSamePassword(store: Store, { user }: Caller, pointer: string): Promise<void> {
  const { passwordHash } = user;
  if (!(await store.users.lockForNewSession(user.id, { passwordHash }))) throw wrongPassword(pointer);
}

function wrongPassword(pointer: string): ProblemError {
  const detail = 'The current password is wrong.';
  return new ProblemError('wrong-password', detail, { errors: [{ pointer, detail }] });
}
