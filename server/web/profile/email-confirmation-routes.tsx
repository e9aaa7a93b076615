import { Hono } from 'hono';
import type { AppContext, AppDeps, AppEnv } from '../../http/context.ts';
import { FormToken } from '../shell/components/form.tsx';
import { expectProblem, renderProblem } from '../shell/form-problem.ts';
import { text } from '../shell/form-values.ts';
import { Layout } from '../shell/layout.tsx';
import type { MessageDeps } from '../shell/messages/messages.ts';
import { useMember } from '../shell/page-context.ts';
import { profilePath } from './profile-page.tsx';

const path = '/profile/email/confirm';

/**
 * Routes of the link that confirms a new email address. The link proves that the member reads mail at that address. The
 * browser must be signed in as the same member, and the session that asked for the link must still exist. Opening the link
 * does not use it up, because mail scanners open links too.
 */
export function emailConfirmationPages({ ownProfile, messages }: Pick<AppDeps, 'ownProfile'> & MessageDeps) {
  return new Hono<AppEnv>()
    .get(path, (c) =>
      orFailure(c, async () => {
        const token = c.req.query('token') ?? '';
        const email = await ownProfile.findEmailChange(c.get('caller'), token);
        return c.render(<ConfirmEmailPage token={token} email={email} />);
      }),
    )
    .post(path, (c) =>
      orFailure(c, async () => {
        await ownProfile.confirmEmailChange(c.get('caller'), text((await c.req.parseBody()).token));
        return messages.redirect(c, '/profile', 'email-changed');
      }),
    );
}

async function orFailure(c: AppContext, respond: () => Promise<Response>): Promise<Response> {
  try {
    return await respond();
  } catch (error) {
    const problem = expectProblem(error);
    return renderProblem(c, problem, <ConfirmationFailedPage message={problem.message} />);
  }
}

function ConfirmEmailPage({ token, email }: { token: string; email: string }) {
  const member = useMember();
  return (
    <Layout title="Confirm your email address" section={profilePath} width="narrow">
      <h1>Confirm your email address</h1>
      <form method="post" action={path} class="card">
        <FormToken />
        <input type="hidden" name="token" value={token} />
        <dl class="facts">
          <dt>Present address</dt>
          <dd>{member.email}</dd>
          <dt>New address</dt>
          <dd>{email}</dd>
        </dl>
        <p>You sign in with the new address from then on, and mail about your account goes there.</p>
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
    <Layout title="Email address not changed" section={profilePath} width="narrow">
      <h1>Your email address was not changed</h1>
      <p>{message}</p>
      <p>
        <a href="/profile">Go to your profile</a>
      </p>
    </Layout>
  );
}
