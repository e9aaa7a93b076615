import { limits } from '../../../../shared/limits.ts';
import type { PasskeyRecord, UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { noSuchMember } from '../../accounts/problems.ts';
import { actorOf, type Caller, type Operator, requireScope } from '../../caller.ts';
import { confirmedActions, requireConfirmed } from '../confirmation/required.ts';
import { lockActiveSession } from '../end-sessions.ts';
import { hasSecondFactor } from '../has-second-factor.ts';
import type { PasswordPolicy } from '../password/password-policy.ts';
import { sessionEnded } from '../problems.ts';
import { generateRecoveryCodes } from '../totp/codes.ts';
import { type AddingDeps, checkNewPasskey, insertPasskey, recordPasskeyChange } from './adding.ts';
import type { Challenges } from './challenges.ts';
import {
  lastSecondFactor,
  noPasskeysHere,
  noSuchPasskey,
  tooManyChallenges,
  tooManyPasskeys,
  usesSso,
} from './problems.ts';
import type { RelyingParty } from './relying-party.ts';
import { type CreationOptions, creationOptions } from './webauthn.ts';

/** Why a member cannot add a passkey. */
export type Unavailable = 'address' | 'sso';

/** The passkeys of a member's own account. */
export interface Passkeys {
  /** Where passkeys work. Null if browsers allow none at the public URL. */
  readonly party: RelyingParty | null;
  /** Returns the caller's passkeys, oldest first. */
  list(caller: Pick<Caller, 'user'>): Promise<PasskeyRecord[]>;
  /** Returns the passkeys of a member, for superusers, auditors and keys. @throws ProblemError `superuser-required`, `scope-missing`, `user-not-found` */
  listOf(operator: Operator, userId: string): Promise<PasskeyRecord[]>;
  /** Returns why this member cannot add a passkey, or null. */
  unavailable(user: UserRecord): Unavailable | null;
  /**
   * Returns what the browser needs to make a passkey.
   *
   * @throws ProblemError `confirmation-required`, `bad-request`, `password-sign-in-off`, `not-authenticated`, `throttled`
   */
  beginAdding(caller: Caller): Promise<CreationOptions>;
  /**
   * Adds the passkey that the browser made. If it is the first second factor, ends the member's other sessions and creates recovery codes, which are
   * then returned.
   *
   * @throws ProblemError `confirmation-required`, `bad-request`, `password-sign-in-off`, `not-authenticated`
   */
  add(caller: Caller, response: string, name: string): Promise<{ name: string; recoveryCodes: string[] | null }>;
  /**
   * Removes a passkey of the caller and returns it.
   *
   * @throws ProblemError `confirmation-required`, `not-found`, `totp-setup-required` if it is the last second factor and one is required
   */
  remove(caller: Caller, id: string): Promise<PasskeyRecord>;
  /** Gives a passkey of the caller another name. Returns it with this name. @throws ProblemError `not-found`, `not-authenticated` */
  rename(caller: Caller, id: string, name: string): Promise<PasskeyRecord>;
}

export interface PasskeysDeps extends AddingDeps {
  store: Store;
  party: RelyingParty | null;
  challenges: Challenges;
  passwordPolicy: PasswordPolicy;
  /** Whether every member who signs in with a password must use a second factor. */
  required: boolean;
}

const windowSeconds = 10 * 60;
/** Each challenge is stored. A stolen session could otherwise ask for any number. */
const maxChallenges = 60;

export function createPasskeys(deps: PasskeysDeps): Passkeys {
  const { store, party, challenges } = deps;
  const requests = store.limiter({ name: 'passkey-adding', limit: maxChallenges, windowSeconds });
  const audienceOf = ({ user, sessionId }: Caller) => ({ purpose: 'adding', userId: user.id, sessionId }) as const;

  const unavailable = (user: UserRecord): Unavailable | null => {
    if (user.sso || !deps.passwordPolicy.allows(user)) return 'sso';
    return party === null ? 'address' : null;
  };

  const requireParty = (user: UserRecord): RelyingParty => {
    if (unavailable(user) === 'sso') throw usesSso();
    if (party === null) throw noPasskeysHere();
    return party;
  };

  /** Asks for the confirmation before the browser asks for the passkey. */
  const requireProof = (caller: Caller) =>
    store.transaction(async (store) => {
      await lockMember(store, caller);
      await requireConfirmed(store, caller, deps.clock.now(), confirmedActions.addPasskey());
    });

  return {
    party,
    unavailable,
    list: ({ user }) => store.passkeys.listOf(user.id),

    async listOf(operator, userId) {
      requireScope(operator, 'users:read');
      if ((await store.users.findById(userId)) === null) throw noSuchMember();
      return store.passkeys.listOf(userId);
    },

    async beginAdding(caller) {
      const party = requireParty(caller.user);
      await requireProof(caller);
      const existing = await store.passkeys.listOf(caller.user.id);
      if (existing.length >= limits.maxPasskeys) throw tooManyPasskeys(limits.maxPasskeys);
      if (!(await requests.consume(caller.sessionId)).allowed) throw tooManyChallenges(windowSeconds);
      return creationOptions(party, caller.user, await challenges.issue(audienceOf(caller)), existing);
    },

    async add(caller, json, name) {
      const party = requireParty(caller.user);
      await requireProof(caller);
      const key = await checkNewPasskey(challenges, party, json, audienceOf(caller));
      const codes = generateRecoveryCodes();
      const isFirst = await store.transaction(async (store) => {
        const user = await lockMember(store, caller);
        await requireConfirmed(store, caller, deps.clock.now(), confirmedActions.addPasskey());
        return insertPasskey(deps, store, { ...caller, user }, { ...key, rpId: party.id, name }, codes);
      });
      deps.notifier.wake();
      return { name, recoveryCodes: isFirst ? codes : null };
    },

    async remove(caller, id) {
      const removed = await store.transaction(async (store) => {
        const user = await lockMember(store, caller);
        await requireConfirmed(store, caller, deps.clock.now(), confirmedActions.removePasskey());
        const passkey = await store.passkeys.delete(id, user.id);
        if (passkey === null) throw noSuchPasskey();
        // Rolls the deletion back.
        if (deps.required && !hasSecondFactor({ ...user, passkeyCount: user.passkeyCount - 1 }))
          throw lastSecondFactor();
        await recordPasskeyChange(deps, store, caller, {
          action: 'passkey.removed',
          event: 'passkey-removed',
          passkey,
        });
        return passkey;
      });
      deps.notifier.wake();
      return removed;
    },

    rename: (caller, id, name) =>
      store.transaction(async (store) => {
        await lockMember(store, caller);
        const former = await store.passkeys.rename(id, caller.user.id, name);
        if (former === null) throw noSuchPasskey();
        if (former.name !== name) {
          const { user, clientInfo } = caller;
          const changes = [{ field: 'name', from: former.name, to: name }];
          const event = { at: deps.clock.now(), actor: actorOf(user), clientInfo, user, changes };
          await deps.auditTrail.user(store, 'passkey.renamed', event);
        }
        return { ...former, name };
      }),
  };
}

/** Locks the caller and returns the current record. @throws ProblemError `not-authenticated` if the session has ended */
async function lockMember(store: Store, { user, sessionId }: Caller): Promise<UserRecord> {
  const isActive = await lockActiveSession(store, { userId: user.id, id: sessionId });
  const current = isActive ? await store.users.findById(user.id) : null;
  if (current === null) throw sessionEnded();
  return current;
}
