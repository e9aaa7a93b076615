import type { UserRecord } from '../../../store/records.ts';
import type { ClientInfo } from '../../caller.ts';
import type { RateLimitKeys } from '../rate-limit/failure-keys.ts';
import { findKnownDevice, type KnownClient } from '../rate-limit/known-devices.ts';
import { recordTotpChange, type TotpDeps } from './changes.ts';
import { hashRecoveryCode, stepOfCode } from './codes.ts';

/**
 * Verifies a code or recovery code and uses it up, so that each works once. Guesses are limited. `deviceProofs` are those that
 * the client has kept from earlier sign-ins.
 *
 * @throws ProblemError `throttled`
 */
export type TotpCheck = (
  user: UserRecord,
  typed: string,
  clientInfo: ClientInfo,
  deviceProofs?: readonly string[],
) => Promise<boolean>;

export function createTotpCheck(deps: TotpDeps): TotpCheck {
  return async (user, typed, clientInfo, deviceProofs = []) => {
    const keys = totpRateLimitKeys(user, clientInfo, findKnownDevice(user, deviceProofs, 'code'));
    const { succeeded } = await deps.rateLimit.attempt(keys, async () => ({
      succeeded: (await useCode(deps, user, typed)) || (await useRecoveryCode(deps, user, typed, clientInfo)),
    }));
    return succeeded;
  };
}

/**
 * Returns keys that differ from the password's. With shared keys, an attacker who knows the password could enter it again
 * after each wrong code, and that success would forget the failures.
 */
export function totpRateLimitKeys(user: UserRecord, { ip }: ClientInfo, known?: KnownClient): RateLimitKeys {
  return { guess: 'code', account: totpAccount(user.id), ip, known };
}

/** Returns what codes of a member count under, in place of the address. */
export function totpAccount(userId: string): string {
  return `second step of ${userId}`;
}

/** Uses up a code. The store accepts each time step once, and no step older than the last one accepted. */
async function useCode({ store, clock }: TotpDeps, user: UserRecord, typed: string): Promise<boolean> {
  const totp = await store.totp.find(user.id);
  const step = totp?.enabledAt == null ? null : stepOfCode(totp.secret, typed, clock.now());
  return step !== null && store.totp.consumeTimeStep(user.id, step);
}

async function useRecoveryCode(
  deps: TotpDeps,
  user: UserRecord,
  typed: string,
  clientInfo: ClientInfo,
): Promise<boolean> {
  const used = await deps.store.transaction(async (store) => {
    if (!(await store.totp.consumeRecoveryCode(user.id, hashRecoveryCode(typed)))) return false;
    const change = { user, by: user, clientInfo };
    await recordTotpChange(deps, store, change, 'user.recovery_code_used', 'recovery-code-used');
    return true;
  });
  if (used) deps.notifier.wake();
  return used;
}
