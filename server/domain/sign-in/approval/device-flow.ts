import { limits } from '../../../../shared/limits.ts';
import { ProblemError } from '../../../../shared/problem.ts';
import type { Limiter } from '../../../store/limiter.ts';
import type { DeviceCodeRecord, SessionRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller, ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { generateSecret, hashSecret, isGenerated, type Secret } from '../../secrets.ts';
import { lockApprover } from '../end-sessions.ts';
import { clientNetwork } from '../rate-limit/client-network.ts';
import type { SessionLifetimes } from '../session-lifetimes.ts';
import { methodOf, type StartedSession, type StartSession } from '../start-session.ts';
import { createPollPacing } from './poll-pacing.ts';
import { formatUserCode, generateUserCode, parseUserCode } from './user-codes.ts';

/** RFC 8628 §3.5. `invalid_grant`: the code does not exist or was already used (RFC 6749 §5.2). */
export type PollError = 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant';

/**
 * Sign-in for a device without a browser, approved in a browser on another device (RFC 8628). The states of a device code:
 *
 * 1. pending: `begin` created it.
 * 2. pending and opened: a browser session entered its user code. Only that session can decide.
 * 3. approved or denied: `decide` did this, and the decision is final.
 * 4. gone: `poll` exchanged an approved code for a session, or a job deleted it after it expired.
 */
export interface DeviceFlow {
  /** Creates the codes for a device. @throws ProblemError `throttled` */
  begin(clientId: string, clientInfo: ClientInfo): Promise<{ deviceCode: Secret; userCode: string }>;
  /**
   * Finds the device that shows this user code and reserves it for the caller's session. Returns null for codes that are
   * unknown, decided, expired or opened by another session. Guesses are limited.
   *
   * @throws ProblemError `throttled`
   */
  open(caller: Caller, typed: string): Promise<DeviceCodeRecord | null>;
  /** Returns a pending device that the caller's session opened. */
  findOpened(caller: Caller, typed: string): Promise<DeviceCodeRecord | null>;
  /** Approves or denies a device. Returns false unless this session opened it, is active, and the device is pending. */
  decide(caller: Caller, session: SessionRecord, typed: string, status: 'approved' | 'denied'): Promise<boolean>;
  /** Returns the approved session, once, or the error to send to the device. */
  poll(deviceCode: string, clientId: string, clientInfo: ClientInfo): Promise<StartedSession | PollError>;
}

const windowSeconds = 600;
const maxBegunPerNetwork = 60;
/** Per member and per network. */
const maxWrongGuesses = 20;

interface DeviceFlowDeps {
  store: Store;
  clock: Clock;
  startSession: StartSession;
  sessionLifetimes: SessionLifetimes;
}

export function createDeviceFlow({ store, clock, startSession, sessionLifetimes }: DeviceFlowDeps): DeviceFlow {
  const begun = store.limiter({ name: 'device-begun', limit: maxBegunPerNetwork, windowSeconds });
  const guesses = store.limiter({ name: 'device-guess', limit: maxWrongGuesses, windowSeconds });
  const pacing = createPollPacing(clock);

  const findOpened: DeviceFlow['findOpened'] = async ({ sessionId }, typed) => {
    const device = await store.deviceCodes.findByUserCode(parseUserCode(typed));
    const open = device?.status === 'pending' && device.openedBy === sessionId && device.expiresAt > clock.now();
    return open ? device : null;
  };

  return {
    findOpened,

    async begin(clientId, clientInfo) {
      await consume(begun, networkKey(clientInfo));
      const deviceCode = generateSecret('deviceCode');
      const createdAt = clock.now();
      for (;;) {
        const userCode = generateUserCode();
        const device = pendingDevice({ hash: deviceCode.hash(), userCode, clientId, ...clientInfo, createdAt });
        if (await store.deviceCodes.insert(device)) return { deviceCode, userCode: formatUserCode(userCode) };
      }
    },

    async open(caller, typed) {
      const keys = [`member ${caller.user.id}`, networkKey(caller.clientInfo)];
      // Count the guess before checking it, so that concurrent guesses cannot all pass before the first one counts.
      for (const key of keys) await consume(guesses, key);
      const device = await store.deviceCodes.findByUserCode(parseUserCode(typed));
      if (device === null || !(await store.deviceCodes.bindToSession(device.hash, caller.sessionId, clock.now())))
        return null;
      for (const key of keys) await guesses.decrement(key);
      return device;
    },

    async decide(caller, session, typed, status) {
      const device = await findOpened(caller, typed);
      if (device === null) return false;
      const { sso, ssoSid } = session;
      const decision = { status, userId: caller.user.id, sso, ssoSid };
      return store.transaction(
        async (store) =>
          (await lockApprover({ store, sessionLifetimes }, session)) !== null &&
          store.deviceCodes.decide(device.hash, session.id, decision, clock.now()),
      );
    },

    async poll(deviceCode, clientId, clientInfo) {
      // 1. Most polls end here, without a transaction: the code is unknown, or its device is still pending.
      if (!isGenerated('deviceCode', deviceCode)) return 'invalid_grant';
      const hash = hashSecret(deviceCode);
      const found = await store.deviceCodes.findByHash(hash);
      const error = pollError(found, clientId, clock.now());
      if (error === 'authorization_pending' && pacing.isTooSoon(hash)) return 'slow_down';
      if (error !== null) return error;
      // 2. The device is approved. Of concurrent polls, one gets the session.
      const outcome = await store.transaction((store) => redeem(store, hash, { clientId, clientInfo }));
      pacing.forget(hash);
      return outcome;
    },
  };

  async function redeem(
    store: Store,
    hash: string,
    { clientId, clientInfo }: { clientId: string; clientInfo: ClientInfo },
  ): Promise<StartedSession | PollError> {
    const { device, approver } = await lockDevice(store, hash);
    const error = pollError(device, clientId, clock.now());
    if (error !== null) return error;
    await store.deviceCodes.delete(hash);
    return (await startApproved(store, approver ?? null, clientInfo)) ?? 'access_denied';
  }

  /** Returns null if the session that approved the device has ended, or its member was disabled. */
  async function startApproved(store: Store, approver: SessionRecord | null, clientInfo: ClientInfo) {
    const user = approver && (await store.users.findById(approver.userId));
    if (approver === null || user === null) return null;
    return startSession(store, { kind: 'program', user, clientInfo, method: methodOf(approver), approver });
  }

  /**
   * Locks a device code, after the member and the session that approved it. Ending sessions locks in this order; the opposite
   * order could deadlock. `approver` is undefined if the device was not approved when it was looked up, and null if the
   * session has ended.
   */
  async function lockDevice(store: Store, hash: string) {
    const found = await store.deviceCodes.findByHash(hash);
    const approver = await approverOf(store, found);
    return { device: await store.deviceCodes.lock(hash), approver };
  }

  async function approverOf(store: Store, device: DeviceCodeRecord | null): Promise<SessionRecord | null | undefined> {
    if (device?.status !== 'approved') return undefined;
    const { userId, openedBy: id } = device;
    return userId === null || id === null ? null : lockApprover({ store, sessionLifetimes }, { userId, id });
  }
}

/** Returns null for an approved device, or else the error for the state in which it is. */
function pollError(device: DeviceCodeRecord | null, clientId: string, now: number): PollError | null {
  if (device === null || device.clientId !== clientId) return 'invalid_grant';
  if (now >= device.expiresAt) return 'expired_token';
  if (device.status === 'denied') return 'access_denied';
  return device.status === 'pending' ? 'authorization_pending' : null;
}

function pendingDevice(
  known: Pick<DeviceCodeRecord, 'hash' | 'userCode' | 'clientId' | 'ip' | 'userAgent' | 'createdAt'>,
): DeviceCodeRecord {
  return {
    ...known,
    expiresAt: known.createdAt + limits.deviceCodeLifetimeMs,
    intervalMs: limits.devicePollIntervalMs,
    lastPolledAt: null,
    status: 'pending',
    openedBy: null,
    userId: null,
    sso: false,
    ssoSid: null,
  };
}

function networkKey(clientInfo: ClientInfo): string {
  return `network ${clientNetwork(clientInfo)}`;
}

/** @throws ProblemError `throttled` */
async function consume(limiter: Limiter, key: string): Promise<void> {
  const { allowed, retryAfterMs } = await limiter.consume(key);
  if (allowed) return;
  const seconds = Math.ceil(retryAfterMs / 1000);
  throw new ProblemError('throttled', `Too many attempts. Wait ${Math.ceil(seconds / 60)} minutes, then try again.`, {
    retryAfter: seconds,
  });
}
