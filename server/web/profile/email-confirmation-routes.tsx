import { Hono } from 'hono';
import type { ProblemError } from '../../../shared/problem.ts';
import { emailLinkExpired } from '../../domain/accounts/own-profile.ts';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { FormToken } from '../shell/components/form.tsx';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { Layout } from '../shell/layout.tsx';
import { withSuccess } from '../shell/success-message.ts';

const path = '/profile/email/confirm';

/**
 * Routes of the link that confirms a new email address. The link proves that the member reads mail at that address, and the
 * session that asked for it, which must still exist, proves the account. Opening the link does not use it up, because
 * mail scanners open links too.
 */
export function emailConfirmationPages({ ownProfile }: Pick<AppDeps, 'ownProfile'>) {
  return new Hono<AppEnv>()
    .get(path, async (c) => {
      const token = c.req.query('token') ?? '';
      const email = await ownProfile.findEmailChange(token);
      if (email === null) return renderFailure(c, emailLinkExpired());
      return c.render(<ConfirmEmailPage token={token} email={email} />);
    })
    .post(path, async (c) => {
      try {
        await ownProfile.confirmEmailChange(text((await c.req.parseBody()).token), c.get('clientInfo'));
        return c.redirect(withSuccess('/profile', 'email-changed'), 303);
      } catch (error) {
        return renderFailure(c, expectProblem(error));
      }
    });

  function renderFailure(c: AppContext, problem: ProblemError) {
    return renderProblem(c, problem, <ConfirmationFailedPage message={problem.message} />);
  }
}

function ConfirmEmailPage({ token, email }: { token: string; email: string }) {
  return (
    <Layout title="Confirm your email address" width="narrow">
      <h1>Confirm your email address</h1>
      <p>Use {email} for your account? You sign in with it from then on, and mail about your account goes there.</p>
      <form method="post" action={path} class="card">
        <FormToken />
        <input type="hidden" name="token" value={token} />
        <div class="actions">
          <button type="submit" class="primary">
            Use this address
          </button>
        </div>
      </form>
    </Layout>
  );
}

function ConfirmationFailedPage({ message }: { message: string }) {
  return (
    <Layout title="Email address not changed" width="narrow">
      <h1>Your email address was not changed</h1>
      <p>{message}</p>
      <p>
        <a href="/profile">Go to your profile</a>
      </p>
    </Layout>
  );
}
