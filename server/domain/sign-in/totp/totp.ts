import { ProblemError } from '../../../../shared/problem.ts';
import type { TotpStatus } from '../../../../shared/schemas/sign-in/totp.ts';
import type { Store } from '../../../store/store.ts';
import { noSuchMember } from '../../accounts/problems.ts';
import { actorOf, type Caller, requireStillSuperuser, requireSuperuser } from '../../caller.ts';
import { confirmedActions, requireConfirmed } from '../confirmation/required.ts';
import { endAllSessions } from '../end-sessions.ts';
import { hasSecondFactor } from '../has-second-factor.ts';
import { confirmPassword, requireSamePassword } from '../password/confirm-password.ts';
import { sessionEnded } from '../problems.ts';
import { recordTotpChange, type TotpChange, type TotpDeps } from './changes.ts';
import { createTotpCheck, type TotpCheck } from './check.ts';
import { generateRecoveryCodes, hashRecoveryCode } from './codes.ts';
import { createTotpEnrolment, type TotpEnrolment } from './enrolment.ts';

/** The second factor for members who sign in with a password: TOTP (RFC 6238) with recovery codes. */
export interface Totp extends TotpEnrolment {
  readonly required: boolean;
  status(caller: Caller): Promise<TotpStatus>;
  /**
   * Turns it off. Without the password, the member must have confirmed in this session, within the last hour, who they are.
   *
   * @throws ProblemError `wrong-password`, `throttled`, `confirmation-required`, `totp-setup-required` if it is required
   */
  disable(caller: Caller, password?: string): Promise<void>;
  /** Replaces the recovery codes, with the same proof. @throws ProblemError `wrong-password`, `throttled`, `confirmation-required` */
  newRecoveryCodes(caller: Caller, password?: string): Promise<string[]>;
  /**
   * Removes the authenticator app and all passkeys of another member who lost them, and ends their sessions. For oneself, that
   * needs the password: `disable`. The password alone then signs the member in, so the superuser must have confirmed in this
   * session, within the last hour, who they are.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`, `own-account`, `confirmation-required`
   */
  reset(caller: Caller, userId: string): Promise<void>;
  check: TotpCheck;
}

export function createTotp(deps: TotpDeps): Totp {
  const { store, clock, notifier } = deps;

  /** Checks the password, if there is one. Returns what the transaction of the change must check. */
  async function checkProof(caller: Caller, password: string | undefined, action: string) {
    if (password === undefined) {
      // Locks the member before the session, in the order of every transaction.
      return async (store: Store) => {
        if (!(await store.users.lockForNewSession(caller.user.id))) throw sessionEnded();
        await requireConfirmed(store, caller, clock.now(), action);
      };
    }
    await confirmPassword(deps, caller, password, '/password');
    return (store: Store) => requireSamePassword(store, caller, '/password');
  }

  return {
    ...createTotpEnrolment(deps),
    required: deps.required,
    check: createTotpCheck(deps),

    async status({ user }) {
      const left = await store.totp.countRecoveryCodes(user.id);
      return {
        enabled: user.totpEnabledAt !== null,
        required: deps.required,
        passkeys: user.passkeyCount,
        recovery_codes_left: left,
      };
    },

    async disable(caller, password) {
      if (deps.required && caller.user.passkeyCount === 0) throw required();
      const requireProof = await checkProof(caller, password, confirmedActions.removeSecondFactor());
      await remove(deps, ownChange(caller), 'totp-disabled', async (store) => {
        await requireProof(store);
        // The member is locked now. A passkey may have been removed since.
        const current = deps.required ? await store.users.findById(caller.user.id) : null;
        if (current?.passkeyCount === 0) throw required();
      });
    },

    async newRecoveryCodes(caller, password) {
      const requireProof = await checkProof(caller, password, confirmedActions.showRecoveryCodes());
      if (!hasSecondFactor(caller.user)) throw notEnabled();
      const codes = generateRecoveryCodes();
      await store.transaction(async (store) => {
        await requireProof(store);
        await store.totp.replaceRecoveryCodes(caller.user.id, codes.map(hashRecoveryCode));
        const event = 'recovery-codes-replaced';
        await recordTotpChange(deps, store, ownChange(caller), 'user.recovery_codes_replaced', event);
      });
      notifier.wake();
      return codes;
    },

    async reset(caller, userId) {
      requireSuperuser(caller);
      if (userId === caller.user.id) throw ownSecondFactor();
      const user = await store.users.findById(userId);
      if (user === null) throw noSuchMember();
      const change = { user, by: caller.user, clientInfo: caller.clientInfo };
      await remove(deps, change, 'totp-reset', async (store) => {
        await requireStillSuperuser(store, caller, userId);
        await requireConfirmed(store, caller, clock.now(), confirmedActions.resetSecondFactor(user));
      });
    },
  };
}

function ownChange({ user, clientInfo }: Caller): TotpChange {
  return { user, by: user, clientInfo };
}

/** Does nothing if the member has no second factor. A reset also removes all passkeys. */
async function remove(
  deps: TotpDeps,
  change: TotpChange,
  event: 'totp-disabled' | 'totp-reset',
  confirm: (store: Store) => Promise<void>,
): Promise<void> {
  await deps.store.transaction(async (store) => {
    await confirm(store);
    const { user, by, clientInfo } = change;
    const passkeys = event === 'totp-reset' ? await store.passkeys.deleteAllOf(user.id) : [];
    const hadTotp = await store.totp.remove(user.id);
    // A set-up that has begun must not outlast this. In every other case, it is deleted with the sessions, or there is none.
    if (!hadTotp && passkeys.length === 0) return store.tickets.deleteAllOf(user.id, 'totp-set-up');
    if (event === 'totp-reset') await endAllSessions(store, user.id);
    const [at, actor] = [deps.clock.now(), actorOf(by)];
    for (const _ of passkeys) await deps.auditTrail.user(store, 'passkey.removed', { at, actor, clientInfo, user });
    if (hadTotp) await deps.auditTrail.user(store, 'user.totp_disabled', { at, actor, clientInfo, user });
    await deps.notifier.security(store, { at, owner: user, clientInfo, event, actor });
  });
  deps.notifier.wake();
}

function ownSecondFactor(): ProblemError {
  const detail =
    'You cannot reset your own two-factor sign-in here. Turn it off on your profile with your password, or ask another Organization Superuser.';
  return new ProblemError('own-account', detail);
}

function required(): ProblemError {
  return new ProblemError(
    'totp-setup-required',
    'Your organization requires two-factor sign-in, and you have no passkey. Add one first.',
  );
}

function notEnabled(): ProblemError {
  return new ProblemError('bad-request', 'Two-factor sign-in is not turned on.');
}
