import { Hono } from 'hono';
import type { PreparedTotp } from '../../../shared/schemas/totp.ts';
import type { StartedSession } from '../../domain/sign-in/start-session.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { bearerChallenge } from '../../http/errors.ts';
import { CodePage, RecoveryCodesPage, SetUpPage } from '../profile/totp-pages.tsx';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { addressOf } from '../shell/page-url.ts';
import { safeNext } from '../shell/return-path.ts';
import { createBrowserSession } from './browser-session.ts';
import { createStepCookie } from './second-factor-cookie.ts';

export const codePath = '/login/code';
export const setUpPath = '/login/set-up';

/** What comes after the password: a code, or setting up where codes come from. */
export function secondFactorPages(deps: AppDeps) {
  const { secondFactor, sessionCookie, config } = deps;
  const { organization, publicUrl } = config;
  const stepCookie = createStepCookie(publicUrl);
  const browserSession = createBrowserSession(deps);
  const nextOf = (c: AppContext) => safeNext(c.req.query('next'), publicUrl);
  const actionOf = (c: AppContext, path: string) => addressOf({ path, query: { next: nextOf(c) } });

  return new Hono<AppEnv>()
    .get(codePath, (c) => c.html(<CodePage c={c} organization={organization} action={actionOf(c, codePath)} />))
    .post(codePath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        await admit(c, await secondFactor.finish(stepCookie.read(c), code, c.get('clientInfo')));
        return c.redirect(nextOf(c), 303);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code === 'form-expired') throw refused;
        if (refused.code === 'totp-required') c.header('WWW-Authenticate', bearerChallenge());
        const action = actionOf(c, codePath);
        return showRefused(
          c,
          refused,
          <CodePage c={c} organization={organization} action={action} error={refused.message} />,
        );
      }
    })
    .get(setUpPath, async (c) => c.html(setUpPage(c, await secondFactor.prepare(stepCookie.read(c)))))
    .post(setUpPath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        const { started, codes } = await secondFactor.finishEnrolment(stepCookie.read(c), code, c.get('clientInfo'));
        await admit(c, started);
        return c.html(<RecoveryCodesPage c={c} organization={organization} codes={codes} next={nextOf(c)} />);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code !== 'wrong-code' && refused.code !== 'throttled') throw refused;
        const prepared = await secondFactor.findPrepared(stepCookie.read(c));
        return showRefused(c, refused, setUpPage(c, prepared, refused.message));
      }
    });

  async function admit(c: AppContext, { secret, session }: StartedSession): Promise<void> {
    await browserSession.end(c);
    stepCookie.clear(c);
    sessionCookie.write(c, secret.reveal(), session.expiresAt);
  }

  function setUpPage(c: AppContext, prepared: PreparedTotp, error?: string) {
    const action = actionOf(c, setUpPath);
    return <SetUpPage c={c} organization={organization} prepared={prepared} action={action} error={error} />;
  }
}
