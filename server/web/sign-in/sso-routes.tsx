import { Hono } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { logUnexpected } from '../../http/errors.ts';
import { mayCarrySessions } from '../../http/session-cookie.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { safeNext } from '../shell/return-path.ts';
import { createBrowserSession } from './browser-session.ts';
import { InsecurePage, LoginPage } from './login-page.tsx';
import { createPendingCookie } from './sso-cookie.ts';

/** `/login/sso`: to the identity provider and back. */
export function ssoPages(deps: AppDeps) {
  const { sso, identityProvider, sessionCookie, config, log } = deps;
  const { organization, publicUrl } = config;
  const browserSession = createBrowserSession(deps);
  const pendingCookie = createPendingCookie(publicUrl);
  const app = new Hono<AppEnv>();
  if (sso === null || identityProvider === null) {
    return app.get('/login/sso', (c) => c.notFound()).get('/login/sso/callback', (c) => c.notFound());
  }

  return app
    .get('/login/sso', async (c) => {
      if (!mayCarrySessions(publicUrl)) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const next = safeNext(c.req.query('next'), publicUrl);
      if ((await browserSession.current(c))?.session.sso) return c.redirect(next, 303);
      try {
        const { url, pending } = await identityProvider.begin();
        pendingCookie.write(c, { ...pending, next });
        return c.redirect(url, 303);
      } catch (error) {
        return failed(c, error, next);
      }
    })
    .get('/login/sso/callback', async (c) => {
      const pending = pendingCookie.take(c);
      try {
        if (pending === null) throw notBegunHere();
        const person = await identityProvider.finish(new URL(c.req.url).search, pending);
        const { secret, session } = await sso.signIn(person, c.get('clientInfo'));
        await browserSession.end(c);
        sessionCookie.write(c, secret.reveal(), session.expiresAt);
        return c.redirect(safeNext(pending.next, publicUrl), 303);
      } catch (error) {
        return failed(c, error, safeNext(pending?.next, publicUrl));
      }
    });

  function failed(c: AppContext, error: unknown, next: string) {
    const refused = refusalOf(error);
    if (refused.cause !== undefined) {
      log.info({ err: refused.cause, request_id: c.get('requestId') }, 'A single sign-on failed');
    }
    logUnexpected(log, c.get('requestId'), refused, error);
    return showRefused(
      c,
      refused,
      <LoginPage c={c} organization={organization} sso next={next} error={refused.message} />,
    );
  }
}

function notBegunHere(): ProblemError {
  return new ProblemError(
    'sso-refused',
    'This sign-in was begun in another browser, or too long ago. Nobody was signed in. Start again.',
  );
}
