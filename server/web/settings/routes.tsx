import { Hono } from 'hono';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { SettingsPage } from './settings-page.tsx';
import { settingsPath, testMailPath } from './settings-paths.ts';

type SettingsDeps = Pick<
  AppDeps,
  'versions' | 'serverState' | 'shownSettings' | 'testMails' | 'ssoContact' | 'clock' | 'config' | 'sendsMail'
>;

/** Routes of `/organization/settings`: how the server is set up, for superusers and auditors. */
export function settingsPages(deps: SettingsDeps & MessageDeps) {
  const { versions, serverState, shownSettings, testMails, ssoContact, clock, config, sendsMail, messages } = deps;

  async function page(c: AppContext, problem?: string) {
    const facts = await serverState.read(c.get('caller'));
    const sso = config.oidc && { issuer: config.oidc.issuer, contact: ssoContact.last() };
    const shown = { versions, settings: shownSettings, sso, now: clock.now(), problem };
    return <SettingsPage {...facts} {...shown} />;
  }

  return new Hono<AppEnv>()
    .get(settingsPath, async (c) => c.render(await page(c)))
    .post(testMailPath, async (c) => {
      const caller = c.get('caller');
      try {
        await testMails.send(caller);
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code !== 'throttled') throw problem;
        return renderProblem(c, problem, await page(c, problem.message));
      }
      return messages.redirect(
        c,
        settingsPath,
        sendsMail ? 'test-mail-queued' : 'test-mail-unmailed',
        caller.user.email,
      );
    });
}
