import { ProblemError } from '../../../shared/problem.ts';
import type { AuditAction } from '../../../shared/schemas/audit.ts';
import type { PreparedTotp } from '../../../shared/schemas/totp.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Passwords } from '../accounts/passwords.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type Caller, type ClientInfo, requireStillSuperuser, requireSuperuser } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import type { SecurityEvent } from '../notifications/security-mails.ts';
import { hashSecret } from '../secrets.ts';
import { confirmPassword, requireSamePassword } from './confirm-password.ts';
import { decided, type SignInRateLimit } from './rate-limit.ts';
import { endEverySession } from './start-session.ts';
import { generateRecoveryCodes, generateTotpSecret, plainRecoveryCode, stepOfCode, totpUri } from './totp-codes.ts';

export interface TotpDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  notifier: Notifier;
  /** How apps call us. */
  issuer: string;
  /** Whether signing in with a password always takes a second step. */
  required: boolean;
}

/** A second step for those who sign in with a password here: TOTP (RFC 6238) with recovery codes. */
export interface TotpService {
  readonly required: boolean;
  status(caller: Caller): Promise<{ enabled: boolean; required: boolean; recovery_codes_left: number }>;
  /** A secret that is not in use yet. @throws ProblemError `wrong-password`, `throttled`, `totp-enabled` */
  prepare(caller: Caller, password: string): Promise<PreparedTotp>;
  /** The same for who proved the password just now and has no session yet. @throws ProblemError `totp-enabled` */
  prepareFor(user: UserRecord): Promise<PreparedTotp>;
  /** The secret that was prepared and is not in use yet. @throws ProblemError `totp-enabled` */
  preparedFor(user: UserRecord): Promise<PreparedTotp>;
  /** Puts the prepared secret into use and answers the recovery codes; other sessions end. @throws ProblemError `wrong-code` */
  enable(caller: Pick<Caller, 'user' | 'sessionId' | 'clientInfo'>, code: string): Promise<string[]>;
  /** @throws ProblemError `wrong-password`, `throttled`, `totp-setup-required` where it is required */
  disable(caller: Caller, password: string): Promise<void>;
  /** The earlier ones are void. @throws ProblemError `wrong-password`, `throttled` */
  newRecoveryCodes(caller: Caller, password: string): Promise<string[]>;
  /** A superuser takes it from a member who lost it; their sessions end. @throws ProblemError `superuser-required`, `user-not-found` */
  reset(caller: Caller, userId: string): Promise<void>;
  /** Whether a code, or a recovery code, is right; each counts once. Guesses are limited. @throws ProblemError `throttled` */
  check(user: UserRecord, typed: string, clientInfo: ClientInfo): Promise<boolean>;
}

export function createTotpService(deps: TotpDeps): TotpService {
  const { store, clock } = deps;

  const prepareFor = async (user: UserRecord): Promise<PreparedTotp> => {
    if (user.passwordHash === null) {
      throw new ProblemError('bad-request', 'You have no password here, so there is nothing to add a second step to.');
    }
    const secret = generateTotpSecret();
    if (!(await store.totp.prepare(user.id, secret))) throw alreadyOn();
    return { secret, uri: totpUri(secret, { issuer: deps.issuer, label: user.email }) };
  };

  return {
    required: deps.required,
    prepareFor,

    async preparedFor(user) {
      const totp = await store.totp.find(user.id);
      if (totp === null || totp.enabledAt !== null) throw alreadyOn();
      return { secret: totp.secret, uri: totpUri(totp.secret, { issuer: deps.issuer, label: user.email }) };
    },

    async status({ user }) {
      const left = await store.totp.countRecoveryCodes(user.id);
      return { enabled: user.totpEnabledAt !== null, required: deps.required, recovery_codes_left: left };
    },

    async prepare(caller, password) {
      await confirmPassword(deps, caller, password, '/password');
      return prepareFor(caller.user);
    },

    async enable({ user, sessionId, clientInfo }, code) {
      const keys = guessKeys(user, clientInfo);
      await deps.rateLimit.check(keys);
      const prepared = await decided(deps.rateLimit, keys, () => store.totp.find(user.id));
      if (prepared === null || prepared.enabledAt !== null) throw alreadyOn();
      const at = clock.now();
      const step = stepOfCode(prepared.secret, code, at);
      if (step === null) throw wrongCode();
      await deps.rateLimit.succeeded(keys);
      const codes = generateRecoveryCodes();
      await store.transaction(async (store) => {
        if (!(await store.totp.enable(user.id, prepared.secret, step, at))) throw alreadyOn();
        await store.totp.replaceRecoveryCodes(user.id, codes.map(hashRecoveryCode));
        await endEverySession(store, user.id, sessionId);
        await record(deps, store, { user, by: user, clientInfo }, 'user.totp_enabled', 'totp-enabled');
      });
      deps.notifier.wake();
      return codes;
    },

    async disable(caller, password) {
      if (deps.required) throw new ProblemError('totp-setup-required', 'Two-step sign-in is required here.');
      await confirmPassword(deps, caller, password, '/password');
      const what = { user: caller.user, by: caller.user, clientInfo: caller.clientInfo };
      await takeAway(deps, what, 'totp-disabled', (store) => requireSamePassword(store, caller, '/password'));
    },

    async newRecoveryCodes(caller, password) {
      await confirmPassword(deps, caller, password, '/password');
      if (caller.user.totpEnabledAt === null) throw notOn();
      const codes = generateRecoveryCodes();
      await store.transaction(async (store) => {
        await requireSamePassword(store, caller, '/password');
        await store.totp.replaceRecoveryCodes(caller.user.id, codes.map(hashRecoveryCode));
        const what = { user: caller.user, by: caller.user, clientInfo: caller.clientInfo };
        await record(deps, store, what, 'user.recovery_codes_replaced', 'recovery-codes-replaced');
      });
      deps.notifier.wake();
      return codes;
    },

    async reset(caller, userId) {
      requireSuperuser(caller);
      const user = await store.users.findById(userId);
      if (user === null) throw new ProblemError('user-not-found', 'There is no such member.');
      const what = { user, by: caller.user, clientInfo: caller.clientInfo };
      await takeAway(deps, what, 'totp-reset', (store) => requireStillSuperuser(store, caller, userId));
    },

    async check(user, typed, clientInfo) {
      const keys = guessKeys(user, clientInfo);
      await deps.rateLimit.check(keys);
      const right = await decided(
        deps.rateLimit,
        keys,
        async () => (await takeCode(deps, user, typed)) || (await takeRecoveryCode(deps, user, typed, clientInfo)),
      );
      await (right ? deps.rateLimit.succeeded(keys) : deps.rateLimit.failed(keys));
      return right;
    },
  };
}

