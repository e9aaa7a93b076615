import { randomInt } from 'node:crypto';
import { limits } from '../../../shared/limits.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { Limiter } from '../../store/limiter.ts';
import type { DeviceCodeRecord, SessionRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Caller, ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, hashSecret, type Secret } from '../secrets.ts';
import { networkOf } from './rate-limit.ts';
import { isAlive, type StartedSession, startSession } from './start-session.ts';

/** RFC 8628 §3.5. `invalid_grant`: no such code, or it was used before (RFC 6749 §5.2). */
export type PollError = 'authorization_pending' | 'slow_down' | 'access_denied' | 'expired_token' | 'invalid_grant';

/** Signing in a device without a browser, approved in a browser elsewhere (RFC 8628). */
export interface DeviceSignIn {
  /** Codes for a device. @throws ProblemError `throttled` */
  begin(clientId: string, clientInfo: ClientInfo): Promise<{ deviceCode: Secret; userCode: string }>;
  /**
   * The device that shows this code, from now on this session's to decide and nobody else's. Unknown, decided, ended and
   * foreign codes are null alike; guesses are limited. @throws ProblemError `throttled`
   */
  open(caller: Caller, typed: string): Promise<DeviceCodeRecord | null>;
  /** A device that this session opened and that is still to be decided. */
  find(caller: Caller, typed: string): Promise<DeviceCodeRecord | null>;
  /** False unless this session opened it and it is still to be decided. */
  decide(caller: Caller, session: SessionRecord, typed: string, status: 'approved' | 'denied'): Promise<boolean>;
  /** What the device is told: its session once, or why there is none. */
  poll(deviceCode: string, clientId: string, clientInfo: ClientInfo): Promise<StartedSession | PollError>;
}

/** RFC 8628 §6.1: consonants only, so that no word appears and nothing is mistaken for a digit. */
const alphabet = 'BCDFGHJKLMNPQRSTVWXZ';
const codeLength = 8;
const slowDownMs = 5_000;

/** In ten minutes: of one network, and of one member. */
const limitsPerWindow = { begun: 60, wrongGuesses: 20 } as const;
const windowSeconds = 600;

export function createDeviceSignIn(deps: { store: Store; clock: Clock; newId: () => string }): DeviceSignIn {
  const { store, clock } = deps;
  const begun = store.limiter({ name: 'device-begun', points: limitsPerWindow.begun, duration: windowSeconds });
  const guesses = store.limiter({
    name: 'device-guess',
    points: limitsPerWindow.wrongGuesses,
    duration: windowSeconds,
  });

  const findOwn = async ({ sessionId }: Caller, typed: string): Promise<DeviceCodeRecord | null> => {
    const device = await store.deviceCodes.findByUserCode(userCodeOf(typed));
    const open = device?.status === 'pending' && device.openedBy === sessionId && device.expiresAt > clock.now();
    return open ? device : null;
  };

  return {
    find: findOwn,

    async begin(clientId, clientInfo) {
      await take(begun, networkKey(clientInfo));
      const deviceCode = generateSecret('deviceCode');
      const now = clock.now();
      for (;;) {
        const userCode = randomUserCode();
        const device = pending({ hash: deviceCode.hash(), userCode, clientId, ...clientInfo, createdAt: now });
        if (await store.deviceCodes.insert(device)) return { deviceCode, userCode: shownUserCode(userCode) };
      }
    },

    async open(caller, typed) {
      const keys = [`member ${caller.user.id}`, networkKey(caller.clientInfo)];
      // Counted before it is looked at, so that guesses sent together do not slip through together.
      for (const key of keys) await take(guesses, key);
      const device = await store.deviceCodes.findByUserCode(userCodeOf(typed));
      if (device === null || !(await store.deviceCodes.bindToSession(device.hash, caller.sessionId, clock.now())))
        return null;
      for (const key of keys) await guesses.reward(key, 1);
      return device;
    },

    async decide(caller, session, typed, status) {
      const device = await findOwn(caller, typed);
      if (device === null) return false;
      const { sso, ssoSid } = session;
      const decision = { status, userId: caller.user.id, sso, ssoSid };
      return store.transaction(
        async (store) =>
          (await isAlive(store, session)) && store.deviceCodes.decide(device.hash, session.id, decision, clock.now()),
      );
    },

    poll: (deviceCode, clientId, clientInfo) =>
      store.transaction(async (store) => {
        const device = await lockDevice(store, hashSecret(deviceCode));
        if (device === null || device.clientId !== clientId) return 'invalid_grant';
        const now = clock.now();
        if (now >= device.expiresAt) return 'expired_token';
        if (device.status === 'denied') return 'access_denied';
        if (device.status === 'pending') return notePoll(store, device, now);
        await store.deviceCodes.delete(device.hash);
        return (await startApproved(store, device, clientInfo)) ?? 'access_denied';
      }),
  };

  /** Null if who approved it is disabled by now. */
  async function startApproved(store: Store, { userId, sso, ssoSid }: DeviceCodeRecord, clientInfo: ClientInfo) {
    const user = userId === null ? null : await store.users.findById(userId);
    return user && startSession(store, deps, { user, clientInfo: clientInfo, by: { sso, ssoSid } });
  }
}

/** After who approved it, as whatever ends every session does: crosswise one of the two would be undone. */
async function lockDevice(store: Store, hash: string): Promise<DeviceCodeRecord | null> {
  const { userId = null } = (await store.deviceCodes.findByHash(hash)) ?? {};
  if (userId !== null) await store.users.lockForNewSession(userId);
  return store.deviceCodes.lock(hash);
}

/** RFC 8628 §3.5: who asks too often waits 5 s longer, this and every later time. */
async function notePoll(store: Store, device: DeviceCodeRecord, now: number): Promise<PollError> {
  const since = device.lastPolledAt === null ? null : now - device.lastPolledAt;
  // A clock that was set back says nothing of how long it took.
  const tooSoon = since !== null && since >= 0 && since < device.intervalMs;
  await store.deviceCodes.recordPoll(device.hash, now, device.intervalMs + (tooSoon ? slowDownMs : 0));
  return tooSoon ? 'slow_down' : 'authorization_pending';
}

function pending(
  known: Pick<DeviceCodeRecord, 'hash' | 'userCode' | 'clientId' | 'ip' | 'userAgent' | 'createdAt'>,
): DeviceCodeRecord {
  return {
    ...known,
    expiresAt: known.createdAt + limits.deviceCodeLife,
    intervalMs: limits.devicePollInterval,
    lastPolledAt: null,
    status: 'pending',
    openedBy: null,
    userId: null,
    sso: false,
    ssoSid: null,
  };
}

function randomUserCode(): string {
  return Array.from({ length: codeLength }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}

/** What somebody typed: case, spaces and dashes do not count. */
function userCodeOf(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z]/g, '');
}

/** `WDJB-MJHT` */
export function shownUserCode(userCode: string): string {
  return `${userCode.slice(0, codeLength / 2)}-${userCode.slice(codeLength / 2)}`;
}

function networkKey({ ip }: ClientInfo): string {
  return `network ${ip === null ? 'unknown' : networkOf(ip)}`;
}

async function take(limiter: Limiter, key: string): Promise<void> {
  try {
    await limiter.consume(key);
  } catch (refusal) {
    if (refusal instanceof Error) throw refusal;
    const seconds = Math.ceil((refusal as { msBeforeNext: number }).msBeforeNext / 1000);
    throw new ProblemError('throttled', `Too many attempts. Wait ${Math.ceil(seconds / 60)} minutes, then try again.`, {
      retryAfter: seconds,
    });
  }
}
