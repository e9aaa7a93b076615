import { Hono } from 'hono';
import { problems } from '../../../shared/problems.ts';
import type { AppDeps, AppEnv } from '../../http/context.ts';
import { bearerChallenge } from '../../http/errors.ts';
import { mayCarrySessions } from '../../http/session-cookie.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import type { Messages } from '../shell/messages/messages.ts';
import { formatUrl } from '../shell/page-url.ts';
import { safeReturnPath } from '../shell/return-path.ts';
import type { BrowserSession } from './browser-session.ts';
import type { DeviceCookie } from './device-cookie.ts';
import { InsecureAddressPage, LoginPage, LogoutPage, SsoLogoutPage } from './login-page.tsx';
import { signInWays } from './sign-in-ways.ts';
import type { SecondFactorCookie } from './totp/second-factor-cookie.ts';
import { enrolPath, secondFactorPath } from './totp/second-factor-routes.tsx';

interface LoginDeps
  extends Pick<
    AppDeps,
    'sessions' | 'sessionCookie' | 'secondFactor' | 'passkeys' | 'passwordPolicy' | 'identityProvider' | 'config'
  > {
  browserSession: BrowserSession;
  deviceCookie: DeviceCookie;
  secondFactorCookie: SecondFactorCookie;
  messages: Messages;
}

/** Routes of `/login` and `/logout`. */
export function loginPages(deps: LoginDeps) {
  const { sessions, sessionCookie, secondFactor, identityProvider } = deps;
  const { browserSession, deviceCookie, secondFactorCookie, messages } = deps;
  const { publicUrl } = deps.config;
  const isSecure = mayCarrySessions(publicUrl);

  return new Hono<AppEnv>()
    .get('/login', async (c) => {
      if (!isSecure) return c.render(<InsecureAddressPage />, 403);
      const next = safeReturnPath(c.req.query('next'), publicUrl);
      const current = await browserSession.current(c);
      const again = current !== null && c.req.query('again') === 'true';
      if (current !== null && !again) return c.redirect(next, 303);
      const ways = signInWays(deps, c.req.query('with') === 'password');
      return c.render(<LoginPage ways={ways} next={next} again={again} email={current?.user.email} />);
    })
    .post('/login', async (c) => {
      if (!isSecure) return c.render(<InsecureAddressPage />, 403);
      const form = await c.req.parseBody();
      const [email, next] = [text(form.email), safeReturnPath(text(form.next), publicUrl)];
      try {
        const result = await secondFactor.begin(email, text(form.password), c.get('clientInfo'), deviceCookie.read(c));
        if ('next' in result) {
          secondFactorCookie.write(c, result.ticket.reveal());
          const path = result.next === 'code' ? secondFactorPath : enrolPath;
          return c.redirect(formatUrl({ path, query: { next } }), 303);
        }
        await browserSession.start(c, result, 'password');
        return c.redirect(next, 303);
      } catch (error) {
        const problem = expectProblem(error);
        if (problems[problem.code].status === 401) c.header('WWW-Authenticate', bearerChallenge());
        const ways = signInWays(deps, true);
        const again = (await browserSession.current(c)) !== null;
        const page = <LoginPage ways={ways} next={next} again={again} email={email} error={problem.message} />;
        return renderProblem(c, problem, page);
      }
    })
    .get('/logout', (c) => c.render(<LogoutPage />))
    .post('/logout', async (c) => {
      const session = c.get('session');
      const idToken = await sessions.idToken(session, sessionCookie.read(c) ?? '');
      await sessions.signOut(c.get('caller'));
      sessionCookie.clear(c);
      const ssoLogoutUrl = session.sso ? await identityProvider?.logoutUrl(idToken) : null;
      if (ssoLogoutUrl) return c.render(<SsoLogoutPage url={ssoLogoutUrl} />);
      return messages.redirect(c, '/login', 'signed-out');
    });
}
