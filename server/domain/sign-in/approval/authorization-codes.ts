import { createHash } from 'node:crypto';
import { z } from 'zod';
import { limits } from '../../../../shared/limits.ts';
import type { SessionRecord } from '../../../store/records.ts';
import type { Store } from '../../../store/store.ts';
import type { Caller, ClientInfo } from '../../caller.ts';
import type { Clock } from '../../clock.ts';
import { generateSecret, hashSecret, isGenerated, type Secret } from '../../secrets.ts';
import { lockApprover } from '../end-sessions.ts';
import { sessionEnded } from '../problems.ts';
import type { SessionLifetimes } from '../session-lifetimes.ts';
import { methodOf, type StartedSession, type StartSession } from '../start-session.ts';

const kind = 'authorization-code';

const dataSchema = z.object({
  clientId: z.string(),
  redirectUri: z.string(),
  codeChallenge: z.string(),
  /** The session that approved. Codes of earlier releases do not name it, and are rejected. */
  sessionId: z.string().optional(),
  /** For daemons of an earlier release on the same database, which do not look up the session. */
  sso: z.boolean(),
  ssoSid: z.string().nullable(),
});

/** A program's request to exchange a code. */
interface Grant {
  clientId: string;
  code: string;
  redirectUri: string;
  codeVerifier: string;
}

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
   * null if the code is unknown, used or expired, if it was issued for another request, if its member is disabled, or if the
   * session that approved it has ended.
   */
  redeem(grant: Grant, clientInfo: ClientInfo): Promise<StartedSession | null>;
}

interface AuthorizationCodeDeps {
  store: Store;
  clock: Clock;
  startSession: StartSession;
  sessionLifetimes: SessionLifetimes;
}

export function createAuthorizationCodes(deps: AuthorizationCodeDeps): AuthorizationCodes {
  const { store, clock, startSession, sessionLifetimes } = deps;
  return {
    async issue({ user }, session, request) {
      const { sso, ssoSid } = session;
      const code = generateSecret('authorizationCode');
      const createdAt = clock.now();
      const times = { createdAt, expiresAt: createdAt + limits.authorizationCodeLifetimeMs };
      const data = JSON.stringify({ ...request, sessionId: session.id, sso, ssoSid });
      await store.transaction(async (store) => {
        if ((await lockApprover({ store, sessionLifetimes }, session)) === null) throw sessionEnded();
        await store.tickets.insert({ hash: code.hash(), kind, userId: user.id, data, ...times });
      });
      return code;
    },

    async redeem(grant, clientInfo) {
      // 1. Look up whose code it is, without a transaction: anybody can send codes that do not exist.
      if (!isGenerated('authorizationCode', grant.code)) return null;
      const [hash, now] = [hashSecret(grant.code), clock.now()];
      const found = await store.tickets.find(hash, kind, now);
      if (found === null || found.userId === null) return null;
      const { userId } = found;
      const issued = dataSchema.parse(JSON.parse(found.data));
      return store.transaction(async (store) => {
        // 2. Lock the member and the approver before the ticket. Ending sessions locks in this order; the opposite order could
        // deadlock.
        const approver = await lockApprover({ store, sessionLifetimes }, { userId, id: issued.sessionId ?? '' });
        if (approver === null) return null;
        // 3. Take the ticket. Of concurrent redemptions, one gets it.
        if ((await store.tickets.consume(hash, kind, now)) === null) return null;
        // 4. Compare with the request that the code was issued for.
        const user = isFor(issued, grant) ? await store.users.findById(approver.userId) : null;
        if (user === null) return null;
        const program = { kind: 'program', onSameComputer: true } as const;
        return startSession(store, { ...program, user, clientInfo, method: methodOf(approver), approver });
      });
    },
  };
}

/** Reports whether a code was issued for the request that a program sends with it. */
function isFor(issued: z.infer<typeof dataSchema>, { clientId, redirectUri, codeVerifier }: Grant): boolean {
  return (
    issued.clientId === clientId &&
    issued.redirectUri === redirectUri &&
    issued.codeChallenge === challengeOf(codeVerifier)
  );
}

/** RFC 7636 §4.2, method S256. */
function challengeOf(codeVerifier: string): string {
  return createHash('sha256').update(codeVerifier, 'ascii').digest('base64url');
}
