import type { ProblemError } from '../../../../shared/problem.ts';
import { Alert, Field, FormToken } from '../../shell/components/form.tsx';
import { NewPasswordFields } from '../../shell/components/password-fields.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { Layout } from '../../shell/layout.tsx';

/** Asks for the email address that a link is sent to. */
export function ForgotPasswordPage({ error }: { error?: string }) {
  return (
    <Layout title="Set your password" width="narrow">
      <h1>Set your password</h1>
      {error && <Alert>{error}</Alert>}
      <p>Enter your email address to get a link for setting a new password. The link works once, within 30 minutes.</p>
      <form method="post" action="/password/forgot" class="card">
        <FormToken />
        <Field label="Email address" name="email" type="email" autocomplete="username" required autofocus={!error} />
        <div class="actions">
          <a class="button" href="/login">
            Cancel
          </a>
          <button type="submit" class="primary">
            Send link
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** Confirms the request. The page is the same for every address, so that it does not reveal who is a member. */
export function LinkSentPage() {
  return (
    <Layout title="Check your email" width="narrow">
      <h1>Check your email</h1>
      <p>If this address belongs to a member who signs in with a password, a link is on its way.</p>
      <p>No email after a few minutes? Check your spam folder, or ask an Organization Superuser.</p>
      <p>
        <a href="/login">Back to sign-in</a>
      </p>
    </Layout>
  );
}

/** Asks for the new password. `token` is the secret from the link. */
export function NewPasswordPage({ token, problem }: { token: string; problem?: ProblemError }) {
  const errors = fieldErrors(problem);
  return (
    <Layout title="Set your password" width="narrow">
      <h1>Set your password</h1>
      {problem && <Alert>The password was not set. Correct the fields below.</Alert>}
      <form method="post" action="/password/reset" class="card">
        <FormToken />
        <input type="hidden" name="token" value={token} />
        <NewPasswordFields name="password" errors={errors} autofocus={problem === undefined} />
        <p class="hint">Setting your password signs you out everywhere.</p>
        <div class="actions">
          <button type="submit" class="primary">
            Set password
          </button>
        </div>
      </form>
    </Layout>
  );
}
