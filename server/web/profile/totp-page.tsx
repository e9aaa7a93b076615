import { count } from '../../../shared/count.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import type { TotpStatus } from '../../../shared/schemas/sign-in/totp.ts';
import { FormToken } from '../shell/components/form.tsx';
import { FormProblem } from '../shell/components/form-dialog.tsx';
import { Layout } from '../shell/layout.tsx';
import { passkeysPath } from './passkeys/passkeys-page.tsx';

export const totpPath = '/profile/two-step';

interface TotpPageProps {
  status: TotpStatus;
  /** Why a form was rejected, or that it is shown again after a confirmation. */
  problem?: ProblemError | undefined;
}

/** Shows whether two-factor sign-in is on, with the forms that change it. */
export function TotpPage({ status, problem }: TotpPageProps) {
  return (
    <Layout title="Two-factor sign-in" section="/profile" width="narrow">
      <h1>Two-factor sign-in</h1>
      {problem && <FormProblem problem={problem} />}
      {status.enabled ? <EnabledSettings {...status} /> : <DisabledSettings {...status} />}
    </Layout>
  );
}

function EnabledSettings(status: TotpStatus) {
  const hasPasskeys = status.passkeys > 0;
  return (
    <>
      <p>
        Two-factor sign-in is on. When you sign in with your password, you also enter a code from your authenticator app
        {hasPasskeys && ', or use one of your passkeys'}.
      </p>
      <RecoveryCodes {...status} />
      {status.required && !hasPasskeys ? (
        <p>Your organization requires two-factor sign-in, so you cannot turn it off.</p>
      ) : (
        <ActionForm
          action={`${totpPath}/disable`}
          label={hasPasskeys ? 'Remove the authenticator app' : 'Turn off'}
          danger
        />
      )}
    </>
  );
}

function RecoveryCodes({ recovery_codes_left: codesLeft }: TotpStatus) {
  return (
    <>
      <p>You have {count(codesLeft, 'recovery code')} left.</p>
      <ActionForm action={`${totpPath}/recovery-codes`} label="Generate new recovery codes" />
    </>
  );
}

function DisabledSettings(status: TotpStatus) {
  if (status.passkeys > 0) return <PasskeysOnly {...status} />;
  return (
    <>
      <p>Two-factor sign-in is off. Your password alone is enough to sign in.</p>
      <p>Turning it on signs you out everywhere else.</p>
      <PasswordForm label="Turn on" />
      <p>
        A <a href={passkeysPath}>passkey</a> can also be your second factor.
      </p>
    </>
  );
}

/** For a member whose second factor is a passkey. */
function PasskeysOnly(status: TotpStatus) {
  return (
    <>
      <p>
        Two-factor sign-in is on. When you sign in with your password, you also use one of your{' '}
        <a href={passkeysPath}>passkeys</a>.
      </p>
      <RecoveryCodes {...status} />
      <h2>Authenticator app</h2>
      <p>You have not set up an authenticator app. Setting one up signs you out everywhere else.</p>
      <PasswordForm label="Set up an app" />
    </>
  );
}

/** A change that asks for a confirmation only if the last one is too old. */
function ActionForm({ action, label, danger = false }: { action: string; label: string; danger?: boolean }) {
  return (
    <form method="post" action={action} class="card" aria-label={label}>
      <FormToken />
      <div class="actions">
        <button type="submit" class={danger ? 'danger' : undefined}>
          {label}
        </button>
      </div>
    </form>
  );
}

/** Asks for the password before two-factor sign-in is turned on, because turning it on ends the other sessions. */
function PasswordForm({ label }: { label: string }) {
  return (
    <form method="post" action={totpPath} class="card" aria-label={label}>
      <FormToken />
      <div class="field">
        <label for="password">Password</label>
        <input id="password" name="password" type="password" autocomplete="current-password" required />
      </div>
      <div class="actions">
        <button type="submit" class="primary">
          {label}
        </button>
      </div>
    </form>
  );
}
