import { limits } from '../../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../../shared/names.ts';
import { redact } from '../../../../shared/redact.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Passwords } from '../../accounts/passwords.ts';
import type { ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { AuditFailedSignIn } from '../failed-sign-ins.ts';
import { findKnownDevice } from '../rate-limit/known-devices.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import type { PasswordPolicy } from './password-policy.ts';

/**
 * Returns the member with this email address and password. Returns null for a wrong password, for unknown, disabled and
 * SSO-only members, and for those who may not sign in with a password, after the same time in each case. Audits failures.
 * `deviceProofs` are those that the client has kept from earlier sign-ins.
 *
 * @throws ProblemError `throttled`
 */
export type CheckPassword = (
  email: string,
  password: string,
  clientInfo: ClientInfo,
  deviceProofs?: readonly string[],
) => Promise<UserRecord | null>;

export function createCheckPassword(deps: {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  auditFailedSignIn: AuditFailedSignIn;
  passwordPolicy: PasswordPolicy;
}): CheckPassword {
  const { store, clock, passwords, rateLimit, auditFailedSignIn, passwordPolicy } = deps;
  return async (email, password, clientInfo, deviceProofs = []) => {
    const account = foldName(normalizeName(email));
    // Looks up every address. Otherwise the response time would reveal which addresses belong to members.
    const known =
      deviceProofs.length === 0
        ? undefined
        : findKnownDevice(await store.users.findByEmail(account), deviceProofs, 'password');
    const keys = { guess: 'password', account, ip: clientInfo.ip, known } as const;
    const { succeeded, user } = await rateLimit.attempt(keys, async () => {
      const user = await store.users.findByEmail(account);
      const matches = await passwords.verify(user?.passwordHash ?? null, password);
      // A password that is refused by the policy counts as a wrong one, so that the rate limit does not reveal the difference.
      return { succeeded: matches && user !== null && !user.disabled && passwordPolicy.allows(user), user };
    });
    if (succeeded) return user;
    await auditFailedSignIn({
      at: clock.now(),
      actor: { kind: 'anonymous', id: null, email: user?.emailFolded ?? addressToAudit(account) },
      clientInfo,
      user,
    });
    return null;
  };
}

/**
 * Returns the typed text if it is an email address, or else null. People also type passwords and tokens into that
 * field, and the audit log must not contain those.
 */
function addressToAudit(typed: string): string | null {
  const isAddress = /^[^@]+@[^@\s]+\.[^@\s.]+$/.test(typed);
  return isAddress ? redact(typed).slice(0, limits.maxEmailCharacters) : null;
}
