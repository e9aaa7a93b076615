import type { Caller } from '../../domain/caller.ts';
import type { GuessKind } from '../../domain/sign-in/rate-limit/known-devices.ts';
import type { AuthenticatedSession } from '../../domain/sign-in/sessions.ts';
import type { StartedSession } from '../../domain/sign-in/start-session.ts';
import type { AppContext, AppDeps } from '../../http/context.ts';
import type { DeviceCookie } from './device-cookie.ts';

/** The session in a browser's cookie, for pages that visitors may use too. */
export interface BrowserSession {
  /** Returns the browser's active session, or null. */
  current(c: AppContext): Promise<AuthenticatedSession | null>;
  /**
   * Puts the new session into the cookie, in place of the browser's earlier session, which ends. Remembers the browser. `passed`
   * is `code` if the sign-in included the second factor.
   */
  start(c: AppContext, started: StartedSession, passed: GuessKind): Promise<void>;
}

interface BrowserSessionDeps extends Pick<AppDeps, 'sessions' | 'sessionCookie'> {
  deviceCookie: DeviceCookie;
}

export function createBrowserSession({ sessions, sessionCookie, deviceCookie }: BrowserSessionDeps): BrowserSession {
  const current = async (c: AppContext) => {
    const secret = sessionCookie.read(c);
    return secret === undefined ? null : sessions.authenticate(secret);
  };

  return {
    current,
    async start(c, { secret, session, user: member }, passed) {
      const earlier = await current(c);
      if (earlier !== null) {
        const { user, session: ending } = earlier;
        const caller: Caller = { user, sessionId: ending.id, clientInfo: c.get('clientInfo'), channel: 'console' };
        await sessions.replace(caller, session);
      }
      sessionCookie.write(c, secret.reveal(), session.expiresAt - session.createdAt);
      deviceCookie.remember(c, member, passed);
    },
  };
}
