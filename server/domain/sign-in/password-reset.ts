import { limits } from '../../../shared/limits.ts';
import { foldName, normalizeName } from '../../../shared/names.ts';
import { ProblemError } from '../../../shared/problem.ts';
import type { Limiter } from '../../store/limiter.ts';
import type { UserRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import { checkNewPassword, type Passwords } from '../accounts/passwords.ts';
import { auditTrail } from '../audit.ts';
import { actorOf, type ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import type { Notifier } from '../notifications/notifier.ts';
import { generateSecret, hashSecret } from '../secrets.ts';
import { networkOf } from './rate-limit.ts';
import { endEverySession } from './start-session.ts';

const kind = 'password-reset';

/** In an hour: mails to one address, and requests of one network. */
const perHour = { address: 3, network: 30 } as const;
const hourSeconds = 60 * 60;

/** Setting a password by a link that is mailed. */
export interface PasswordReset {
  /**
   * Mails a link, if there is an enabled member with this address who does not sign in by single sign-on. Whether there is
   * one is told to nobody. @throws ProblemError `throttled` by the network's requests, whatever the address
   */
  request(email: string, clientInfo: ClientInfo): Promise<void>;
  /** Whether a link works still; looking does not use it up. */
  isGood(secret: string): Promise<boolean>;
  /** Sets the password, once a link; every session ends. @throws ProblemError `link-expired`, `invalid-fields` */
  reset(secret: string, password: string, clientInfo: ClientInfo): Promise<void>;
}

export function createPasswordReset(deps: {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  notifier: Notifier;
  publicUrl: string;
}): PasswordReset {
  const { store, clock, notifier } = deps;
  const addresses = store.limiter({ name: 'reset-address', points: perHour.address, duration: hourSeconds });
  const networks = store.limiter({ name: 'reset-network', points: perHour.network, duration: hourSeconds });

  const memberOf = async (secret: string): Promise<UserRecord | null> => {
    const ticket = await store.tickets.find(hashSecret(secret), kind, clock.now());
    const user = ticket?.userId == null ? null : await store.users.findById(ticket.userId);
    return user !== null && mayReset(user) ? user : null;
  };

  return {
    isGood: async (secret) => (await memberOf(secret)) !== null,

    async request(email, clientInfo) {
      if (!(await allows(networks, clientInfo.ip === null ? 'unknown' : networkOf(clientInfo.ip))))
        throw tooManyRequests();
      const account = foldName(normalizeName(email));
      const user = await store.users.findByEmail(account);
      if (!(await allows(addresses, hashSecret(account))) || user === null || !mayReset(user)) return;
      const secret = generateSecret('passwordReset');
      const at = clock.now();
      const times = { createdAt: at, expiresAt: at + limits.passwordResetLife };
      const link = `${deps.publicUrl}/password/reset?token=${secret.reveal()}`;
      await store.transaction(async (store) => {
        await store.tickets.deleteAllOf(user.id, kind);
        await store.tickets.insert({ hash: secret.hash(), kind, userId: user.id, data: '{}', ...times });
        await notifier.passwordReset(store, { at, owner: user, clientInfo: clientInfo, link });
      });
      notifier.wake();
    },

    async reset(secret, password, clientInfo) {
      const user = await memberOf(secret);
      if (user === null) throw linkExpired();
      const checked = await checkNewPassword(password, { pointer: '/password', email: user.email });
      const hash = await deps.passwords.hash(checked);
      const at = clock.now();
      await store.transaction(async (store) => {
        const { passwordHash, sso } = user;
        if (!(await store.users.lockForNewSession(user.id, { passwordHash, sso }))) throw linkExpired();
        if ((await store.tickets.consume(hashSecret(secret), kind, at)) === null) throw linkExpired();
        await store.users.setPasswordHash(user.id, hash);
        await endEverySession(store, user.id);
        const actor = actorOf(user);
        await auditTrail(deps).user(store, 'user.password_reset', { at, actor, clientInfo: clientInfo, user });
        await notifier.security(store, { at, owner: user, clientInfo: clientInfo, event: 'password-reset', actor });
      });
      notifier.wake();
    },
  };
}

/** Who signs in by single sign-on has no password, and gets none by a mail. */
function mayReset({ disabled, sso }: UserRecord): boolean {
  return !disabled && !sso;
}

async function allows(limiter: Limiter, key: string): Promise<boolean> {
  return limiter.consume(key).then(
    () => true,
    (refusal: unknown) => {
      if (refusal instanceof Error) throw refusal;
      return false;
    },
  );
}

function linkExpired(): ProblemError {
  return new ProblemError(
    'link-expired',
    'This link was used before, or is older than 30 minutes. Ask for another one.',
  );
}

function tooManyRequests(): ProblemError {
  return new ProblemError('throttled', 'Too many requests from your network. Try again in an hour.', {
    retryAfter: hourSeconds,
  });
}
