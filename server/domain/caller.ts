import { ProblemError } from '../../shared/problem.ts';
import type { Actor, ClientRecord, UserRecord } from '../store/records.ts';
import type { Store } from '../store/store.ts';

/** Where a request came from. */
export interface ClientInfo {
  ip: string | null;
  userAgent: string | null;
}

/** Through what a member acts; mails name it. */
export type Channel = 'cli' | 'console' | 'api-token-auth';

/** A signed-in member and the request at hand. */
export interface Caller {
  user: UserRecord;
  sessionId: string;
  clientInfo: ClientInfo;
  channel: Channel;
}

/** A service, named in audit and mail as people know it. */
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
 * The same once more, inside the transaction of a change, which may also be to `besides`. Until it is their turn a request
 * waits: who was demoted or disabled meanwhile must not undo it by one. @throws ProblemError `superuser-required`
 */
export async function requireStillSuperuser(store: Store, { user }: Caller, besides?: string): Promise<void> {
  if (!(await store.users.lockSuperusers(user.id, besides))) throw superuserRequired();
}

function superuserRequired(): ProblemError {
  return new ProblemError('superuser-required', 'Only an Organization Superuser may do this. Ask one of yours.');
}
