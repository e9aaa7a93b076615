import { limits } from '../../../../shared/limits.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { hashSecret } from '../../secrets.ts';
import { sessionEnded } from '../problems.ts';
import { proofOf } from '../start-session.ts';

/** The kind that these tickets are stored under. */
const kind = 'totp-set-up';

/**
 * A member who sets TOTP up, and where they just entered their password: in a session, or during a sign-in. `sessionId` is empty during a
 * sign-in, and `ticketHash` is then the hash of the ticket that stands for the password.
 */
export type SetUp = Pick<Caller, 'user' | 'sessionId' | 'clientInfo'> & { ticketHash?: string };

/**
 * Secrets that are prepared but not in use, for ten minutes. Each belongs to the session or to the sign-in that prepared it. Another session of
 * the member, which may be stolen, neither sees it nor turns it on. Whatever ends all sessions of the member deletes it.
 */
export interface PreparedSecrets {
  /**
   * Stores a secret in place of the one that this set-up prepared before. Returns false if the member was changed since they entered their
   * password.
   *
   * @throws ProblemError `not-authenticated` if the session has ended
   */
  put(setUp: SetUp, secret: string): Promise<boolean>;
  /** Returns the secret that this set-up prepared, or null. */
  find(setUp: SetUp): Promise<string | null>;
  /**
   * Uses the secret up, in the transaction that turns it on and has locked the member. Returns false if it is not the one that this set-up
   * prepared last.
   *
   * @throws ProblemError `not-authenticated` if the session has ended
   */
  take(store: Store, setUp: SetUp, secret: string): Promise<boolean>;
}

export function createPreparedSecrets({ store, clock }: { store: Store; clock: Clock }): PreparedSecrets {
  return {
    put: (setUp, secret) =>
      store.transaction(async (store) => {
        const { user } = setUp;
        if (!(await store.users.lockForNewSession(user.id, proofOf(user)))) return false;
        await requireActive(store, setUp);
        const [hash, createdAt] = [hashOf(setUp), clock.now()];
        const expiresAt = createdAt + limits.totpSetUpLifetimeMs;
        await store.tickets.replace({ hash, kind, userId: user.id, data: dataOf(secret), createdAt, expiresAt });
        return true;
      }),

    async find(setUp) {
      const ticket = await store.tickets.find(hashOf(setUp), kind, clock.now());
      return ticket && (JSON.parse(ticket.data) as { secret: string }).secret;
    },

    async take(store, setUp, secret) {
      await requireActive(store, setUp);
      const ticket = await store.tickets.consume(hashOf(setUp), kind, clock.now());
      return ticket !== null && ticket.userId === setUp.user.id && ticket.data === dataOf(secret);
    },
  };
}

/** Returns the hash under which the ticket is stored. No secret has this hash, so no request can present the ticket. */
function hashOf({ sessionId, ticketHash }: SetUp): string {
  return hashSecret(ticketHash === undefined ? `${kind} of session ${sessionId}` : `${kind} of ticket ${ticketHash}`);
}

function dataOf(secret: string): string {
  return JSON.stringify({ secret });
}

/** Locks the session, if there is one. @throws ProblemError `not-authenticated` if it has ended */
async function requireActive(store: Store, { sessionId, ticketHash }: SetUp): Promise<void> {
  if (ticketHash === undefined && (await store.sessions.lock(sessionId)) === null) throw sessionEnded();
}
