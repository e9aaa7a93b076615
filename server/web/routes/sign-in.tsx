import { Hono } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import { problems } from '../../../shared/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { bearerChallenge } from '../../http/errors.ts';
import { createSessionCookie } from '../../http/session-cookie.ts';
import { doneMessage, withDone } from '../done.ts';
import { text } from '../form.ts';
import { safeNext } from '../next.ts';
import { InsecurePage, LoginPage } from '../pages/login.tsx';

/** `/login` and `/logout`. */
export function signInPages(deps: AppDeps) {
  const { sessions, config } = deps;
  const { organization, publicUrl } = config;
  const cookie = createSessionCookie(publicUrl);
  const allowed = mayCarrySessions(publicUrl);

  return new Hono<AppEnv>()
    .get('/login', (c) => {
      if (!allowed) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const next = safeNext(c.req.query('next'), publicUrl);
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
        await endEarlierSession(deps, c);
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
    .post('/logout', async (c) => {
      await sessions.signOut(c.get('caller'));
      cookie.clear(c);
      return c.redirect(withDone('/login', 'signed-out'), 303);
    });

  /** Signing in again leaves no older session behind in this browser's name. */
  async function endEarlierSession({ sessions }: AppDeps, c: AppContext): Promise<void> {
    const secret = cookie.read(c);
    const earlier = secret === undefined ? null : await sessions.authenticate(secret);
    if (earlier === null) return;
    const { user, session } = earlier;
    await sessions.signOut({ user, sessionId: session.id, origin: c.get('origin'), channel: 'console' });
  }
}

/** https, or this very machine. */
function mayCarrySessions(publicUrl: string): boolean {
  const { protocol, hostname } = new URL(publicUrl);
  return protocol === 'https:' || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