interface Happened {
  user: UserRecord;
  by: UserRecord;
  clientInfo: ClientInfo;
}

async function takeCode({ store, clock }: TotpDeps, user: UserRecord, typed: string): Promise<boolean> {
  const totp = await store.totp.find(user.id);
  const step = totp?.enabledAt == null ? null : stepOfCode(totp.secret, typed, clock.now());
  return step !== null && store.totp.consumeTimeStep(user.id, step);
}

async function takeRecoveryCode(
  deps: TotpDeps,
  user: UserRecord,
  typed: string,
  clientInfo: ClientInfo,
): Promise<boolean> {
  const taken = await deps.store.transaction(async (store) => {
    if (!(await store.totp.consumeRecoveryCode(user.id, hashRecoveryCode(typed)))) return false;
    await record(deps, store, { user, by: user, clientInfo }, 'user.recovery_code_used', 'recovery-code-used');
    return true;
  });
  if (taken) deps.notifier.wake();
  return taken;
}

/** Does nothing where there is nothing to take away. */
async function takeAway(
  deps: TotpDeps,
  what: Happened,
  event: SecurityEvent,
  confirm?: (store: Store) => Promise<void>,
): Promise<void> {
  await deps.store.transaction(async (store) => {
    await confirm?.(store);
    if (!(await store.totp.remove(what.user.id))) return;
    if (event === 'totp-reset') await endEverySession(store, what.user.id);
    await record(deps, store, what, 'user.totp_disabled', event);
  });
  deps.notifier.wake();
}

async function record(deps: TotpDeps, store: Store, what: Happened, action: AuditAction, event: SecurityEvent) {
  const at = deps.clock.now();
  const { user, by, clientInfo } = what;
  await auditTrail(deps).user(store, action, { at, actor: actorOf(by), clientInfo, user });
  await deps.notifier.security(store, { at, owner: user, clientInfo, event, actor: actorOf(by) });
}

/** Apart from the password's own: who knows that one must not get new guesses by typing it again. */
function guessKeys(user: UserRecord, { ip }: ClientInfo) {
  return { account: `second step of ${user.id}`, ip };
}

function hashRecoveryCode(code: string): string {
  return hashSecret(plainRecoveryCode(code));
}

function alreadyOn(): ProblemError {
  return new ProblemError('totp-enabled', 'Two-step sign-in is on already, or was not begun. Start again.');
}

function notOn(): ProblemError {
  return new ProblemError('bad-request', 'Two-step sign-in is not on.');
}

function wrongCode(): ProblemError {
  const detail =
    'This is not the code that the app shows now. Look at the clock of both devices, and try the next one.';
  return new ProblemError('wrong-code', detail, { errors: [{ pointer: '/code', detail }] });
}
