import { ProblemError } from '../../shared/problem.ts';
import type { Actor, ClientRecord, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** IP address and user agent of a request. */
export interface ClientInfo {
  ip: string | null;
  userAgent: string | null;
}

/** The interface that a member uses. Mails name it. */
export type Channel = 'cli' | 'console' | 'api-token-auth';

/** A signed-in member and their current request. */
export interface Caller {
  user: UserRecord;
  sessionId: string;
  clientInfo: ClientInfo;
  channel: Channel;
}

/** Returns an OAuth client as an actor. Audit events and mails show its name in place of an email address. */
export function clientActor({ clientId, name }: Pick<ClientRecord, 'clientId' | 'name'>): Actor {
  return { kind: 'client', id: clientId, email: name };
}

export function actorOf(user: Pick<UserRecord, 'id' | 'email'>): Actor {
  return { kind: 'user', id: user.id, email: user.email };
}

export const systemActor: Actor = { kind: 'system', id: null, email: null };

/** @throws ProblemError `superuser-required` */
export function requireSuperuser(caller: Caller): void {
  if (!caller.user.superuser) throw superuserRequired();
}

/**
 * Checks again, inside the transaction of a change, that the caller is a superuser. The first check used the session's
 * member as it was when the request arrived; without this one, a superuser who was demoted or disabled since then could
 * undo that. Locks all superusers, and the member `besides` that the change is about.
 *
 * @throws ProblemError `superuser-required`
 */
export async function requireStillSuperuser(store: Store, { user }: Caller, besides?: string): Promise<void> {
  if (!(await store.users.lockSuperusers(user.id, besides))) throw superuserRequired();
}

function superuserRequired(): ProblemError {
  return new ProblemError('superuser-required', 'Only an Organization Superuser may do this. Ask one of yours.');
}
