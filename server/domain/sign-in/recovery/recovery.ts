import { limits } from '../../../../shared/limits.ts';
import { foldName } from '../../../../shared/names.ts';
import type { Store } from '../../../store/store.ts';
import { checkNewPassword, type Passwords } from '../../accounts/passwords.ts';
import type { AuditTrail } from '../../audit.ts';
import { type ClientInfo, systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import type { Notifier } from '../../notifications/notifier.ts';
import { generateSecret, hashSecret, isGenerated, type Secret } from '../../secrets.ts';
import { recoveryLinkExpired } from '../problems.ts';
import type { SignInRateLimit } from '../rate-limit/rate-limit.ts';
import { passwordSignIn, type StartedSession, type StartSession } from '../start-session.ts';
import { totpAccount } from '../totp/check.ts';
import { makeSuperuser } from './make-superuser.ts';

const kind = 'recovery';

/**
 * Access for an organization that locked itself out: a link that the operator makes on the server. It names a member by email
 * address and belongs to no account, so nothing that other members do can void it. It ends when it is used, when it
 * expires, and when the operator makes another one.
 */
export interface Recovery {
  /** Makes a link's secret and voids the one before. Tells all superusers. `email` is a valid address. */
  begin(email: string): Promise<{ secret: Secret; expiresAt: number; isMember: boolean }>;
  /** Returns the email address that a link is for, or null if it does not work. Does not use the link up. */
  find(secret: string): Promise<string | null>;
  /**
   * Makes the link's member an enabled superuser with this password and without a second factor. Creates them if needed, ends
   * all their sessions, and starts one. Forgets failed sign-ins of the account and of the client's network.
   *
   * @throws ProblemError `link-expired`, `invalid-fields`
   */
  recover(secret: string, password: string, clientInfo: ClientInfo): Promise<StartedSession>;
}

export interface RecoveryDeps {
  store: Store;
  clock: Clock;
  newId: () => string;
  passwords: Passwords;
  rateLimit: SignInRateLimit;
  auditTrail: AuditTrail;
  notifier: Notifier;
  startSession: StartSession;
}

export function createRecovery(deps: RecoveryDeps): Recovery {
  const { store, clock, auditTrail, notifier, rateLimit } = deps;

  const find = async (secret: string): Promise<string | null> => {
    if (!isGenerated('recovery', secret)) return null;
    return (await store.tickets.find(hashSecret(secret), kind, clock.now()))?.data ?? null;
  };

  return {
    find,

    async begin(email) {
      const secret = generateSecret('recovery');
      const at = clock.now();
      const expiresAt = at + limits.recoveryLinkLifetimeMs;
      const ticket = { hash: secret.hash(), kind, userId: null, data: email, createdAt: at, expiresAt } as const;
      const clientInfo = { ip: null, userAgent: null };
      const isMember = await store.transaction(async (store) => {
        const user = await store.users.findByEmail(foldName(email));
        await store.tickets.deleteAllOfKind(kind);
        await store.tickets.insert(ticket);
        const event = { at, actor: systemActor, clientInfo, email, user };
        await auditTrail.recoveryLink(store, event);
        for (const owner of await store.users.superusers()) {
          await notifier.recovery(store, { at, owner, clientInfo, stage: 'link-created', email });
        }
        return user !== null;
      });
      notifier.wake();
      return { secret, expiresAt, isMember };
    },

    async recover(secret, password, clientInfo) {
      const email = await find(secret);
      if (email === null) throw recoveryLinkExpired();
      const checked = await checkNewPassword(password, { pointer: '/password', email });
      const passwordHash = await deps.passwords.hash(checked);
      const started = await store.transaction((store) =>
        redeem(deps, store, { secret, email, passwordHash, clientInfo }),
      );
      notifier.wake();
      // Otherwise attempts from before, whoever made them, would keep the member from using the new password.
      await rateLimit.forgetAccount(started.user.emailFolded);
      await rateLimit.forgetAccount(totpAccount(started.user.id));
      await rateLimit.forgetNetwork(clientInfo.ip);
      return started;
    },
  };
}

interface Redemption {
  secret: string;
  email: string;
  passwordHash: string;
  clientInfo: ClientInfo;
}

async function redeem(deps: RecoveryDeps, store: Store, redemption: Redemption): Promise<StartedSession> {
  const { email, clientInfo } = redemption;
  const found = await store.users.findByEmail(foldName(email));
  const id = found?.id ?? deps.newId();
  // 1. Lock all superusers and the member before the ticket, in the order of every transaction.
  await store.users.lockSuperusers(id);
  // 2. Take the ticket. Of concurrent requests, one gets it.
  const at = deps.clock.now();
  if ((await store.tickets.consume(hashSecret(redemption.secret), kind, at)) === null) throw recoveryLinkExpired();
  // 3. Make the change. The transaction is rolled back if the address has gone to another member since it was looked up.
  const user = await makeSuperuser(deps, store, { ...redemption, id, existing: found, at });
  if (user?.emailFolded !== foldName(email)) throw recoveryLinkExpired();
  // 4. Tell everyone who could object.
  for (const owner of await store.users.superusers()) {
    await deps.notifier.recovery(store, { at, owner, clientInfo, stage: 'used', email: user.email });
  }
  const started = await deps.startSession(store, { kind: 'console', user, clientInfo, method: passwordSignIn });
  if (started === null) throw recoveryLinkExpired();
  return started;
}

/** Returns the address of the page that a recovery link opens. */
export function recoveryUrl(publicUrl: string, secret: Secret): string {
  return `${publicUrl}/recover?token=${secret.reveal()}`;
}
