import { createHash } from 'node:crypto';
import { z } from 'zod';
import { limits } from '../../../shared/limits.ts';
import type { SessionRecord } from '../../store/records.ts';
import type { Store } from '../../store/store.ts';
import type { Caller, ClientInfo } from '../caller.ts';
import type { Clock } from '../clock.ts';
import { generateSecret, hashSecret, type Secret } from '../secrets.ts';
import { isAlive, type StartedSession, sessionEnded, startSession } from './start-session.ts';

const kind = 'authorization-code';

const dataSchema = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  sso: z.boolean(),
  ssoSid: z.string().nullable(),
});

/** Authorization codes with PKCE (RFC 6749 §4.1, RFC 7636), for a program on the machine that the browser runs on. */
export interface AuthorizationCodes {
  /** @throws ProblemError `not-authenticated` if the session ended just now */
  issue(
    caller: Caller,
    session: SessionRecord,
    request: { clientId: string; redirectUri: string; codeChallenge: string },
  ): Promise<Secret>;
  /** The session that a code stands for, once; null if the code was used before, ended, or is somebody else's. */
  redeem(
    grant: { clientId: string; code: string; redirectUri: string; codeVerifier: string },
    clientInfo: ClientInfo,
  ): Promise<StartedSession | null>;
}

export function createAuthorizationCodes(deps: {
  store: Store;
  clock: Clock;
  newId: () => string;
}): AuthorizationCodes {
  const { store, clock } = deps;
  return {
    async issue({ user }, session, request) {
      const { sso, ssoSid } = session;
      const code = generateSecret('authorizationCode');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.authorizationCodeLife };
      const data = JSON.stringify({ ...request, sso, ssoSid });
      await store.transaction(async (store) => {
        if (!(await isAlive(store, session))) throw sessionEnded();
        await store.tickets.insert({ hash: code.hash(), kind, userId: user.id, data, ...times });
      });
      return code;
    },

    redeem: ({ clientId, code, redirectUri, codeVerifier }, clientInfo) =>
      store.transaction(async (store) => {
        const [hash, now] = [hashSecret(code), clock.now()];
        // Whatever ends every session takes the member's row before the tickets; crosswise one would be undone.
        const found = await store.tickets.find(hash, kind, now);
        if (found === null || found.userId === null || !(await store.users.lockForNewSession(found.userId)))
          return null;
        const ticket = await store.tickets.consume(hash, kind, now);
        if (ticket === null) return null;
        const { sso, ssoSid, ...asked } = dataSchema.parse(JSON.parse(ticket.data));
        const matches =
          asked.clientId === clientId &&
          asked.redirectUri === redirectUri &&
          asked.codeChallenge === challengeOf(codeVerifier);
        const user = matches ? await store.users.findById(found.userId) : null;
        return user && startSession(store, deps, { user, clientInfo: clientInfo, by: { sso, ssoSid } });
      }),
  };
}

/** RFC 7636 §4.2, method S256. */
function challengeOf(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier, 'ascii').digest('base64url');
}
