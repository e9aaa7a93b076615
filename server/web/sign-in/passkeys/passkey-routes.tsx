import { Hono } from 'hono';
import { problems } from '../../../../shared/problems.ts';
import { passkeysNeedScript } from '../../../domain/sign-in/passkeys/problems.ts';
import type { AppDeps, AppEnv } from '../../../http/context.ts';
import { bearerChallenge } from '../../../http/errors.ts';
import { expectProblem, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import { safeReturnPath } from '../../shell/return-path.ts';
import type { BrowserSession } from '../browser-session.ts';
import { LoginPage } from '../login-page.tsx';
import { signInWays } from '../sign-in-ways.ts';
import { respondWithOptions } from './options-response.ts';
import { passkeySignInPath } from './passkey-form.tsx';

interface PasskeyDeps
  extends Pick<AppDeps, 'passkeys' | 'passkeySignIn' | 'passwordPolicy' | 'identityProvider' | 'config'> {
  browserSession: BrowserSession;
}

/** Routes of `/login/passkey`: sign-in with a passkey alone. */
export function passkeyPages(deps: PasskeyDeps) {
  const { passkeySignIn, browserSession, config } = deps;
  return new Hono<AppEnv>()
    .post(`${passkeySignInPath}/options`, (c) => respondWithOptions(c, () => passkeySignIn.begin(c.get('clientInfo'))))
    .post(passkeySignInPath, async (c) => {
      const form = await c.req.parseBody();
      const [response, next] = [text(form.response), safeReturnPath(text(form.next), config.publicUrl)];
      try {
        if (response === '') throw passkeysNeedScript();
        await browserSession.start(c, await passkeySignIn.finish(response, c.get('clientInfo')), 'code');
        return c.redirect(next, 303);
      } catch (error) {
        const problem = expectProblem(error);
        if (problems[problem.code].status === 401) c.header('WWW-Authenticate', bearerChallenge());
        const again = (await browserSession.current(c)) !== null;
        const page = <LoginPage ways={signInWays(deps, true)} next={next} again={again} error={problem.message} />;
        return renderProblem(c, problem, page);
      }
    });
}
