import { limits } from '../../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../../shared/names.ts';
import { redact } from '../../../../shared/redact.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Passwords } from '../../accounts/passwords.ts';
import type { AuditTrail } from '../../audit.ts';
import type { ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import type { PasswordPolicy } from './password-policy.ts';

/**
 * Returns the member with this email address and password. Returns null for a wrong password, for unknown, disabled and
 * SSO-only members, and for those who may not sign in with a password, after the same time in each case. Audits failures.
 *
 * @throws ProblemError `throttled`
 */
export type CheckPassword = (email: string, password: string, clientInfo: ClientInfo) => Promise<UserRecord | null>;

export function createCheckPassword(deps: {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  auditTrail: AuditTrail;
  passwordPolicy: PasswordPolicy;
}): CheckPassword {
  const { store, clock, passwords, rateLimit, auditTrail, passwordPolicy } = deps;
  return async (email, password, clientInfo) => {
    const account = foldName(normalizeName(email));
    const { succeeded, user } = await rateLimit.attempt({ account, ip: clientInfo.ip }, async () => {
      const user = await store.users.findByEmail(account);
      const matches = await passwords.verify(user?.passwordHash ?? null, password);
      // A password that is refused by the policy counts as a wrong one, so that the rate limit does not reveal the difference.
      return { succeeded: matches && user !== null && !user.disabled && passwordPolicy.allows(user), user };
    });
    if (succeeded) return user;
    await auditTrail.signInFailed(store, {
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
