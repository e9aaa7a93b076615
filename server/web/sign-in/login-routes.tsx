import { Hono } from 'hono';
import { problems } from '../../../shared/problems.ts';
import type { PendingSecondFactor } from '../../domain/sign-in/second-factor.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { bearerChallenge } from '../../http/errors.ts';
import { mayCarrySessions } from '../../http/session-cookie.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { addressOf } from '../shell/page-url.ts';
import { safeNext } from '../shell/return-path.ts';
import { doneMessage, withDone } from '../shell/success-message.ts';
import { createBrowserSession } from './browser-session.ts';
import { InsecurePage, LoginPage, LogoutElsewherePage, LogoutPage } from './login-page.tsx';
import { createStepCookie } from './second-factor-cookie.ts';
import { codePath, setUpPath } from './second-factor-routes.tsx';

/** `/login` and `/logout`. */
export function signInPages(deps: AppDeps) {
  const { sessions, secondFactor, identityProvider, sessionCookie, config } = deps;
  const browserSession = createBrowserSession(deps);
  const sso = identityProvider !== null;
  const { organization, publicUrl } = config;
  const stepCookie = createStepCookie(publicUrl);
  const allowed = mayCarrySessions(publicUrl);

  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      if (!allowed) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const next = safeNext(c.req.query('next'), publicUrl);
      if ((await browserSession.current(c)) !== null) return c.redirect(next, 303);
      return c.html(
        <LoginPage c={c} organization={organization} sso={sso} next={next} done={doneMessage(c.req.query('done'))} />,
      );
    })
    .post('/login', async (c) => {
      if (!allowed) return c.html(<InsecurePage c={c} organization={organization} />, 403);
      const form = await c.req.parseBody();
      const [email, next] = [text(form.email), safeNext(text(form.next), publicUrl)];
      try {
        const begun = await secondFactor.begin(email, text(form.password), c.get('clientInfo'));
        if ('next' in begun) return askNextStep(c, begun, next);
        await browserSession.end(c);
        sessionCookie.write(c, begun.secret.reveal(), begun.session.expiresAt);
        return c.redirect(next, 303);
      } catch (error) {
        const refused = refusalOf(error);
        if (problems[refused.code].status === 401) c.header('WWW-Authenticate', bearerChallenge());
        const shown = { c, organization, sso, next, email, error: refused.message };
        return showRefused(c, refused, <LoginPage {...shown} />);
      }
    })
    .get('/logout', (c) => c.html(<LogoutPage c={c} organization={organization} />))
    .post('/logout', async (c) => {
      await sessions.signOut(c.get('caller'));
      sessionCookie.clear(c);
      const elsewhere = c.get('session').sso ? await identityProvider?.logoutUrl() : null;
      if (elsewhere) return c.html(<LogoutElsewherePage c={c} organization={organization} url={elsewhere} />);
      return c.redirect(withDone('/login', 'signed-out'), 303);
    });

  function askNextStep(c: AppContext, step: PendingSecondFactor, next: string): Response {
    stepCookie.write(c, step.ticket.reveal());
    return c.redirect(addressOf({ path: step.next === 'code' ? codePath : setUpPath, query: { next } }), 303);
  }
}
