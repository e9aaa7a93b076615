import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { SessionRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, type Secret } from '../secrets.ts';

/** How somebody showed who they are; a session that another one approved is of its kind. */
export interface SignedInBy {
  sso: boolean;
  /** The identity provider's own session. */
  ssoSid: string | null;
}

export const byPassword: SignedInBy = { sso: false, ssoSid: null };

export interface StartedSession {
  session: SessionRecord;
  secret: Secret;
  user: UserRecord;
}

/**
 * What a password was checked against, and whether it was enough. Hashing takes a while, in a crowd seconds: whoever changed
 * either meanwhile had every session ended, and must not have one begin after that.
 */
export type Proof = Pick<UserRecord, 'passwordHash'> & Partial<Pick<UserRecord, 'totpEnabledAt'>>;

export function proofOf({ passwordHash, totpEnabledAt }: UserRecord): Proof {
  return { passwordHash, totpEnabledAt };
}

interface Start {
  user: UserRecord;
  clientInfo: ClientInfo;
  by: SignedInBy;
  proof?: Proof;
}

/** Begins a session, inside a transaction. Null if the member was disabled, or the proof became void, meanwhile. */
export async function startSession(
  store: Store,
  deps: { clock: Clock; newId: () => string },
  { user, clientInfo, by, proof }: Start,
): Promise<StartedSession | null> {
  if (!(await store.users.lockForNewSession(user.id, proof))) return null;
  const secret = generateSecret('session');
  const at = deps.clock.now();
  const session: SessionRecord = {
    id: deps.newId(),
    userId: user.id,
    hash: secret.hash(),
    createdAt: at,
    lastSeenAt: at,
    expiresAt: at + limits.sessionAbsolute,
    ...clientInfo,
    ...by,
  };
  await store.sessions.insert(session);
  const event = { at, actor: actorOf(user), clientInfo: clientInfo, sessionId: session.id, userId: user.id };
  await auditTrail(deps).session(store, 'session.created', event);
  return { session, secret, user };
}

/** Whether a session may still be what something new comes from: what ends it comes before this or after, never between. */
export async function isAlive(store: Store, { userId, id }: SessionRecord): Promise<boolean> {
  return (await store.users.lockForNewSession(userId)) && (await store.sessions.lock(id));
}

/** Of a request that was let in before. */
export function sessionEnded(): ProblemError {
  return new ProblemError('not-authenticated', 'The session has ended. Sign in again.');
}

/** Ends every session of a member and whatever could still become one. Inside the transaction that is the reason. */
export async function endEverySession(store: Store, userId: string, exceptId?: string): Promise<string[]> {
  const ended = await store.sessions.deleteAllOf(userId, exceptId);
  await endApprovals(store, userId);
  return [...ended, ...(await store.sessions.deleteAllOf(userId, exceptId))];
}

/**
 * Takes what could still become a session. Between two ends of sessions: what one of them approves just now is there after
 * the first, and what becomes one just now before the second.
 */
export async function endApprovals(store: Store, userId: string): Promise<void> {
  await store.tickets.deleteAllOf(userId);
  await store.deviceCodes.deleteAllOf(userId);
}
