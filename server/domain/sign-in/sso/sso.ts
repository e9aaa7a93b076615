import { ProblemError } from '../../../../shared/problem.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { type ClientInfo, systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { hashSecret } from '../../secrets.ts';
import { endAllSessions, endSessionsOfSid } from '../end-sessions.ts';
import type { StartedSession, StartSession } from '../start-session.ts';
import { joinAsMember } from './new-members.ts';
import {
  domainRefused,
  foldedEmail,
  isAllowedDomain,
  type Person,
  type PersonRequest,
  type SsoPolicy,
  ssoRefused,
} from './person.ts';
import { updateEmail, updatePermissions } from './updates.ts';

/** A session that ended at the identity provider (OIDC Back-Channel Logout §2.4). At least one of `subject` and `sid` is set. */
export interface ProviderLogout {
  issuer: string;
  subject: string | null;
  sid: string | null;
  /** Id of the logout token, to detect replays. */
  jti: string;
}

/** Single sign-on: what happens after the identity provider has described a person. */
export interface Sso {
  /**
   * Signs in the member that is bound to the person's identity. An identity is issuer and subject, never an email address: a
   * verified address only finds an invited member who has not signed in yet. Audits refusals.
   *
   * @throws ProblemError `sso-refused`
   */
  signIn(person: Person, clientInfo: ClientInfo): Promise<StartedSession>;
  /** Ends the sessions that a session at the provider started. Returns false for a replayed logout. */
  endByProvider(logout: ProviderLogout, clientInfo: ClientInfo): Promise<boolean>;
}

interface SsoDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  auditTrail: AuditTrail;
  startSession: StartSession;
  policy: SsoPolicy;
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
    async signIn(person, clientInfo) {
      try {
        return await store.transaction((store) => signIn(deps, store, { person, clientInfo }));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'sso-refused') {
          const user = await store.users.findByIdentity(person);
          const actor = { kind: 'anonymous', id: null, email: foldedEmail(person) } as const;
          await auditTrail.signInFailed(store, { at: clock.now(), actor, clientInfo, user });
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

async function signIn(deps: SsoDeps, store: Store, request: PersonRequest): Promise<StartedSession> {
  const { person, clientInfo } = request;
  const known = await store.users.findByIdentity(person);
  const { id, disabled } = known ?? (await joinAsMember(deps, store, request));
  if (disabled) throw accountDisabled();
  await updateEmail(deps, store, id, request);
  await updatePermissions(deps, store, id, request);
  await store.users.recordSsoSignIn(id, deps.clock.now());
  const user = await store.users.findById(id);
  if (user === null || !isAllowedDomain(user.email, deps.policy)) throw domainRefused();
  const method = { sso: true, ssoSid: person.sid };
  const started = await deps.startSession(store, { user, clientInfo, method });
  if (started === null) throw accountDisabled();
  return started;
}

/** Returns false if this logout token was already used. */
function rememberLogout(store: Store, { issuer, jti }: ProviderLogout, at: number): Promise<boolean> {
  const hash = hashSecret(`${issuer} ${jti}`);
  const times = { createdAt: at, expiresAt: at + logoutTokenMemoryMs };
  return store.tickets.insert({ hash, kind: 'logout-token', userId: null, data: '{}', ...times });
}

async function endSessions(store: Store, { issuer, subject, sid }: ProviderLogout) {
  if (sid !== null) return endSessionsOfSid(store, issuer, sid);
  const user = subject === null ? null : await store.users.findByIdentity({ issuer, subject });
  if (user === null) return [];
  return (await endAllSessions(store, user.id)).map((id) => ({ id, userId: user.id }));
}

function accountDisabled(): ProblemError {
  return ssoRefused('Your account is disabled. Ask an Organization Superuser.');
}
