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
/** A daemon that starts later has no counts in memory from before. */
const lifetimeMs = 60 * 60_000;

/**
 * Forgets the failed sign-ins of an account, for the operator. On SQLite the counts are in the daemon's memory, so the command
 * leaves a request in the database, and the daemon takes it.
 */
export interface Unlock {
  /** Requests that all failed sign-ins and codes of a member are forgotten. Returns false if nobody has this address. */
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
    request: (email) =>
      store.transaction(async (store) => {
        const user = await store.users.findByEmail(foldName(normalizeName(email)));
        if (user === null) return false;
        const at = clock.now();
        const earlier = await store.tickets.consume(hash, kind, at);
        await store.tickets.deleteAllOfKind(kind);
        const accounts = [...accountsOf(earlier), user.emailFolded, totpAccount(user.id)];
        const data = JSON.stringify([...new Set(accounts)]);
        await store.tickets.insert({ hash, kind, userId: null, data, createdAt: at, expiresAt: at + lifetimeMs });
        const event = { at, actor: systemActor, clientInfo: { ip: null, userAgent: null } };
        await auditTrail.user(store, 'user.unlocked', { ...event, user });
        return true;
      }),

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
