import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import type { Passwords } from '../accounts/passwords.ts';
import type { Caller } from '../caller.ts';
import { decided, type SignInRateLimit } from './rate-limit.ts';

/**
 * Asks for the password once more before something that a stolen session must not do. `pointer` names the body's field.
 * @throws ProblemError `wrong-password`, `throttled`
 */
export async function confirmPassword(
  { passwords, rateLimit }: { passwords: Passwords; rateLimit: SignInRateLimit },
  { user, clientInfo }: Caller,
  password: string,
  pointer: string,
): Promise<void> {
  const keys = { account: user.emailFolded, ip: clientInfo.ip };
  await rateLimit.check(keys);
  if (!(await decided(rateLimit, keys, () => passwords.verify(user.passwordHash, password)))) {
    await rateLimit.failed(keys);
    throw wrongPassword(pointer);
  }
  await rateLimit.succeeded(keys);
}

/**
 * The same inside the transaction that it was asked for. Hashing takes a while: who changed the password meanwhile had every
 * session ended, and must not have it changed back by one of them. @throws ProblemError `wrong-password`
 */
export async function requireSamePassword(store: Store, { user }: Caller, pointer: string): Promise<void> {
  const { passwordHash } = user;
  if (!(await store.users.lockForNewSession(user.id, { passwordHash }))) throw wrongPassword(pointer);
}

function wrongPassword(pointer: string): ProblemError {
  const detail = 'The current password is wrong.';
  return new ProblemError('wrong-password', detail, { errors: [{ pointer, detail }] });
}
