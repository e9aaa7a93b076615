import type { AuthenticatedSession } from '../../domain/sign-in/sessions.ts';
import type { AppContext, AppDeps } from '../../http/context.ts';

/** The session that a browser has, on pages that anybody may see. */
export interface BrowserSession {
  current(c: AppContext): Promise<AuthenticatedSession | null>;
  /** Signing in again leaves no older session behind in this browser's name. */
  end(c: AppContext): Promise<void>;
}

export function createBrowserSession({
  sessions,
  sessionCookie,
}: Pick<AppDeps, 'sessions' | 'sessionCookie'>): BrowserSession {
  const current = async (c: AppContext) => {
    const secret = sessionCookie.read(c);
    return secret === undefined ? null : sessions.authenticate(secret);
  };

  return {
    current,
    async end(c) {
      const earlier = await current(c);
      if (earlier === null) return;
      const { user, session } = earlier;
      await sessions.signOut({ user, sessionId: session.id, clientInfo: c.get('clientInfo'), channel: 'console' });
    },
  };
}
