import { Hono } from 'hono';
import type { ProblemError } from '../../../shared/problem.ts';
import { requireSent } from '../../domain/sign-in/confirmation/required.ts';
import { passwordSignInOff } from '../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { RecoveryCodesPage } from './recovery-codes-page.tsx';
import { TotpEnrolmentPage } from './totp-enrolment-page.tsx';
import { TotpPage, totpPath } from './totp-page.tsx';

/** Routes of `/profile/two-step`: two-factor sign-in of the member's own account. */
export function totpPages({ totp, passwordPolicy, messages }: Pick<AppDeps, 'totp' | 'passwordPolicy'> & MessageDeps) {
  const confirmPath = `${totpPath}/confirm`;

  return new Hono<AppEnv>()
    .get(totpPath, async (c) => {
      if (!passwordPolicy.allows(c.get('caller').user)) throw passwordSignInOff();
      return c.render(await page(c));
    })
    .post(totpPath, (c) =>
      orProblem(c, async () => {
        const prepared = await totp.prepare(c.get('caller'), text((await c.req.parseBody()).password));
        return c.render(<TotpEnrolmentPage prepared={prepared} action={confirmPath} />);
      }),
    )
    .post(confirmPath, async (c) => {
      const code = text((await c.req.parseBody()).code);
      try {
        const codes = await totp.enable(c.get('caller'), code);
        return c.render(<RecoveryCodesPage codes={codes} next="/profile" />);
      } catch (error) {
        const problem = expectProblem(error);
        // The set-up began in another session, or more than ten minutes ago.
        if (problem.code === 'totp-enabled') return renderProblem(c, problem, await page(c, problem));
        if (problem.code !== 'wrong-code' && problem.code !== 'throttled') throw problem;
        const prepared = await totp.findPrepared(c.get('caller'));
        const enrolment = <TotpEnrolmentPage prepared={prepared} action={confirmPath} error={problem.message} />;
        return renderProblem(c, problem, enrolment);
      }
    })
    .post(`${totpPath}/disable`, (c) =>
      orProblem(c, async () => {
        requireSent(c.get('caller'));
        await totp.disable(c.get('caller'));
        const { passkeyCount } = c.get('caller').user;
        return messages.redirect(c, '/profile', passkeyCount > 0 ? 'totp-removed' : 'totp-off');
      }),
    )
    .post(`${totpPath}/recovery-codes`, (c) =>
      orProblem(c, async () => {
        requireSent(c.get('caller'));
        const codes = await totp.newRecoveryCodes(c.get('caller'));
        return c.render(<RecoveryCodesPage codes={codes} next="/profile" />);
      }),
    );

  /** A problem is shown on the settings page. */
  async function orProblem(c: AppContext, act: () => Promise<Response>): Promise<Response> {
    try {
      return await act();
    } catch (error) {
      const problem = expectProblem(error);
      return renderProblem(c, problem, await page(c, problem));
    }
  }

  async function page(c: AppContext, problem?: ProblemError) {
    return <TotpPage status={await totp.status(c.get('caller'))} problem={problem} />;
  }
}
