import { foldName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { emailSchema, userNameSchema } from '../../../shared/schemas/common.ts';
import type { Identity, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type ClientInfo, systemActor } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { hashSecret } from '../secrets.ts';
import { endApprovals, endEverySession, type StartedSession, startSession } from './start-session.ts';

/** Who signed in, as the identity provider says. */
export interface Person extends Identity {
  email: string | null;
  /** Whether the provider made sure that the address is theirs. */
  emailVerified: boolean;
  name: string | null;
  groups: readonly string[];
  /** The provider's own session. */
  sid: string | null;
}

/** A session that ended at the identity provider (OIDC Back-Channel Logout §2.4). One of `subject` and `sid` is there. */
export interface ProviderLogout {
  issuer: string;
  subject: string | null;
  sid: string | null;
  jti: string;
}

/** What the operator decided about members who come through the identity provider. */
export interface SsoPolicy {
  autoProvision: boolean;
  /** Lower case; null: any. */
  allowedDomains: readonly string[] | null;
  superuserGroup: string | null;
  tokensGroup: string | null;
}

export interface SsoService {
  /**
   * A session for that person. A person is issuer and subject, never an e-mail address: a verified address only finds a
   * member who was invited and never signed in. Refusals are audited. @throws ProblemError `sso-refused`
   */
  signIn(person: Person, clientInfo: ClientInfo): Promise<StartedSession>;
  /** Ends what that sign-in began here. False if this logout was told before. */
  endByProvider(logout: ProviderLogout, clientInfo: ClientInfo): Promise<boolean>;
}

interface SsoDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  policy: SsoPolicy;
}

/** A logout token that is older is refused. */
export const logoutTokenLifeMs = 10 * 60 * 1000;
/** How far the provider's clock may be from ours, either way. */
export const providerSkewMs = 30 * 1000;
/** As long as it could be told again. */
const logoutTokenMemoryMs = logoutTokenLifeMs + 2 * providerSkewMs;

export function createSso(deps: SsoDeps): SsoService {
  const { store, clock } = deps;
  return {
    async signIn(person, clientInfo) {
      try {
        return await store.transaction((store) => admit(deps, store, person, clientInfo));
      } catch (error) {
        if (error instanceof ProblemError && error.code === 'sso-refused') {
          const user = await store.users.findByIdentity(person);
          const actor = { kind: 'anonymous', id: null, email: foldedEmail(person) } as const;
          await auditTrail(deps).signInFailed(store, { at: clock.now(), actor, clientInfo: clientInfo, user });
        }
        throw error;
      }
    },

    endByProvider: ({ issuer, subject, sid, jti }, clientInfo) =>
      store.transaction(async (store) => {
        const at = clock.now();
        const times = { createdAt: at, expiresAt: at + logoutTokenMemoryMs };
        const hash = hashSecret(`${issuer} ${jti}`);
        const isNew = await store.tickets.insert({ hash, kind: 'logout-token', userId: null, data: '{}', ...times });
        if (!isNew) return false;
        const ended = sid === null ? await endAllOf(store, issuer, subject) : await endSid(store, issuer, sid);
        for (const { id, userId } of ended) {
          const event = { at, actor: systemActor, clientInfo: clientInfo, sessionId: id, userId };
          await auditTrail(deps).session(store, 'session.ended', event);
        }
        return true;
      }),
  };
}

async function endAllOf(store: Store, issuer: string, subject: string | null) {
  const user = subject === null ? null : await store.users.findByIdentity({ issuer, subject });
  if (user === null) return [];
  return (await endEverySession(store, user.id)).map((id) => ({ id, userId: user.id }));
}

/** Also what was approved from such a session and is no session yet. */
async function endSid(store: Store, issuer: string, sid: string) {
  const ended = await store.sessions.deleteAllOfSid(issuer, sid);
  for (const { userId } of ended) await endApprovals(store, userId);
  return [...ended, ...(await store.sessions.deleteAllOfSid(issuer, sid))];
}

async function admit(deps: SsoDeps, store: Store, person: Person, clientInfo: ClientInfo): Promise<StartedSession> {
  const known = await store.users.findByIdentity(person);
  const { id, disabled } = known ?? (await welcome(deps, store, person, clientInfo));
  if (disabled) throw refused('Your account is disabled. Ask an Organization Superuser.');
  await takeEmail(deps, store, id, person, clientInfo);
  await takeGroups(deps, store, id, person, clientInfo);
  await store.users.recordSsoSignIn(id, deps.clock.now());
  const user = await store.users.findById(id);
  if (user === null || !isAllowedDomain(user.email, deps.policy)) throw domainRefused();
  const by = { sso: true, ssoSid: person.sid };
  const started = await startSession(store, deps, { user, clientInfo: clientInfo, by });
  if (started === null) throw refused('Your account is disabled. Ask an Organization Superuser.');
  return started;
}

