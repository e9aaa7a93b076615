import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext } from '../../http/context.ts';
import { fieldErrors } from '../shell/form-problem.ts';
import { Layout } from '../shell/layout.tsx';
import { Alert, Field, FormToken } from '../shell/parts.tsx';

interface PageProps {
  c: AppContext;
  organization: string | null;
}

/** Asks whom to mail a link. */
export function ForgotPage({ c, organization, error }: PageProps & { error?: string }) {
  return (
    <Layout c={c} title="Set your password" organization={organization} width="narrow">
      <h1>Set your password</h1>
      {error && <Alert>{error}</Alert>}
      <p>You get a link by e-mail. It works once, for 30 minutes.</p>
      <form method="post" action="/password/forgot" class="card">
        <FormToken c={c} />
        <Field label="E-mail address" name="email" type="email" autocomplete="username" required autofocus={!error} />
        <div class="actions">
          <a class="button" href="/login">
            Cancel
          </a>
          <button type="submit" class="primary">
            Send the link
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** The same for every address. */
export function LinkSentPage({ c, organization }: PageProps) {
  return (
    <Layout c={c} title="Look at your mail" organization={organization} width="narrow">
      <h1>Look at your mail</h1>
      <p>If a member with that address signs in with a password here, a link is on its way.</p>
      <p>Nothing after a few minutes? Look among unwanted mail, or ask an Organization Superuser.</p>
      <p>
        <a href="/login">Back to sign-in</a>
      </p>
    </Layout>
  );
}

/** Asks for the new password. */
export function NewPasswordPage({
  c,
  organization,
  token,
  refused,
}: PageProps & { token: string; refused?: ProblemError }) {
  const errors = fieldErrors(refused);
  return (
    <Layout c={c} title="Set your password" organization={organization} width="narrow">
      <h1>Set your password</h1>
      {refused && <Alert>The password was not set. Correct what is marked below.</Alert>}
      <form method="post" action="/password/reset" class="card">
        <FormToken c={c} />
        <input type="hidden" name="token" value={token} />
        <Field
          label="New password"
          name="password"
          type="password"
          error={errors.password}
          hint={`At least ${limits.passwordMinimum} characters, and none of the most common passwords.`}
          autocomplete="new-password"
          required
          autofocus={refused === undefined}
        />
        <Field
          label="New password again"
          name="again"
          type="password"
          error={errors.again}
          autocomplete="new-password"
          required
        />
        <p class="hint">This signs you out everywhere.</p>
        <div class="actions">
          <button type="submit" class="primary">
            Set the password
          </button>
        </div>
      </form>
    </Layout>
  );
}
