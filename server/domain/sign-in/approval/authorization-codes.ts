import { createHash } from 'node:crypto';
import { z } from 'zod';
import { limits } from '../../../../shared/limits.ts';
import type { SessionRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller, ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { generateSecret, hashSecret, type Secret } from '../../secrets.ts';
import { lockActiveSession } from '../end-sessions.ts';
import { sessionEnded } from '../problems.ts';
import type { StartedSession, StartSession } from '../start-session.ts';

const kind = 'authorization-code';

const dataSchema = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  sso: z.boolean(),
  ssoSid: z.string().nullable(),
});

/** Authorization codes with PKCE (RFC 6749 §4.1, RFC 7636), for a program on the same machine as the browser. */
export interface AuthorizationCodes {
  /** Issues a code for the caller's session. @throws ProblemError `not-authenticated` if the session has just ended */
  issue(
    caller: Caller,
    session: SessionRecord,
    request: { clientId: string; redirectUri: string; codeChallenge: string },
  ): Promise<Secret>;
  /**
   * Exchanges a code for a session. A code works once: a request that does not match the code uses it up too. Returns
   * null if the code is unknown, used or expired, if it was issued for another request, or if its member is disabled.
   */
  redeem(
    grant: { clientId: string; code: string; redirectUri: string; codeVerifier: string },
    clientInfo: ClientInfo,
  ): Promise<StartedSession | null>;
}

export function createAuthorizationCodes({
  store,
  clock,
  startSession,
}: {
  store: Store;
  clock: Clock;
  startSession: StartSession;
}): AuthorizationCodes {
  return {
    async issue({ user }, session, request) {
      const { sso, ssoSid } = session;
      const code = generateSecret('authorizationCode');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.authorizationCodeLifetimeMs };
      const data = JSON.stringify({ ...request, sso, ssoSid });
      await store.transaction(async (store) => {
        if (!(await lockActiveSession(store, session))) throw sessionEnded();
        await store.tickets.insert({ hash: code.hash(), kind, userId: user.id, data, ...times });
      });
      return code;
    },

    redeem: ({ clientId, code, redirectUri, codeVerifier }, clientInfo) =>
      store.transaction(async (store) => {
        const [hash, now] = [hashSecret(code), clock.now()];
        // 1. Look up whose code it is, without a lock.
        const found = await store.tickets.find(hash, kind, now);
        if (found === null || found.userId === null) return null;
        // 2. Lock the member before the ticket. Ending all sessions locks in this order; the opposite order could deadlock.
        if (!(await store.users.lockForNewSession(found.userId))) return null;
        // 3. Take the ticket. Of concurrent redemptions, one gets it.
        const ticket = await store.tickets.consume(hash, kind, now);
        if (ticket === null) return null;
        // 4. Compare with the request that the code was issued for.
        const { sso, ssoSid, ...issued } = dataSchema.parse(JSON.parse(ticket.data));
        const matches =
          issued.clientId === clientId &&
          issued.redirectUri === redirectUri &&
          issued.codeChallenge === challengeOf(codeVerifier);
        const user = matches ? await store.users.findById(found.userId) : null;
        return user && startSession(store, { user, clientInfo, method: { sso, ssoSid } });
      }),
  };
}

/** RFC 7636 §4.2, method S256. */
function challengeOf(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier, 'ascii').digest('base64url');
}
