import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { redact } from '../../../shared/redact.ts';
import { StoreUnavailable } from '../../store/errors.ts';
import type { SessionRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { checkNewPassword, type Passwords } from '../accounts/passwords.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { hashSecret } from '../secrets.ts';
import { confirmPassword, requireSamePassword } from './confirm-password.ts';
import { decided, type SignInRateLimit } from './rate-limit.ts';
import { byPassword, endEverySession, proofOf, type StartedSession, startSession } from './start-session.ts';
import type { TotpService } from './totp.ts';

export interface SessionDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  totp: TotpService;
}

export interface AuthenticatedSession {
  session: SessionRecord;
  user: UserRecord;
}

export interface SessionService {
  /**
   * The member whom e-mail and password name, or null: for unknown, disabled and SSO-only members and a wrong password
   * alike, and after the same time. Failures are audited. @throws ProblemError `throttled`
   */
  checkPassword(email: string, password: string, clientInfo: ClientInfo): Promise<UserRecord | null>;
  /** @throws ProblemError `wrong-credentials`, `throttled`, `totp-required` (no code, or a wrong one), `totp-setup-required` */
  signIn(email: string, password: string, clientInfo: ClientInfo, code?: string): Promise<StartedSession>;
  /** The session and its member, or null if it ended or the member is disabled. Moves the idle end on. */
  authenticate(secret: string): Promise<AuthenticatedSession | null>;
  signOut(caller: Caller): Promise<void>;
  /** The caller's own sessions that have not ended, last seen first: the latest hundred. */
  list(caller: Caller): Promise<SessionRecord[]>;
  /** Ends one of the caller's own sessions. @throws ProblemError `not-found` */
  end(caller: Caller, id: string): Promise<void>;
  /** Ends the caller's sessions except the one that asks. */
  endOthers(caller: Caller): Promise<void>;
  /** Ends the member's other sessions. @throws ProblemError `wrong-password`, `throttled`, `invalid-fields` */
  changePassword(caller: Caller, current: string, next: string): Promise<void>;
}

/** An idle end that moves on at most this often keeps reads from becoming writes. */
const touchEveryMs = 60_000;

const mostListed = 100;

export function createSessions(deps: SessionDeps): SessionService {
  const { store, clock } = deps;
  const audit = auditTrail(deps);
  const checkPassword: SessionService['checkPassword'] = (email, password, clientInfo) =>
    verifyPassword(deps, email, password, clientInfo);

  return {
    checkPassword,

    async signIn(email, password, clientInfo, code) {
      const user = await checkPassword(email, password, clientInfo);
      if (user === null) throw wrongCredentials();
      await requireSecondFactor(deps.totp, user, clientInfo, code);
      const started = await store.transaction((store) =>
        startSession(store, deps, { user, clientInfo: clientInfo, by: byPassword, proof: proofOf(user) }),
      );
      if (started === null) throw wrongCredentials();
      return started;
    },

    async authenticate(secret) {
      const found = await store.sessions.findByHash(hashSecret(secret));
      if (found === null || found.user.disabled || lacksSecondFactor(found)) return null;
      const now = clock.now();
      const { session } = found;
      if (now >= session.expiresAt || now >= session.lastSeenAt + limits.sessionIdle) return null;
      if (now - session.lastSeenAt < touchEveryMs) return found;
      // On a disk that is full, or while the database takes no changes, reading goes on.
      await store.sessions.touch(session.id, now).catch(unlessUnavailable);
      return { ...found, session: { ...session, lastSeenAt: now } };
    },

    async signOut(caller) {
      await endSession(caller, caller.sessionId);
    },

    list({ user }) {
      const now = clock.now();
      return store.sessions.listOf(user.id, { now, idleBefore: now - limits.sessionIdle + 1, limit: mostListed });
    },

    async end(caller, id) {
      if (!(await endSession(caller, id))) throw noSuchSession();
    },

    async endOthers({ user, sessionId, clientInfo }) {
      const event = { at: clock.now(), actor: actorOf(user), clientInfo: clientInfo, userId: user.id };
      await store.transaction(async (store) => {
        for (const id of await endEverySession(store, user.id, sessionId)) {
          await audit.session(store, 'session.ended', { ...event, sessionId: id });
        }
      });
    },

    async changePassword(caller, current, next) {
      const { user, sessionId, clientInfo } = caller;
      await confirmPassword(deps, caller, current, '/current');
      const hash = await deps.passwords.hash(await checkNewPassword(next, { pointer: '/new', email: user.email }));
      await store.transaction(async (store) => {
        await requireSamePassword(store, caller, '/current');
        await store.users.setPasswordHash(user.id, hash);
        await endEverySession(store, user.id, sessionId);
        await audit.user(store, 'user.password_changed', {
          at: clock.now(),
          actor: actorOf(user),
          clientInfo: clientInfo,
          user,
        });
      });
    },
  };

  /** A session from before a second step was required. */
  function lacksSecondFactor({ session, user }: AuthenticatedSession): boolean {
    return deps.totp.required && !session.sso && user.passwordHash !== null && user.totpEnabledAt === null;
  }

  /** False unless it is one of the caller's own. */
  function endSession({ user, clientInfo }: Caller, sessionId: string): Promise<boolean> {
    return store.transaction(async (store) => {
      if (!(await store.sessions.delete(sessionId, user.id))) return false;
      // What it approved and is no session yet. Codes for programs last a minute, so that those of others count little.
      await store.deviceCodes.deleteApprovedIn(sessionId);
      await store.tickets.deleteAllOf(user.id, 'authorization-code');
      const event = { at: clock.now(), actor: actorOf(user), clientInfo: clientInfo, userId: user.id };
      await audit.session(store, 'session.ended', { ...event, sessionId });
      return true;
    });
  }
}

