import { Hono } from 'hono';
import type { ProblemError } from '../../../../shared/problem.ts';
import { recoveryLinkExpired } from '../../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { mayCarrySessions } from '../../../http/session-cookie.ts';
import { expectProblem, passwordMismatch, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import type { Messages } from '../../shell/messages/messages.ts';
import type { BrowserSession } from '../browser-session.ts';
import { InsecureAddressPage } from '../login-page.tsx';
import { RecoveryLinkExpiredPage, RecoveryPage, recoveryPath } from './recovery-page.tsx';

interface RecoveryPageDeps extends Pick<AppDeps, 'recovery' | 'config'> {
  browserSession: BrowserSession;
  messages: Messages;
}

/** Routes of `/recover`: the link that `tokensd recover` prints on the server. */
export function recoveryPages({ recovery, browserSession, config, messages }: RecoveryPageDeps) {
  const isSecure = mayCarrySessions(config.publicUrl);

  return new Hono<AppEnv>()
    .get(recoveryPath, async (c) => {
      if (!isSecure) return c.render(<InsecureAddressPage />, 403);
      const token = c.req.query('token') ?? '';
      const email = await recovery.find(token);
      if (email === null) return renderExpired(c, recoveryLinkExpired());
      return c.render(<RecoveryPage email={email} token={token} />);
    })
    .post(recoveryPath, async (c) => {
      if (!isSecure) return c.render(<InsecureAddressPage />, 403);
      const form = await c.req.parseBody();
      const [token, password] = [text(form.token), text(form.password)];
      try {
        if (password !== text(form.again)) throw passwordMismatch();
        const started = await recovery.recover(token, password, c.get('clientInfo'));
        await browserSession.start(c, started, 'password');
        return messages.redirect(c, '/profile', 'recovered');
      } catch (error) {
        const problem = expectProblem(error);
        const email = await recovery.find(token);
        if (email === null) return renderExpired(c, recoveryLinkExpired());
        return renderProblem(c, problem, <RecoveryPage email={email} token={token} problem={problem} />);
      }
    });

  function renderExpired(c: AppContext, problem: ProblemError) {
    return renderProblem(c, problem, <RecoveryLinkExpiredPage message={problem.message} />);
  }
}
