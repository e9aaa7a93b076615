import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import { ProblemError } from '../../../shared/problem.ts';
import { resetLinkExpired } from '../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { refusalOf, showRefused } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { withDone } from '../shell/success-message.ts';
import { ForgotPage, LinkSentPage, NewPasswordPage } from './password-reset-page.tsx';

/** Milliseconds that every answer takes: longer than queueing a mail, so that the time tells nothing about an address. */
const answerAfterMs = 400;

/** `/password`: setting one by a link that is mailed. */
export function passwordPages({ passwordReset, config }: AppDeps) {
  const { organization } = config;

  return new Hono<AppEnv>()
    .get('/password/forgot', (c) => c.html(<ForgotPage c={c} organization={organization} />))
    .post('/password/forgot', async (c) => {
      const email = text((await c.req.parseBody()).email);
      try {
        await Promise.all([passwordReset.request(email, c.get('clientInfo')), sleep(answerAfterMs)]);
        return c.html(<LinkSentPage c={c} organization={organization} />);
      } catch (error) {
        const refused = refusalOf(error);
        return showRefused(c, refused, <ForgotPage c={c} organization={organization} error={refused.message} />);
      }
    })
    .get('/password/reset', async (c) => {
      const token = c.req.query('token') ?? '';
      if (!(await passwordReset.isValid(token))) return expired(c, resetLinkExpired());
      return c.html(<NewPasswordPage c={c} organization={organization} token={token} />);
    })
    .post('/password/reset', async (c) => {
      const form = await c.req.parseBody();
      const [token, password] = [text(form.token), text(form.password)];
      try {
        if (password !== text(form.again)) throw different();
        await passwordReset.reset(token, password, c.get('clientInfo'));
        return c.redirect(withDone('/login', 'password-set'), 303);
      } catch (error) {
        const refused = refusalOf(error);
        if (refused.code === 'link-expired') return expired(c, refused);
        return showRefused(
          c,
          refused,
          <NewPasswordPage c={c} organization={organization} token={token} refused={refused} />,
        );
      }
    });

  function expired(c: AppContext, problem: ProblemError) {
    return showRefused(c, problem, <ForgotPage c={c} organization={organization} error={problem.message} />);
  }
}

function different(): ProblemError {
  const detail = 'This is not what you typed above. Type the new password twice.';
  return new ProblemError('invalid-fields', detail, { errors: [{ pointer: '/again', detail }] });
}
