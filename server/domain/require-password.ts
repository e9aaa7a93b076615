import { ProblemError } from '../../shared/problem.ts';
import type { Caller } from './caller.ts';
import type { Passwords } from './passwords.ts';
import type { Throttle } from './throttle.ts';

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
  if (!(await passwords.verify(user.passwordHash, password))) {
    await throttle.failed(keys);
    const detail = 'The current password is wrong.';
    throw new ProblemError('wrong-password', detail, { errors: [{ pointer, detail }] });
  }
  await throttle.succeeded(keys);
}
