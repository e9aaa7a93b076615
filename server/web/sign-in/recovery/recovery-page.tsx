import type { ProblemError } from '../../../../shared/problem.ts';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { AccountField, NewPasswordFields } from '../../shell/components/password-fields.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { Layout } from '../../shell/layout.tsx';

export const recoveryPath = '/recover';

interface RecoveryPageProps {
  email: string;
  /** The secret from the link. */
  token: string;
  problem?: ProblemError;
}

/** Asks for the new password of the member that a recovery link names. Using the link signs this browser in. */
export function RecoveryPage({ email, token, problem }: RecoveryPageProps) {
  const errors = fieldErrors(problem);
  return (
    <Layout title="Recover access" width="narrow">
      <h1>Recover access</h1>
      {problem && <Alert>Nothing was changed. Correct the fields below.</Alert>}
      <p>
        This link makes <strong>{email}</strong> an Organization Superuser. It sets a new password, removes the second
        factor, and ends the account's other sessions.
      </p>
      <form method="post" action={recoveryPath} class="card">
        <FormToken />
        <input type="hidden" name="token" value={token} />
        <AccountField email={email} />
        <NewPasswordFields name="password" errors={errors} autofocus={problem === undefined} />
        <p class="hint">The password works until the next single sign-on of this member.</p>
        <div class="actions">
          <button type="submit" class="primary">
            Set password and sign in
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** Shown for a link that does not work. It is the same for every such link. */
export function RecoveryLinkExpiredPage({ message }: { message: string }) {
  return (
    <Layout title="Recover access" width="narrow">
      <h1>Recover access</h1>
      <Alert>{message}</Alert>
      <p>
        <a href="/login">Back to sign-in</a>
      </p>
    </Layout>
  );
}
