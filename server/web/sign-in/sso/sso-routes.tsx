import { Hono } from 'hono';
import { ProblemError } from '../../../../shared/problem.ts';
import { type SignInNote, SsoRefusal } from '../../../domain/sign-in/sso/notes.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { logUnexpected } from '../../../http/errors.ts';
import { isSameOrigin } from '../../../http/same-origin.ts';
import { mayCarrySessions } from '../../../http/session-cookie.ts';
import { logSsoProblem } from '../../../http/sso/log-sso-problem.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { withNotice } from '../../shell/notice.ts';
import { safeReturnPath } from '../../shell/return-path.ts';
import type { BrowserSession } from '../browser-session.ts';
import { InsecureAddressPage, LoginPage } from '../login-page.tsx';
import { signInWays } from '../login-routes.tsx';
import { createSsoCookie } from './sso-cookie.ts';

interface SsoDeps extends Pick<AppDeps, 'sso' | 'sessions' | 'identityProvider' | 'passwordPolicy' | 'config' | 'log'> {
  browserSession: BrowserSession;
}

/** Routes of `/login/sso`: to the identity provider and back. Without single sign-on they return 404. */
export function ssoPages(deps: SsoDeps) {
  const { sso, sessions, identityProvider, browserSession, log } = deps;
  const { publicUrl } = deps.config;
  const ssoCookie = createSsoCookie(publicUrl);
  const app = new Hono<AppEnv>();
  if (sso === null || identityProvider === null) {
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
      const next = safeReturnPath(pending?.next, publicUrl);
      try {
        if (pending === null) throw notStartedHere();
        const { person, idToken } = await identityProvider.finish(new URL(c.req.url).search, pending);
        writeNotes(c, person.notes);
        const started = await sso.signIn(person, c.get('clientInfo'));
        writeNotes(c, started.notes);
        await sessions.keepIdToken(started, idToken);
        await browserSession.start(c, started);
        return c.redirect(started.groupsUnclear ? withNotice(next, 'groups-unclear') : next, 303);
      } catch (error) {
        return renderFailure(c, error, { next });
      }
    });

  function writeNotes(c: AppContext, notes: readonly SignInNote[]) {
    for (const { level, message, fields } of notes) log[level]({ ...fields, request_id: c.get('requestId') }, message);
  }

  function renderFailure(c: AppContext, error: unknown, page: { next: string; again?: boolean }) {
    const problem = expectProblem(error);
    if (problem instanceof SsoRefusal && problem.note !== null) writeNotes(c, [problem.note]);
    logSsoProblem(log, c.get('requestId'), problem);
    logUnexpected(log, c.get('requestId'), problem, error);
    const message = withRequestId(problem, c.get('requestId'));
    return renderProblem(c, problem, <LoginPage ways={signInWays(deps)} {...page} error={message} />);
  }
}

/** Adds the request ID to the message that the operator should be told about, so that they find the log line. */
function withRequestId({ code, message }: ProblemError, requestId: string): string {
  if (code !== 'sso-misconfigured') return message;
  return message.replace(/\.$/, `, and give them the request ID ${requestId}.`);
}

function notStartedHere(): ProblemError {
  return new ProblemError(
    'sso-refused',
    'This sign-in was started in another browser, or it has expired. Sign in again.',
  );
}
