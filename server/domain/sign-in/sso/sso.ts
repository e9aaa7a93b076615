import { ProblemError } from '../../../../shared/problem.ts';
import type { UserRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import { type ClientInfo, systemActor } from '../../caller.ts';
import { hashSecret } from '../../secrets.ts';
import { endAllSessions, endSessionsOfSid } from '../end-sessions.ts';
import type { AuditFailedSignIn } from '../failed-sign-ins.ts';
import type { StartedSession, StartSession } from '../start-session.ts';
import { type ClaimDeps, followClaims } from './follow-claims.ts';
import { joinAsMember } from './new-members.ts';
import { type SignInNote, type SsoRefusal, ssoRefused } from './notes.ts';
import { foldedEmail, type Person, type PersonRequest, type SsoPolicy } from './person.ts';

/** A session that ended at the identity provider (OIDC Back-Channel Logout §2.4). At least one of `subject` and `sid` is set. */
export interface ProviderLogout {
  issuer: string;
  subject: string | null;
  sid: string | null;
  /** Id of the logout token, to detect replays. */
  jti: string;
}

/** A session that single sign-on started. */
export interface SsoSession extends StartedSession {
  /** True if the member's permissions stayed as they are because the provider did not list their groups. */
  groupsUnclear: boolean;
  /** What the log should say about the sign-in. */
  notes: SignInNote[];
}

/** Single sign-on: what happens after the identity provider has described a person. */
export interface Sso {
  /**
   * Signs in the member that is bound to the person's identity. An identity is issuer and subject, never an email address: an
   * address only finds an invited member who has not signed in yet. Updates the member's permissions, address and name to
   * what the provider said. Audits refusals.
   *
   * `authenticatedAt` is when the provider asked for a proof, in milliseconds, if it said so. A sign-in that only continues a session at
   * the provider confirms no more than that session.
   *
   * @throws SsoRefusal
   */
  signIn(person: Person, clientInfo: ClientInfo, authenticatedAt?: number | null): Promise<SsoSession>;
  /** Ends the sessions that a session at the provider started. Returns false for a replayed logout. */
  endByProvider(logout: ProviderLogout, clientInfo: ClientInfo): Promise<boolean>;
}

interface SsoDeps extends ClaimDeps {
  store: Store;
  newId: () => string;
  startSession: StartSession;
  auditFailedSignIn: AuditFailedSignIn;
}

/** Maximum age of a logout token. */
export const logoutTokenLifeMs = 10 * 60 * 1000;
/** Maximum difference between the provider's clock and ours, in either direction. */
export const providerSkewMs = 60 * 1000;
/** How long to remember a logout token: as long as its replay would be accepted otherwise. */
const logoutTokenMemoryMs = logoutTokenLifeMs + 2 * providerSkewMs;

export function createSso(deps: SsoDeps): Sso {
  const { store, clock, auditTrail } = deps;
  return {
    async signIn(person, clientInfo, authenticatedAt = null) {
      try {
        const session = await store.transaction((store) =>
          signIn(deps, store, { person, clientInfo }, authenticatedAt),
        );
        deps.notifier.wake();
        return session;
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'sso-refused') {
          const user = await store.users.findByIdentity(person);
          const actor = { kind: 'anonymous', id: null, email: foldedEmail(person) } as const;
          await deps.auditFailedSignIn({ at: clock.now(), actor, clientInfo, user });
        }
        throw error;
      }
    },

    endByProvider: (logout, clientInfo) =>
      store.transaction(async (store) => {
        const at = clock.now();
        if (!(await rememberLogout(store, logout, at))) return false;
        for (const { id, userId } of await endSessions(store, logout)) {
          const event = { at, actor: systemActor, clientInfo, sessionId: id, userId };
          await auditTrail.session(store, 'session.ended', event);
        }
        return true;
      }),
  };
}

async function signIn(
  deps: SsoDeps,
  store: Store,
  request: PersonRequest,
  authenticatedAt: number | null,
): Promise<SsoSession> {
  const { policy } = deps;
  const { person, clientInfo } = request;
  const known = await findAndLock(store, person);
  const { id, disabled } = known ?? (await joinAsMember(deps, store, request));
  if (disabled) throw accountDisabled();
  const { user, unclear, notes } = await followClaims(deps, store, id, request);
  // A password that the operator set has done its work now. Sessions that began with it end with it.
  if (await store.users.removePasswordUntilSso(id)) await endAllSessions(store, id);
  const method = { sso: true, ssoSid: person.sid };
  const started = await deps.startSession(store, { kind: 'console', user, clientInfo, method, authenticatedAt });
  if (started === null) throw accountDisabled();
  const joined = known === null ? [joinNote(user.id, request, policy)] : [];
  return { ...started, groupsUnclear: unclear, notes: [...joined, ...notes] };
}

/**
 * Returns the member with this identity, with the locks that a change of the identity takes. Otherwise a sign-in that began
 * before the identity was removed could start a session after it.
 */
async function findAndLock(store: Store, person: Person): Promise<UserRecord | null> {
  const found = await store.users.findByIdentity(person);
  if (found === null) return null;
  await store.users.lockSuperusers(found.id);
  const present = await store.users.findByIdentity(person);
  if (present?.id !== found.id) throw ssoRefused('Your account was changed just now. Sign in again.');
  return present;
}

/**
 * Logs a first sign-in, and whether its email address was verified, so that the log shows members who were found by an unverified
 * address.
 */
function joinNote(user: string, { person: { subject, emailVerified } }: PersonRequest, policy: SsoPolicy): SignInNote {
  const fields = { user, subject, claim: policy.emailClaim, email_verified: emailVerified };
  return { level: 'info', message: 'a person became a member, or was found by their email address', fields };
}

/** Returns false if this logout token was already used. */
function rememberLogout(store: Store, { issuer, jti }: ProviderLogout, at: number): Promise<boolean> {
  const hash = hashSecret(`${issuer} ${jti}`);
  const times = { createdAt: at, expiresAt: at + logoutTokenMemoryMs };
  return store.tickets.insert({ hash, kind: 'logout-token', userId: null, data: '{}', ...times });
}

async function endSessions(store: Store, { issuer, subject, sid }: ProviderLogout) {
  const user = subject === null ? null : await store.users.findByIdentity({ issuer, subject });
  if (sid !== null) return endSessionsOfSid(store, { issuer, sid }, user?.id);
  if (user === null) return [];
  return (await endAllSessions(store, user.id)).map((id) => ({ id, userId: user.id }));
}

function accountDisabled(): SsoRefusal {
  return ssoRefused('Your account is disabled. Ask an Organization Superuser.');
}
