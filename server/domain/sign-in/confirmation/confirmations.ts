import { ProblemError } from '../../../../shared/problem.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { actorOf, type Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { lockActiveSession } from '../end-sessions.ts';
import { type ConfirmPasswordDeps, confirmPassword, requireSamePassword } from '../password/confirm-password.ts';
import { passwordSignInOff, sessionEnded } from '../problems.ts';
import { createPasskeyConfirmation, type PasskeyConfirmation, type PasskeyConfirmationDeps } from './by-passkey.ts';
import { createSsoConfirmation, type SsoConfirmation } from './by-sso.ts';

/** How a member can confirm who they are. */
export type ConfirmationWay = 'password' | 'sso' | 'passkey';

/**
 * Confirms that it is really the member who uses a session. A confirmation counts for an hour, in this session and in those that it approves
 * during that hour. Signing in counts as one. See `requireConfirmed`, which changes call that need one.
 */
export interface Confirmations extends SsoConfirmation, PasskeyConfirmation {
  /** Returns the ways that are open to the caller, the usual one first. */
  ways(caller: Pick<Caller, 'user'>): Promise<ConfirmationWay[]>;
  /**
   * Confirms with the password. No code is needed: the session began with one if the member has a second factor. Wrong passwords count
   * as those of a sign-in do, and are audited.
   *
   * @throws ProblemError `wrong-password`, `throttled`, `password-sign-in-off`, `not-authenticated`
   */
  byPassword(caller: Caller, password: string): Promise<void>;
  /**
   * Records a confirmation and audits it. Call it in a transaction, after the proof was checked. Locks the member and the session.
   *
   * @throws ProblemError `not-authenticated` if the session has ended
   */
  record(store: Store, caller: Caller): Promise<void>;
  /** Audits a failed confirmation. */
  recordFailure(caller: Caller): Promise<void>;
}

export interface ConfirmationDeps extends ConfirmPasswordDeps, PasskeyConfirmationDeps {
  clock: Clock;
  auditTrail: AuditTrail;
  /** Whether single sign-on is configured. */
  hasSso: boolean;
}

export function createConfirmations(deps: ConfirmationDeps): Confirmations {
  const { store, clock, auditTrail, passwordPolicy, hasSso, party } = deps;

  const eventOf = ({ user, clientInfo, sessionId }: Caller) => ({
    ...{ at: clock.now(), actor: actorOf(user), clientInfo },
    ...{ sessionId, userId: user.id },
  });

  const record: Confirmations['record'] = async (store, caller) => {
    const { user, sessionId } = caller;
    const event = eventOf(caller);
    const isActive = await lockActiveSession(store, { userId: user.id, id: sessionId });
    if (!isActive || !(await store.sessions.confirm(sessionId, event.at))) throw sessionEnded();
    await auditTrail.session(store, 'session.confirmed', event);
  };

  const recordFailure: Confirmations['recordFailure'] = (caller) =>
    auditTrail.session(store, 'session.confirmation_failed', eventOf(caller));

  return {
    ...createSsoConfirmation({ store, clock, record, recordFailure }),
    ...createPasskeyConfirmation({ ...deps, record, recordFailure }),
    record,
    recordFailure,

    async ways({ user }) {
      const ways: ConfirmationWay[] = [];
      if (hasSso && (await store.users.identityOf(user.id)) !== null) ways.push('sso');
      if (user.passwordHash !== null && passwordPolicy.allows(user)) ways.push('password');
      if (party !== null && user.passkeyCount > 0 && !user.sso) ways.push('passkey');
      return ways;
    },

    async byPassword(caller, password) {
      // Without a password there is nothing to guess, and the message says what to do.
      if (caller.user.passwordHash === null) throw passwordSignInOff();
      await confirmPassword(deps, caller, password, '/password').catch(async (error: unknown) => {
        if (error instanceof ProblemError && error.code === 'wrong-password') await recordFailure(caller);
        throw error;
      });
      await store.transaction(async (store) => {
        await requireSamePassword(store, caller, '/password');
        await record(store, caller);
      });
    },
  };
}
