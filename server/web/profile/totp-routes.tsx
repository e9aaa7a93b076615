import { Hono } from 'hono';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { withDone } from '../shell/success-message.ts';
import { RecoveryCodesPage, SetUpPage, TotpPage, totpPath } from './totp-pages.tsx';

/** `/profile/two-step`: a second step for one's own password. */
export function totpPages({ totp, config }: AppDeps) {
  const { organization } = config;
  const confirmPath = `${totpPath}/confirm`;

  return new Hono<AppEnv>()
    .get(totpPath, async (c) => c.html(await page(c)))
    .post(totpPath, (c) =>
      trying(c, async (password) => {
        const prepared = await totp.prepare(c.get('caller'), password);
        return c.html(<SetUpPage c={c} organization={organization} prepared={prepared} action={confirmPath} />);
      }),
    )
    .post(confirmPath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        const codes = await totp.enable(c.get('caller'), code);
        return c.html(<RecoveryCodesPage c={c} organization={organization} codes={codes} next="/profile" />);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code !== 'wrong-code' && refused.code !== 'throttled') throw refused;
        const prepared = await totp.findPrepared(c.get('caller').user);
        const shown = { c, organization, prepared, action: confirmPath, error: refused.message };
        return showRefused(c, refused, <SetUpPage {...shown} />);
      }
    })
    .post(`${totpPath}/disable`, (c) =>
      trying(c, async (password) => {
        await totp.disable(c.get('caller'), password);
        return c.redirect(withDone('/profile', 'two-step-off'), 303);
      }),
    )
    .post(`${totpPath}/recovery-codes`, (c) =>
      trying(c, async (password) => {
        const codes = await totp.newRecoveryCodes(c.get('caller'), password);
        return c.html(<RecoveryCodesPage c={c} organization={organization} codes={codes} next="/profile" />);
      }),
    );

  /** Does what the password is asked for; a refusal is told on the page. */
  async function trying(c: AppContext, act: (password: string) => Promise<Response>): Promise<Response> {
    try {
      return await act(text((await c.req.parseBody()).password));
    } catch (error) {
      const refused = refusalOf(error);
      return showRefused(c, refused, await page(c, refused.message));
    }
  }

  async function page(c: AppContext, error?: string) {
    const status = await totp.status(c.get('caller'));
    return <TotpPage c={c} organization={organization} status={status} error={error} />;
  }
}
