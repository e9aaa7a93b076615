import { foldName, normalizeName } from '../../../../shared/names.ts';
import type { Store } from '../../../store/store.ts';
import type { AuditTrail } from '../../audit.ts';
import { systemActor } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { hashSecret } from '../../secrets.ts';
import { totpAccount } from '../totp/check.ts';
import type { SignInRateLimit } from './rate-limit.ts';

const kind = 'unlock';
/** One row holds all requests. It is no secret, and nothing redeems it from outside. */
const hash = hashSecret('requests to unlock accounts');
/** The request is for counts in memory, and a daemon that starts later has none from before. */
const lifetimeMs = 60 * 60_000;

/**
 * Forgets the failed sign-ins of an account, for the operator. On PostgreSQL the command does it itself. On SQLite the counts are
 * in the daemon's memory, so the command leaves a request in the database, and the daemon takes it.
 */
export interface Unlock {
  /**
   * Forgets the failed sign-ins and codes of a member that this process can reach, and requests that daemons forget theirs.
   * Returns false if nobody has this address.
   */
  request(email: string): Promise<boolean>;
  /** Takes all requests and carries them out. */
  apply(): Promise<void>;
}

export function createUnlock(deps: {
  store: Store;
  clock: Clock;
  auditTrail: AuditTrail;
  rateLimit: SignInRateLimit;
}): Unlock {
  const { store, clock, auditTrail, rateLimit } = deps;
  return {
    async request(email) {
      const accounts = await store.transaction(async (store) => {
        const user = await store.users.findByEmail(foldName(normalizeName(email)));
        if (user === null) return null;
        const at = clock.now();
        const earlier = await store.tickets.consume(hash, kind, at);
        await store.tickets.deleteAllOfKind(kind);
        const accounts = [user.emailFolded, totpAccount(user.id)];
        const data = JSON.stringify([...new Set([...accountsOf(earlier), ...accounts])]);
        await store.tickets.insert({ hash, kind, userId: null, data, createdAt: at, expiresAt: at + lifetimeMs });
        const event = { at, actor: systemActor, clientInfo: { ip: null, userAgent: null } };
        await auditTrail.user(store, 'user.unlocked', { ...event, user });
        return accounts;
      });
      for (const account of accounts ?? []) await rateLimit.forgetAccount(account);
      return accounts !== null;
    },

    async apply() {
      const pending = await store.tickets.find(hash, kind, clock.now());
      if (pending === null) return;
      const taken = await store.tickets.consume(hash, kind, clock.now());
      for (const account of accountsOf(taken)) await rateLimit.forgetAccount(account);
    },
  };
}

function accountsOf(ticket: { data: string } | null): string[] {
  return ticket === null ? [] : (JSON.parse(ticket.data) as string[]);
}
