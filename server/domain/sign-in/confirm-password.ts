import { ProblemError } from '../../../shared/problem.ts';
import type { Store } from '../../store/store.ts';
import type { Passwords } from '../accounts/passwords.ts';
import type { Caller } from '../caller.ts';
import { decided, type Throttle } from './rate-limit.ts';

/**
 * Asks for the password once more before something that a stolen session must not do. `pointer` names the body's field.
 * @throws ProblemError `wrong-password`, `throttled`
 */
export async function requirePassword(
  { passwords, throttle }: { passwords: Passwords; throttle: Throttle },
  { user, origin }: Caller,
  password: string,
  pointer: string,
): Promise<void> {
  const keys = { account: user.emailFolded, ip: origin.ip };
  await throttle.check(keys);
  if (!(await decided(throttle, keys, () => passwords.verify(user.passwordHash, password)))) {
    await throttle.failed(keys);
    throw wrongPassword(pointer);
  }
  await throttle.succeeded(keys);
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
