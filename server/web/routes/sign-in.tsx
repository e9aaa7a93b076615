import { Hono } from 'hono';
import { isLoopback } from '../../../shared/loopback.ts';
import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { AuthenticatedSession } from '../../domain/sessions.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { bearerChallenge } from '../../http/errors.ts';
import { createSessionCookie } from '../../http/session-cookie.ts';
import { doneMessage, withDone } from '../done.ts';
import { text } from '../form.ts';
import { safeNext } from '../next.ts';
import { InsecurePage, LoginPage, LogoutPage } from '../pages/login.tsx';

/** `/login` and `/logout`. */
export function signInPages(deps: AppDeps) {
  const { sessions, config } = deps;
  const { organization, publicUrl } = config;
  const cookie = createSessionCookie(publicUrl);
  const allowed = mayCarrySessions(publicUrl);

  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      if (!allowed) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const next = safeNext(c.req.query('next'), publicUrl);
      if ((await currentSession(c)) !== null) return c.redirect(next, 303);
      return c.html(
        <LoginPage c={c} organization={organization} next={next} done={doneMessage(c.req.query('done'))} />,
      );
    })
    .post('/login', async (c) => {
      if (!allowed) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const form = await c.req.parseBody();
      const [email, next] = [text(form.email), safeNext(text(form.next), publicUrl)];
      try {
        const { secret, session } = await sessions.signIn(email, text(form.password), c.get('origin'));
        await endEarlierSession(c);
        cookie.write(c, secret.reveal(), session.expiresAt);
        return c.redirect(next, 303);
      } catch (error) {
        if (!(error instanceof ProblemError)) throw error;
        const { status } = problems[error.code];
        if (status === 401) c.header('WWW-Authenticate', bearerChallenge());
        if (error.retryAfter !== undefined) c.header('Retry-After', String(error.retryAfter));
        const page = <LoginPage c={c} organization={organization} next={next} email={email} error={error.message} />;
        return c.html(page, status as 401);
      }
    })
    .get('/logout', (c) => c.html(<LogoutPage c={c} organization={organization} />))
    .post('/logout', async (c) => {
      await sessions.signOut(c.get('caller'));
      cookie.clear(c);
      return c.redirect(withDone('/login', 'signed-out'), 303);
    });

  async function currentSession(c: AppContext): Promise<AuthenticatedSession | null> {
    const secret = cookie.read(c);
    return secret === undefined ? null : sessions.authenticate(secret);
  }

  /** Signing in again leaves no older session behind in this browser's name. */
  async function endEarlierSession(c: AppContext): Promise<void> {
    const earlier = await currentSession(c);
    if (earlier === null) return;
    const { user, session } = earlier;
    await sessions.signOut({ user, sessionId: session.id, origin: c.get('origin'), channel: 'console' });
  }
}

/** https, or this very machine. */
function mayCarrySessions(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' || isLoopback(hostname);
}
