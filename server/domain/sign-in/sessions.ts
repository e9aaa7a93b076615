import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { StoreUnavailable } from '../../store/errors.ts';
import type { SessionRecord, UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { checkNewPassword, type Passwords } from '../accounts/passwords.ts';
import type { AuditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { hashSecret, isGenerated } from '../secrets.ts';
import { endAllSessions, endSession } from './end-sessions.ts';
import type { AuditFailedSignIn } from './failed-sign-ins.ts';
import { hasSecondFactor } from './has-second-factor.ts';
import { type CheckPassword, createCheckPassword } from './password/check-password.ts';
import { confirmPassword, requireSamePassword } from './password/confirm-password.ts';
import type { PasswordPolicy } from './password/password-policy.ts';
import { noSuchSession, wrongSecondFactor } from './problems.ts';
import type { SignInRateLimit } from './rate-limit/rate-limit.ts';
import type { SessionLifetimes } from './session-lifetimes.ts';
import { openIdToken, sealIdToken } from './sso/sealed-id-token.ts';
import { passwordSignIn, proofOf, type StartedSession, type StartSession } from './start-session.ts';
import type { Totp } from './totp/totp.ts';

export interface SessionDeps {
  store: Store;
  clock: Clock;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  auditTrail: AuditTrail;
  auditFailedSignIn: AuditFailedSignIn;
  startSession: StartSession;
  sessionLifetimes: SessionLifetimes;
  totp: Totp;
  passwordPolicy: PasswordPolicy;
}

export interface AuthenticatedSession {
  session: SessionRecord;
  user: UserRecord;
}

export interface Sessions {
  checkPassword: CheckPassword;
  /**
   * Signs a program in with a password, and with a code of the second factor if the member has one.
   *
   * @throws ProblemError `wrong-credentials`, `password-sign-in-off`, `throttled`, `totp-required` (the code is missing or
   * wrong), `totp-setup-required`
   */
  signIn(email: string, password: string, clientInfo: ClientInfo, code?: string): Promise<StartedSession>;
  /**
   * Returns the session with this secret and its member. Returns null if the session has ended, the member is disabled, or
   * the member may no longer sign in the way that this session began. Restarts the idle timeout.
   */
  authenticate(secret: string): Promise<AuthenticatedSession | null>;
  /** Stores the ID token that a session began with, encrypted, for as long as the session exists. */
  keepIdToken(started: StartedSession, idToken: string): Promise<void>;
  /** Returns the ID token that the session with this secret began with. Returns null if there is none. */
  idToken(session: SessionRecord, secret: string): Promise<string | null>;
  /** Ends the caller's session. */
  signOut(caller: Caller): Promise<void>;
  /** Returns the caller's active sessions, last seen first, at most 100. */
  list(caller: Caller): Promise<SessionRecord[]>;
  /** Ends one of the caller's own sessions. @throws ProblemError `not-found` */
  end(caller: Caller, id: string): Promise<void>;
  /**
   * Ends the caller's session because `next` takes its place in the same browser. If both are the same member's, `next` can
   * decide about the devices whose codes were entered before.
   */
  replace(caller: Caller, next: SessionRecord): Promise<void>;
  /** Ends the caller's sessions except the current one. */
  endOthers(caller: Caller): Promise<void>;
  /**
   * Changes the caller's password and ends their other sessions. Returns the member with the new password.
   *
   * @throws ProblemError `wrong-password`, `password-sign-in-off`, `throttled`, `invalid-fields`
   */
  changePassword(caller: Caller, current: string, next: string): Promise<UserRecord>;
}

export function createSessions(deps: SessionDeps): Sessions {
  const { store, clock, auditTrail } = deps;
  const checkPassword = createCheckPassword(deps);

  /** Ends a session of the caller and audits it. Returns false unless they have it. */
  const endOwn = async (store: Store, { user, clientInfo }: Caller, sessionId: string): Promise<boolean> => {
    if (!(await endSession(store, { userId: user.id, id: sessionId }))) return false;
    const event = { at: clock.now(), actor: actorOf(user), clientInfo, userId: user.id };
    await auditTrail.session(store, 'session.ended', { ...event, sessionId });
    return true;
  };

  return {
    checkPassword,

    async signIn(email, password, clientInfo, code) {
      const user = await checkPassword(email, password, clientInfo);
      if (user === null) throw deps.passwordPolicy.refusal();
      await requireSecondFactor(deps.totp, user, clientInfo, code);
      const started = await store.transaction((store) =>
        deps.startSession(store, { kind: 'program', user, clientInfo, method: passwordSignIn, proof: proofOf(user) }),
      );
      if (started === null) throw deps.passwordPolicy.refusal();
      return started;
    },

    authenticate: (secret) => authenticate(deps, secret),

    keepIdToken: ({ session, secret }, idToken) => store.sessions.setIdToken(session.id, sealIdToken(idToken, secret)),

    async idToken({ id }, secret) {
      const sealed = await store.sessions.findIdToken(id);
      return sealed === null ? null : openIdToken(sealed, secret);
    },

    async signOut(caller) {
      await store.transaction((store) => endOwn(store, caller, caller.sessionId));
    },

    list: ({ user }) => store.sessions.listOf(user.id, deps.sessionLifetimes.bounds(), limits.maxListedSessions),

    async end(caller, id) {
      if (!(await store.transaction((store) => endOwn(store, caller, id)))) throw noSuchSession();
    },

    async replace(caller, next) {
      await store.transaction(async (store) => {
        const ended = await endOwn(store, caller, caller.sessionId);
        if (ended && next.userId === caller.user.id) await store.deviceCodes.moveToSession(caller.sessionId, next.id);
      });
    },

    async endOthers({ user, sessionId, clientInfo }) {
      const event = { at: clock.now(), actor: actorOf(user), clientInfo, userId: user.id };
      await store.transaction(async (store) => {
        for (const id of await endAllSessions(store, user.id, sessionId)) {
          await auditTrail.session(store, 'session.ended', { ...event, sessionId: id });
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
        await endAllSessions(store, user.id, sessionId);
        const event = { at: clock.now(), actor: actorOf(user), clientInfo, user };
        await auditTrail.user(store, 'user.password_changed', event);
      });
      return { ...user, passwordHash: hash };
    },
  };
}

async function authenticate(
  { store, clock, sessionLifetimes, totp, passwordPolicy }: SessionDeps,
  secret: string,
): Promise<AuthenticatedSession | null> {
  if (!isGenerated('session', secret)) return null;
  const found = await store.sessions.findByHash(hashSecret(secret));
  if (found === null || found.user.disabled || lacksSecondFactor(totp, found)) return null;
  // The operator may have turned off sign-in with a password since, or a superuser may have been demoted.
  if (!found.session.sso && !passwordPolicy.allows(found.user)) return null;
  const { session } = found;
  if (!sessionLifetimes.isActive(session)) return null;
  const now = clock.now();
  if (now - session.lastSeenAt < sessionLifetimes.touchIntervalMs(session)) return found;
  // Ignore the error, so that members can still read while the disk is full or the database accepts no writes.
  await store.sessions.touch(session.id, now).catch(ignoreUnavailable);
  return { ...found, session: { ...session, lastSeenAt: now } };
}

/**
 * Reports whether the session was started with only a password, before the organization required a second factor. The session
 * of a recovery link is exempt: the link removed the second factor.
 */
function lacksSecondFactor(totp: Totp, { session, user }: AuthenticatedSession): boolean {
  const passwordOnly = !session.sso && user.passwordHash !== null && !hasSecondFactor(user);
  return totp.required && passwordOnly && !user.passwordUntilSso;
}

/** @throws ProblemError `totp-required`, `totp-setup-required`, `throttled` */
async function requireSecondFactor(totp: Totp, user: UserRecord, clientInfo: ClientInfo, code?: string): Promise<void> {
  if (!hasSecondFactor(user)) {
    if (!totp.required) return;
    throw new ProblemError(
      'totp-setup-required',
      'Your organization requires two-factor sign-in. Sign in with a browser to set it up.',
    );
  }
  if (code === undefined || code === '') {
    throw new ProblemError('totp-required', codeWanted(user));
  }
  if (!(await totp.check(user, code, clientInfo))) throw wrongSecondFactor();
}

function codeWanted({ totpEnabledAt }: UserRecord): string {
  if (totpEnabledAt !== null) return 'Enter the code from your authenticator app, or a recovery code.';
  return 'Your second factor is a passkey, which needs a browser. Sign in there, or enter a recovery code.';
}

function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof StoreUnavailable)) throw error;
}