/** The member that somebody unknown becomes: the one who was invited by that address, or a new one. */
async function welcome(deps: SsoDeps, store: Store, person: Person, clientInfo: ClientInfo): Promise<UserRecord> {
  const email = verifiedEmail(person);
  if (email === null) {
    throw refused('Your identity provider does not vouch for an e-mail address of yours. Ask its administrator.');
  }
  if (!isAllowedDomain(email, deps.policy)) throw domainRefused();
  const holder = await store.users.findByEmail(foldName(email));
  if (holder !== null) return bind(deps, store, holder, person, clientInfo);
  if (!deps.policy.autoProvision) throw refused('You are no member here. Ask an Organization Superuser to add you.');
  return provision(deps, store, { email, person, clientInfo: clientInfo });
}

async function bind(deps: SsoDeps, store: Store, user: UserRecord, person: Person, clientInfo: ClientInfo) {
  if (!isSameMailbox(user.email, person.email ?? '') || !(await store.users.bindIdentity(user.id, person))) {
    throw refused(
      'This e-mail address belongs to an account that does not sign in in this way. Sign in with its password, or ask an Organization Superuser.',
    );
  }
  const event = { at: deps.clock.now(), actor: actorOf(user), clientInfo: clientInfo, user };
  await auditTrail(deps).user(store, 'user.sso_bound', event);
  return user;
}

/** Folding and composing make one name of two that look alike, which may be two people's mailboxes: Straße's and Strasse's. */
function isSameMailbox(one: string, other: string): boolean {
  const plain = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return plain(one) === plain(other);
}

async function provision(
  deps: SsoDeps,
  store: Store,
  { email, person, clientInfo }: { email: string; person: Person; clientInfo: ClientInfo },
): Promise<UserRecord> {
  const at = deps.clock.now();
  const user: UserRecord = {
    id: deps.newId(),
    email,
    emailFolded: foldName(email),
    name: userNameSchema.safeParse(person.name ?? '').data ?? '',
    superuser: false,
    disabled: false,
    canManageTokens: false,
    passwordHash: null,
    sso: true,
    ssoSignedInAt: at,
    totpEnabledAt: null,
    createdAt: at,
  };
  if (!(await store.users.insert(user, person)))
    throw refused('Somebody took this e-mail address just now. Try again.');
  await auditTrail(deps).user(store, 'user.created', { at, actor: actorOf(user), clientInfo: clientInfo, user });
  return user;
}

/** Who has another address at the provider is still the same member; an address that somebody else has stays theirs. */
async function takeEmail(
  deps: SsoDeps,
  store: Store,
  id: string,
  person: Person,
  clientInfo: ClientInfo,
): Promise<void> {
  const email = verifiedEmail(person);
  if (email === null || !isAllowedDomain(email, deps.policy)) return;
  if ((await store.users.setEmail(id, email)) !== true) return;
  const event = { at: deps.clock.now(), actor: systemActor, clientInfo: clientInfo, user: { id, email } };
  await auditTrail(deps).user(store, 'user.email_changed', event);
}

/** Where the provider's groups decide, they decide both ways; the last superuser stays one. */
async function takeGroups(
  deps: SsoDeps,
  store: Store,
  id: string,
  person: Person,
  clientInfo: ClientInfo,
): Promise<void> {
  const { superuserGroup, tokensGroup } = deps.policy;
  const user = { id, email: (await store.users.findById(id))?.email ?? '' };
  const event = { at: deps.clock.now(), actor: systemActor, clientInfo: clientInfo, user };
  const audit = auditTrail(deps);
  if (superuserGroup !== null) {
    const is = person.groups.includes(superuserGroup);
    const changed = await store.users.setSuperuser(id, is);
    if (changed === true) await audit.user(store, is ? 'user.promoted' : 'user.demoted', event);
  }
  if (tokensGroup !== null) {
    const may = person.groups.includes(tokensGroup);
    const changed = await store.users.setCanManageTokens(id, may);
    if (changed) await audit.user(store, may ? 'user.permission_granted' : 'user.permission_removed', event);
  }
}

function verifiedEmail({ email, emailVerified }: Person): string | null {
  return emailVerified ? (emailSchema.safeParse(email).data ?? null) : null;
}

function foldedEmail({ email }: Person): string | null {
  const parsed = emailSchema.safeParse(email).data;
  return parsed === undefined ? null : foldName(parsed);
}

function isAllowedDomain(email: string, { allowedDomains }: SsoPolicy): boolean {
  return allowedDomains?.includes(email.slice(email.lastIndexOf('@') + 1).toLowerCase()) ?? true;
}

function domainRefused(): ProblemError {
  return refused('E-mail addresses of this domain may not sign in here. Ask an Organization Superuser.');
}

function refused(detail: string): ProblemError {
  return new ProblemError('sso-refused', detail);
}