/** @throws ProblemError `totp-required`, `totp-setup-required`, `throttled` */
async function requireSecondFactor(
  totp: TotpService,
  user: UserRecord,
  clientInfo: ClientInfo,
  code?: string,
): Promise<void> {
  if (user.totpEnabledAt === null) {
    if (!totp.required) return;
    throw new ProblemError(
      'totp-setup-required',
      'Two-step sign-in is required here. Sign in in a browser to set it up.',
    );
  }
  if (code === undefined || code === '') {
    throw new ProblemError('totp-required', 'Type the code of your authenticator app, or a recovery code.');
  }
  if (await totp.check(user, code, clientInfo)) return;
  throw new ProblemError('totp-required', 'This code is wrong, or was used before. Wait for the next one.');
}

async function verifyPassword(
  deps: SessionDeps,
  email: string,
  password: string,
  clientInfo: ClientInfo,
): Promise<UserRecord | null> {
  const { store, passwords, rateLimit } = deps;
  const account = foldName(normalizeName(email));
  const keys = { account, ip: clientInfo.ip };
  await rateLimit.check(keys);
  const { user, matches } = await decided(rateLimit, keys, async () => {
    const user = await store.users.findByEmail(account);
    return { user, matches: await passwords.verify(user?.passwordHash ?? null, password) };
  });
  if (matches && user !== null && !user.disabled) {
    await rateLimit.succeeded(keys);
    return user;
  }
  await rateLimit.failed(keys);
  await auditTrail(deps).signInFailed(store, {
    at: deps.clock.now(),
    actor: { kind: 'anonymous', id: null, email: user?.emailFolded ?? typedAddress(account) },
    clientInfo: clientInfo,
    user,
  });
  return null;
}

/** What was typed as an address, if it is one: passwords and tokens are typed into the wrong field, too, and are not kept. */
function typedAddress(typed: string): string | null {
  const isAddress = /^[^@]+@[^@\s]+\.[^@\s.]+$/.test(typed);
  return isAddress ? redact(typed).slice(0, limits.emailCharacters) : null;
}

function unlessUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}

function noSuchSession(): ProblemError {
  return new ProblemError('not-found', 'There is no such session. It may have ended already.');
}

/** One answer for unknown, disabled and single sign-on members and a wrong password. */
export function wrongCredentials(): ProblemError {
  return new ProblemError('wrong-credentials', 'Unable to sign in with this e-mail address and password.');
}
