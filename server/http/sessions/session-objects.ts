import { limits } from '../../../shared/limits.ts';
import type { ListedSession, Session } from '../../../shared/schemas/sign-in/sessions.ts';
import type { ConfirmationWay } from '../../domain/sign-in/confirmation/confirmations.ts';
import { kindOf, type SessionLifetimes } from '../../domain/sign-in/session-lifetimes.ts';
import { describeUserAgent } from '../../domain/user-agent.ts';
import type { SessionRecord } from '../../store/records.ts';

type Lifetimes = Pick<SessionLifetimes, 'endsOf'>;

/** Returns the current session as the API shows it. `serverVersion` is null for a member who may not know it. */
export function sessionObject(
  session: SessionRecord,
  lifetimes: Lifetimes,
  ways: readonly ConfirmationWay[],
  serverVersion: string | null,
): Session {
  return {
    id: session.id,
    created_at: time(session.createdAt),
    ...endsObject(session, lifetimes),
    confirmed_until: session.confirmedAt === null ? null : time(session.confirmedAt + limits.confirmationLifetimeMs),
    confirm_with: [...ways],
    server_version: serverVersion,
  };
}

/** Returns a session as the lists of the API show it. `currentId` is the ID of the session that asks. */
export function listedSessionObject(session: SessionRecord, lifetimes: Lifetimes, currentId: string): ListedSession {
  const { id, createdAt, lastSeenAt, ip, userAgent, sso } = session;
  return {
    id,
    kind: kindOf(session),
    ip,
    agent: userAgent === null ? null : describeUserAgent(userAgent),
    user_agent: userAgent,
    sso,
    created_at: time(createdAt),
    last_used_at: time(lastSeenAt),
    ...endsObject(session, lifetimes),
    current: id === currentId,
  };
}

function endsObject(session: SessionRecord, lifetimes: Lifetimes) {
  const { latest, unused } = lifetimes.endsOf(session);
  return { expires_at: time(latest), idle_expires_at: time(unused) };
}

function time(at: number): string {
  return new Date(at).toISOString();
}
