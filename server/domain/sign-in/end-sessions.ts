import type { SessionRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';

/**
 * Locks a member's row and then the session's, and reports whether the session is still active. Call it before a session
 * approves something, in the same transaction: the locks order the approval entirely before or after the session's end.
 */
export async function lockActiveSession(store: Store, { userId, id }: SessionRecord): Promise<boolean> {
  return (await store.users.lockForNewSession(userId)) && (await store.sessions.lock(id));
}

/**
 * Ends all sessions of a member except `exceptId`, and everything that could still become one. Returns the ids of the ended
 * sessions. Call it inside the transaction of the change that is the reason.
 */
export async function endAllSessions(store: Store, userId: string, exceptId?: string): Promise<string[]> {
  const ended = await store.sessions.deleteAllOf(userId, exceptId);
  await deleteApprovals(store, userId);
  return [...ended, ...(await store.sessions.deleteAllOf(userId, exceptId))];
}

/** Ends the sessions that one session at the identity provider started. Returns them. */
export async function endSessionsOfSid(store: Store, issuer: string, sid: string) {
  const ended = await store.sessions.deleteAllOfSid(issuer, sid);
  for (const { userId } of ended) await deleteApprovals(store, userId);
  return [...ended, ...(await store.sessions.deleteAllOfSid(issuer, sid))];
}

/** Ends one session of a member, and what it approved. Returns false unless the member has this session. */
export async function endSession(store: Store, { userId, id }: { userId: string; id: string }): Promise<boolean> {
  if (!(await store.sessions.delete(id, userId))) return false;
  // An authorization code does not record its session, so those of the member's other sessions are deleted too. They would
  // expire within a minute anyway.
  await store.tickets.deleteAllOf(userId, 'authorization-code');
  await store.deviceCodes.deleteApprovedIn(id);
  return true;
}

async function deleteApprovals(store: Store, userId: string): Promise<void> {
  await store.tickets.deleteAllOf(userId);
  await store.deviceCodes.deleteAllOf(userId);
}
