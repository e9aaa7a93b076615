import { randomUUID } from 'node:crypto';
import type { SessionLifetimes } from '../../../server/domain/sign-in/session-lifetimes.ts';
import type { Store } from '../../../server/store/store.ts';

/** Stores a session of a member, whose secret nobody knows, and returns its ID. Changes of tokens lock the session of their caller. */
export async function storeSession(
  store: Pick<Store, 'sessions'>,
  lifetimes: SessionLifetimes,
  { userId, at }: { userId: string; at: number },
): Promise<string> {
  const id = randomUUID();
  const times = { createdAt: at, lastSeenAt: at, ...lifetimes.begin('program') };
  const session = { id, userId, hash: `hash of ${id}`, ...times, sso: false, ssoSid: null, confirmedAt: at };
  await store.sessions.insert({ ...session, ip: null, userAgent: null });
  return id;
}
