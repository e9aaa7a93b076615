import { setTimeout as sleep } from 'node:timers/promises';
import { Hono } from 'hono';
import type { ProblemError } from '../../../../shared/problem.ts';
import { passwordSignInOff, resetLinkExpired } from '../../../domain/sign-in/problems.ts';
import type { AppContext, AppDeps, AppEnv } from '../../../http/context.ts';
import { expectProblem, passwordMismatch, renderProblem } from '../../shell/form-problem.ts';
import { text } from '../../shell/form-values.ts';
import type { Messages } from '../../shell/messages/messages.ts';
import type { DeviceCookie } from '../device-cookie.ts';
import { passwordFormUrl } from '../login-page.tsx';
import { ForgotPasswordPage, LinkSentPage, NewPasswordPage } from './password-reset-page.tsx';

interface PasswordResetDeps extends Pick<AppDeps, 'passwordReset' | 'passwordPolicy'> {
  deviceCookie: DeviceCookie;
  messages: Messages;
}

/** Minimum response time. The mail is queued independently of it, so timing does not reveal whether an address is a member's. */
const minResponseMs = 400;

/** Routes of `/password`: setting a password with a mailed link. */
export function passwordResetPages({ passwordReset, passwordPolicy, deviceCookie, messages }: PasswordResetDeps) {
  /** @throws ProblemError `password-sign-in-off` if no member may request a link */
  const requirePasswords = () => {
    if (passwordPolicy.signIn === 'false') throw passwordSignInOff();
  };

  return new Hono<AppEnv>()
    .get('/password/forgot', (c) => {
      requirePasswords();
      return c.render(<ForgotPasswordPage />);
    })
    .post('/password/forgot', async (c) => {
      requirePasswords();
      const email = text((await c.req.parseBody()).email);
      try {
        await Promise.all([passwordReset.request(email, c.get('clientInfo')), sleep(minResponseMs)]);
        return c.render(<LinkSentPage />);
      } catch (error) {
        const problem = expectProblem(error);
        return renderProblem(c, problem, <ForgotPasswordPage error={problem.message} />);
      }
    })
    .get('/password/reset', async (c) => {
      const token = c.req.query('token') ?? '';
      if (!(await passwordReset.isValid(token))) return renderExpiredLink(c, resetLinkExpired());
      return c.render(<NewPasswordPage token={token} />);
    })
    .post('/password/reset', async (c) => {
      const form = await c.req.parseBody();
      const [token, password] = [text(form.token), text(form.password)];
      try {
        if (password !== text(form.again)) throw passwordMismatch();
        deviceCookie.remember(c, await passwordReset.reset(token, password, c.get('clientInfo')), 'password');
        const signIn = passwordPolicy.signIn === 'true' ? '/login' : passwordFormUrl();
        return messages.redirect(c, signIn, 'password-set');
      } catch (error) {
        const problem = expectProblem(error);
        if (problem.code === 'link-expired') return renderExpiredLink(c, problem);
        return renderProblem(c, problem, <NewPasswordPage token={token} problem={problem} />);
      }
    });

  function renderExpiredLink(c: AppContext, problem: ProblemError) {
    if (passwordPolicy.signIn === 'false') throw problem;
    return renderProblem(c, problem, <ForgotPasswordPage error={problem.message} />);
  }
}
