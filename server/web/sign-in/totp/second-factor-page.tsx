import type { OwnFactors } from '../../../domain/sign-in/second-factor.ts';
import { CodeField } from '../../profile/code-field.tsx';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';
import { PasskeyForm } from '../passkeys/passkey-form.tsx';

interface SecondFactorPageProps {
  /** Path that a code is posted to. */
  action: string;
  /** Path that the response of a passkey is posted to. */
  passkeyAction: string;
  /** The second factors that the member has. Null if the sign-in took too long. */
  factors: OwnFactors | null;
  /** Whether browsers allow passkeys at this address. */
  passkeysWork: boolean;
  error?: string | undefined;
}

/** Asks for the second factor of a sign-in. */
export function SecondFactorPage({ action, passkeyAction, factors, passkeysWork, error }: SecondFactorPageProps) {
  const { totp, passkeys } = factors ?? { totp: true, passkeys: false };
  return (
    <Layout title="Two-factor sign-in" width="narrow">
      <h1>Two-factor sign-in</h1>
      {error && <Alert>{error}</Alert>}
      {passkeys &&
        (passkeysWork ? <PasskeyCard action={passkeyAction} /> : <p>Your passkeys do not work at this address.</p>)}
      <form method="post" action={action} class="card">
        <FormToken />
        <CodeField hint={hintOf(totp, passkeys)} autofocus={!passkeys} />
        <div class="actions">
          <a class="button" href="/login">
            Cancel
          </a>
          <button type="submit" class={passkeys ? undefined : 'primary'}>
            {passkeys ? 'Sign in with the code' : 'Sign in'}
          </button>
        </div>
      </form>
    </Layout>
  );
}

function PasskeyCard({ action }: { action: string }) {
  return (
    <PasskeyForm action={action} submit="Use passkey" class="card" primary>
      <p>Confirm with a passkey of your account.</p>
    </PasskeyForm>
  );
}

function hintOf(totp: boolean, passkeys: boolean): string {
  if (!totp) return 'If you have none of your passkeys at hand, enter one of your recovery codes.';
  const hint = 'the six-digit code from your authenticator app, or one of your recovery codes.';
  return passkeys ? `Or enter ${hint}` : `Enter ${hint}`;
}
