import type { SessionRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, type Secret } from '../secrets.ts';
import type { SessionKind, SessionLifetimes } from './session-lifetimes.ts';

/** How a member signed in. A session that another session approved inherits the method of that session. */
export interface SignInMethod {
  sso: boolean;
  /** Id of the identity provider's own session, if it sent one. */
  ssoSid: string | null;
}

export const passwordSignIn: SignInMethod = { sso: false, ssoSid: null };

/** Returns the method of a session that `approver` approves. */
export function methodOf({ sso, ssoSid }: SessionRecord): SignInMethod {
  return { sso, ssoSid };
}

export interface StartedSession {
  session: SessionRecord;
  secret: Secret;
  user: UserRecord;
}

/**
 * The values that a password was verified against: its hash, and which second factors were there. Verifying can
 * take seconds under load. If one of them changes during that time, the change ended all sessions, and the outdated
 * proof must not start a new one.
 */
export type Proof = Pick<UserRecord, 'passwordHash'> & Partial<Pick<UserRecord, 'totpEnabledAt' | 'passkeyCount'>>;

export function proofOf({ passwordHash, totpEnabledAt, passkeyCount }: UserRecord): Proof {
  return { passwordHash, totpEnabledAt, passkeyCount };
}

interface NewSession {
  kind: SessionKind;
  user: UserRecord;
  clientInfo: ClientInfo;
  method: SignInMethod;
  proof?: Proof;
  /** When the identity provider asked for a proof, in milliseconds. Undefined or null: just now. */
  authenticatedAt?: number | null;
  /** The session that approved this one. Its caller holds the lock of this row. */
  approver?: SessionRecord;
  /**
   * Whether the new session belongs to a program on the computer of the browser that approved it, so that the same member uses both. The
   * code of a device can come from somebody else.
   */
  onSameComputer?: boolean;
  /** How the member proved who they are, if with a passkey. The audit event says so. */
  way?: SignInWay;
}

export type SignInWay = 'passkey' | 'password and passkey';

/**
 * Starts a session and audits it, inside the given transaction. Locks the member's row first, so that disabling the member
 * or ending their sessions happens entirely before or entirely after. Returns null if the member is disabled or the proof
 * is outdated.
 */
export type StartSession = (store: Store, start: NewSession) => Promise<StartedSession | null>;

interface StartSessionDeps {
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  sessionLifetimes: SessionLifetimes;
}

export function createStartSession(deps: StartSessionDeps): StartSession {
  return async (store, start) => {
    const { kind, user, clientInfo, method, proof, approver, way } = start;
    if (!(await store.users.lockForNewSession(user.id, proof))) return null;
    const secret = generateSecret('session');
    const at = deps.clock.now();
    const session: SessionRecord = {
      id: deps.newId(),
      userId: user.id,
      hash: secret.hash(),
      createdAt: at,
      lastSeenAt: at,
      ...deps.sessionLifetimes.begin(kind, approver),
      ...clientInfo,
      ...method,
      confirmedAt: confirmedAtOf(start, at),
    };
    await store.sessions.insert(session);
    const event = { at, actor: actorOf(user), clientInfo, sessionId: session.id, userId: user.id, ...(way && { way }) };
    await deps.auditTrail.session(store, 'session.created', event);
    return { session, secret, user };
  };
}

/**
 * Returns when the member proved who they are. An approval alone proves nothing, because the person who gets the new session did
 * not sign in.
 */
function confirmedAtOf({ authenticatedAt, approver, onSameComputer = false }: NewSession, at: number): number | null {
  if (approver === undefined) return Math.min(at, authenticatedAt ?? at);
  return onSameComputer ? approver.confirmedAt : null;
}
