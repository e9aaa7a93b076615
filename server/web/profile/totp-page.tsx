import { count } from '../../../shared/count.ts';
import { Alert, FormToken } from '../shell/components/form.tsx';
import { Layout } from '../shell/layout.tsx';

export const totpPath = '/profile/two-step';

interface TotpPageProps {
  status: { enabled: boolean; required: boolean; recovery_codes_left: number };
  error?: string | undefined;
}

/** Shows whether two-factor sign-in is on, with the forms that change it. */
export function TotpPage({ status, error }: TotpPageProps) {
  return (
    <Layout title="Two-factor sign-in" section="/profile" width="narrow">
      <h1>Two-factor sign-in</h1>
      {error && <Alert>{error}</Alert>}
      {status.enabled ? <EnabledSettings {...status} /> : <DisabledSettings />}
    </Layout>
  );
}

function EnabledSettings({ required, recovery_codes_left: codesLeft }: TotpPageProps['status']) {
  return (
    <>
      <p>
        Two-factor sign-in is on. When you sign in with your password, you also enter a code from your authenticator
        app.
      </p>
      <p>You have {count(codesLeft, 'recovery code')} left.</p>
      <PasswordForm id="renew" action={`${totpPath}/recovery-codes`} label="Generate new recovery codes" />
      {required ? (
        <p>Your organization requires two-factor sign-in, so you cannot turn it off.</p>
      ) : (
        <PasswordForm id="off" action={`${totpPath}/disable`} label="Turn off" danger />
      )}
    </>
  );
}

function DisabledSettings() {
  return (
    <>
      <p>Two-factor sign-in is off. Your password alone is enough to sign in.</p>
      <p>Turning it on signs you out everywhere else.</p>
      <PasswordForm id="on" action={totpPath} label="Turn on" />
    </>
  );
}

interface PasswordFormProps {
  /** Suffix that makes the input's ID unique on the page. */
  id: string;
  action: string;
  label: string;
  danger?: boolean;
}

/** Asks for the password before two-factor sign-in is changed. */
function PasswordForm({ id, action, label, danger }: PasswordFormProps) {
  return (
    <form method="post" action={action} class="card" aria-label={label}>
      <FormToken />
      <div class="field">
        <label for={`password-${id}`}>Password</label>
        <input id={`password-${id}`} name="password" type="password" autocomplete="current-password" required />
      </div>
      <div class="actions">
        <button type="submit" class={danger ? 'danger' : 'primary'}>
          {label}
        </button>
      </div>
    </form>
  );
}
