import { limits } from '../../shared/limits.ts';
import type { SessionRecord, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';
import { auditTrail } from './audit.ts';
import { actorOf, type Origin } from './caller.ts';
import type { Clock } from './clock.ts';
import { generateSecret, type Secret } from './secrets.ts';

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

interface Start {
  user: UserRecord;
  origin: Origin;
  by: SignedInBy;
  /** The hash that the password was checked against; whoever changed it meanwhile had every session ended. */
  passwordHash?: string | null;
}

/** Begins a session, inside a transaction. Null if the member was disabled, or the password changed, meanwhile. */
export async function startSession(
  store: Store,
  deps: { clock: Clock; newId: () => string },
  { user, origin, by, passwordHash }: Start,
): Promise<StartedSession | null> {
  if (!(await store.users.lockForNewSession(user.id, passwordHash))) return null;
  const secret = generateSecret('session');
  const at = deps.clock.now();
  const session: SessionRecord = {
    id: deps.newId(),
    userId: user.id,
    hash: secret.hash(),
    createdAt: at,
    lastSeenAt: at,
    expiresAt: at + limits.sessionAbsolute,
    ...origin,
    ...by,
  };
  await store.sessions.insert(session);
  const event = { at, actor: actorOf(user), origin, sessionId: session.id, userId: user.id };
  await auditTrail(deps).session(store, 'session.created', event);
  return { session, secret, user };
}

/** Ends every session of a member and whatever could still become one. Inside the transaction that is the reason. */
export async function endEverySession(store: Store, userId: string, exceptId?: string): Promise<string[]> {
  await store.tickets.deleteAllOf(userId);
  await store.deviceCodes.deleteAllOf(userId);
  return store.sessions.deleteAllOf(userId, exceptId);
}
