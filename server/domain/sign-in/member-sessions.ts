import { limits } from '../../../shared/limits.ts';
import type { SessionRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { noSuchMember } from '../accounts/problems.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, readsEverything, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { endAllSessions, endSession } from './end-sessions.ts';
import { noSuchSession } from './problems.ts';
import type { SessionLifetimes } from './session-lifetimes.ts';

/** The sessions of any member. Superusers end them, and auditors read them. Closed to management keys. */
export interface MemberSessions {
  /**
   * Returns a member's active sessions, last seen first, at most 100.
   *
   * @throws ProblemError `superuser-required`, `user-not-found`
   */
  list(caller: Caller, userId: string): Promise<SessionRecord[]>;
  /** Ends one session of a member. @throws ProblemError `superuser-required`, `user-not-found`, `not-found` */
  end(caller: Caller, userId: string, id: string): Promise<void>;
  /** Ends all sessions of a member, and what could still become one. @throws ProblemError `superuser-required`, `user-not-found` */
  endAll(caller: Caller, userId: string): Promise<void>;
}

export interface MemberSessionsDeps {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  sessionLifetimes: SessionLifetimes;
}

export function createMemberSessions({
  store,
  clock,
  auditTrail,
  sessionLifetimes,
}: MemberSessionsDeps): MemberSessions {
  /** Ends the sessions that `end` deletes, and audits each. */
  async function endThose(
    caller: Caller,
    userId: string,
    end: (store: Store) => Promise<readonly string[]>,
  ): Promise<void> {
    requireSuperuser(caller);
    await store.transaction(async (store) => {
      await requireStillSuperuser(store, caller, userId);
      const member = await find(store, userId);
      const event = { at: clock.now(), actor: actorOf(caller.user), clientInfo: caller.clientInfo, userId };
      for (const sessionId of await end(store)) {
        await auditTrail.session(store, 'session.ended', { ...event, sessionId, ...ownerOf(caller, member) });
      }
    });
  }

  return {
    async list(caller, userId) {
      if (!readsEverything(caller)) requireSuperuser(caller);
      await find(store, userId);
      return store.sessions.listOf(userId, sessionLifetimes.bounds(), limits.maxListedSessions);
    },

    end: (caller, userId, id) =>
      endThose(caller, userId, async (store) => {
        if (!(await endSession(store, { userId, id }))) throw noSuchSession();
        return [id];
      }),

    endAll: (caller, userId) => endThose(caller, userId, (store) => endAllSessions(store, userId)),
  };
}

/** @throws ProblemError `user-not-found` */
async function find(store: Store, userId: string): Promise<UserRecord> {
  const member = await store.users.findById(userId);
  if (member === null) throw noSuchMember();
  return member;
}

/** Returns the owner that an event names. An event about a member's own session names nobody. */
function ownerOf({ user }: Caller, { id, email }: UserRecord): { owner?: string } {
  return id === user.id ? {} : { owner: email };
}
