import type { SessionRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { SessionLifetimes } from './session-lifetimes.ts';

/*
 * Approvals are rows that can still become a session: tickets (authorization codes, pending second factors, mailed links),
 * queued mails that will bring such a link, and approved device codes. On PostgreSQL, transactions that start, approve and end sessions run concurrently. All
 * of them lock rows in the same order, because transactions that lock in opposite orders deadlock, and PostgreSQL then
 * rolls one of them back:
 *
 *   1. the member (together with all superusers, if the change needs them)
 *   2. sessions
 *   3. tickets
 *   4. device codes
 *   5. queued mails
 */

/**
 * Locks a member's row and then the session's, and reports whether the session still exists. Call it in the transaction of a
 * change that must not happen after the session was ended: the locks order the two.
 */
export async function lockActiveSession(
  store: Store,
  { userId, id }: Pick<SessionRecord, 'userId' | 'id'>,
): Promise<boolean> {
  return (await store.users.lockForNewSession(userId)) && (await store.sessions.lock(id)) !== null;
}

/**
 * Locks like `lockActiveSession` and returns the session unless it has ended, by the clock too. Call it before a session
 * approves something, and again before the approval becomes a session.
 */
export async function lockApprover(
  { store, sessionLifetimes }: { store: Store; sessionLifetimes: SessionLifetimes },
  { userId, id }: Pick<SessionRecord, 'userId' | 'id'>,
): Promise<SessionRecord | null> {
  if (!(await store.users.lockForNewSession(userId))) return null;
  const session = await store.sessions.lock(id);
  return session?.userId === userId && sessionLifetimes.isActive(session) ? session : null;
}

/**
 * Ends all sessions of a member except `exceptId`, and deletes their approvals. Returns the ids of the ended sessions. Call
 * it in the transaction that makes the change, such as disabling the member.
 *
 * 1. Lock the member. This waits for transactions that start or approve a session of theirs, because each of those holds the
 *    same lock; the rows they added are visible now. No other one can begin until this transaction has committed.
 * 2. Delete the sessions and the approvals.
 *
 * The lock is not taken if the member is disabled. It is not needed then: nothing starts or approves a session of a
 * disabled member.
 */
export async function endAllSessions(store: Store, userId: string, exceptId?: string): Promise<string[]> {
  await store.users.lockForNewSession(userId);
  const ended = await store.sessions.deleteAllOf(userId, exceptId);
  await deleteApprovals(store, userId);
  return ended;
}

/**
 * Ends the sessions that one session at the identity provider started, and returns them. If `subject` is the member whom the
 * provider named, also ends those single sign-on sessions of theirs that may have started there: the ID token did not say.
 * Locks members as `endAllSessions` does. Deletes all approvals of these members, including those of their other sessions, because
 * tickets cannot be found by the session that they came from.
 */
export async function endSessionsOfSid(
  store: Store,
  { issuer, sid }: { issuer: string; sid: string },
  subject?: string,
) {
  const withSid = await store.sessions.userIdsOfSid(issuer, sid);
  const userIds = [...new Set([...withSid, ...(subject === undefined ? [] : [subject])])].sort();
  for (const userId of userIds) await store.users.lockForNewSession(userId);
  const ended = await store.sessions.deleteAllOfSid(issuer, sid);
  if (subject !== undefined) ended.push(...(await store.sessions.deleteWithoutSid(subject)));
  for (const userId of userIds) await deleteApprovals(store, userId);
  return ended;
}

/** Ends one session of a member and deletes its approvals. Returns false unless the member has this session. */
export async function endSession(store: Store, { userId, id }: { userId: string; id: string }): Promise<boolean> {
  // Waits for an approval in progress, because the approval holds the session's lock.
  if (!(await store.sessions.delete(id, userId))) return false;
  // An authorization code cannot be found by its session, so those of the member's other sessions are deleted too. They would
  // expire within a minute anyway.
  await store.tickets.deleteAllOf(userId, 'authorization-code');
  await store.deviceCodes.deleteApprovedIn(id);
  return true;
}

async function deleteApprovals(store: Store, userId: string): Promise<void> {
  await store.tickets.deleteAllOf(userId);
  await store.deviceCodes.deleteAllOf(userId);
  await store.outbox.withdrawLinks(userId);
}
