import { Hono } from 'hono';
import { ProblemError } from '../../../../shared/problem.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { isSameOrigin } from '../../../http/same-origin.ts';
import { mayCarrySessions } from '../../../http/session-cookie.ts';
import { purposeOf } from '../../../sso/provider.ts';
import { renderProblem } from '../../shell/form-problem.ts';
import { withNotice } from '../../shell/messages/notice.ts';
import { safeReturnPath } from '../../shell/return-path.ts';
import type { BrowserSession } from '../browser-session.ts';
import { InsecureAddressPage, LoginPage } from '../login-page.tsx';
import { signInWays } from '../sign-in-ways.ts';
import { finishConfirming } from './confirm-routes.tsx';
import { finishConnecting } from './connect-routes.tsx';
import { createSsoReport } from './report-sso.ts';
import { createSsoCookie } from './sso-cookie.ts';

interface SsoDeps
  extends Pick<
    AppDeps,
    | 'sso'
    | 'ssoConnection'
    | 'sessions'
    | 'confirmations'
    | 'identityProvider'
    | 'passwordPolicy'
    | 'passkeys'
    | 'config'
    | 'log'
    | 'failureLog'
    | 'ssoLog'
  > {
  browserSession: BrowserSession;
}

/** Routes of `/login/sso`: to the identity provider and back. Without single sign-on they return 404. */
export function ssoPages(deps: SsoDeps) {
  const { sso, ssoConnection, sessions, confirmations, identityProvider, browserSession } = deps;
  const report = createSsoReport(deps);
  const { publicUrl } = deps.config;
  const ssoCookie = createSsoCookie(publicUrl);
  const app = new Hono<AppEnv>();
  if (sso === null || ssoConnection === null || identityProvider === null) {
    return app.get('/login/sso', (c) => c.notFound()).get('/login/sso/callback', (c) => c.notFound());
  }

  return app
    .get('/login/sso', async (c) => {
      if (!mayCarrySessions(publicUrl)) return c.render(<InsecureAddressPage />, 403);
      const next = safeReturnPath(c.req.query('next'), publicUrl);
      // Only our own pages may ask for a new session. A link on another site could otherwise end the present one.
      const again = c.req.query('again') === 'true' && isSameOrigin(c, publicUrl);
      if (!again && (await browserSession.current(c))?.session.sso) return c.redirect(next, 303);
      try {
        const { url, pending } = await identityProvider.begin();
        ssoCookie.write(c, { ...pending, next });
        return c.redirect(url, 303);
      } catch (error) {
        return renderFailure(c, error, { next, again });
      }
    })
    .get('/login/sso/callback', async (c) => {
      const pending = ssoCookie.take(c);
      if (pending !== null && purposeOf(pending) === 'connect') {
        return finishConnecting(c, { ssoConnection, identityProvider, browserSession, report }, pending);
      }
      if (pending !== null && purposeOf(pending) === 'confirm') {
        return finishConfirming(c, { confirmations, identityProvider, browserSession, report }, pending);
      }
      const next = safeReturnPath(pending?.next, publicUrl);
      try {
        if (pending === null) throw notStartedHere();
        const { person, idToken, authenticatedAt } = await identityProvider.finish(new URL(c.req.url).search, pending);
        report.success();
        report.notes(c, person.notes);
        const started = await sso.signIn(person, c.get('clientInfo'), authenticatedAt);
        report.notes(c, started.notes);
        await sessions.keepIdToken(started, idToken);
        await browserSession.start(c, started, 'password');
        return c.redirect(started.groupsUnclear ? withNotice(next, 'groups-unclear') : next, 303);
      } catch (error) {
        return renderFailure(c, error, { next });
      }
    });

  function renderFailure(c: AppContext, error: unknown, page: { next: string; again?: boolean }) {
    const { problem, message } = report.failure(c, error);
    return renderProblem(c, problem, <LoginPage ways={signInWays(deps)} {...page} error={message} />);
  }
}

function notStartedHere(): ProblemError {
  return new ProblemError(
    'sso-refused',
    'This sign-in was started in another browser, or it has expired. Sign in again.',
  );
}
