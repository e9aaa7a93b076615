import { randomBytes } from 'node:crypto';
import { limits } from '../../../../shared/limits.ts';
import type { Store } from '../../../store/store.ts';
import type { Clock } from '../../clock.ts';
import { hashSecret } from '../../secrets.ts';

/** The kind that these tickets are stored under. */
const kind = 'passkey';

/** The purpose of a challenge. A signature for one purpose is not accepted for another. */
export type Purpose = 'adding' | 'enrolment' | 'sign-in' | 'second-factor' | 'confirm';

/** Whom a challenge is for: nobody yet at a sign-in, the member whose password was verified, or a session. */
export interface Audience {
  purpose: Purpose;
  userId: string | null;
  sessionId?: string;
  /** Hash of the ticket that stands for the verified password, if nothing else may use the challenge. */
  ticketHash?: string;
}

/** Challenges for passkeys. Each is accepted once, for five minutes, by any node. */
export interface Challenges {
  issue(audience: Audience): Promise<string>;
  /** Uses a challenge up. Returns false unless it was issued for exactly this audience and was not used. */
  take(challenge: string, audience: Audience): Promise<boolean>;
}

export function createChallenges({ store, clock }: { store: Store; clock: Clock }): Challenges {
  const dataOf = ({ purpose, sessionId, ticketHash }: Audience) => JSON.stringify({ purpose, sessionId, ticketHash });

  return {
    async issue(audience) {
      const challenge = randomBytes(32).toString('base64url');
      const createdAt = clock.now();
      await store.tickets.insert({
        hash: hashSecret(challenge),
        kind,
        userId: audience.userId,
        data: dataOf(audience),
        createdAt,
        expiresAt: createdAt + limits.passkeyChallengeLifetimeMs,
      });
      return challenge;
    },

    async take(challenge, audience) {
      const hash = hashSecret(challenge);
      // A made-up challenge costs no write.
      if ((await store.tickets.find(hash, kind, clock.now())) === null) return false;
      const ticket = await store.tickets.consume(hash, kind, clock.now());
      return ticket !== null && ticket.userId === audience.userId && ticket.data === dataOf(audience);
    },
  };
}
