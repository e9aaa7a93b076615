import { CodeField } from '../../profile/code-field.tsx';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';

/** Asks for the second factor of a sign-in. */
export function SecondFactorPage({ action, error }: { action: string; error?: string | undefined }) {
  return (
    <Layout title="Two-factor sign-in" width="narrow">
      <h1>Two-factor sign-in</h1>
      {error && <Alert>{error}</Alert>}
      <form method="post" action={action} class="card">
        <FormToken />
        <CodeField hint="Enter the six-digit code from your authenticator app, or one of your recovery codes." />
        <div class="actions">
          <a class="button" href="/login">
            Cancel
          </a>
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </Layout>
  );
}
