import { raw } from 'hono/html';
import type { PropsWithChildren } from 'hono/jsx';
import { renderSVG } from 'uqr';
import type { PreparedTotp } from '../../../shared/schemas/sign-in/totp.ts';
import { Alert, FormToken } from '../shell/components/form.tsx';
import { Layout } from '../shell/layout.tsx';
import { CodeField } from './code-field.tsx';

interface TotpEnrolmentPageProps {
  prepared: PreparedTotp;
  /** Path that the first code is posted to. */
  action: string;
  error?: string | undefined;
}

/** Shows a new TOTP secret as a QR code and as text, and asks for a first code from the authenticator app. `children` are other ways. */
export function TotpEnrolmentPage({ prepared, action, error, children }: PropsWithChildren<TotpEnrolmentPageProps>) {
  return (
    <Layout title="Set up two-factor sign-in" section="" width="narrow">
      <h1>Set up two-factor sign-in</h1>
      {error && <Alert>{error}</Alert>}
      <p>
        Scan this QR code with your authenticator app, or{' '}
        <a href={prepared.uri}>open the authenticator app on this device</a>.
      </p>
      <div class="qr" role="img" aria-label="The secret below, as an image to scan" data-secret>
        {raw(renderSVG(prepared.uri))}
      </div>
      <label for="totp-secret">Or enter this secret in the app</label>
      <div class="secret">
        <input
          id="totp-secret"
          class="mono"
          value={prepared.secret}
          readonly
          autocomplete="off"
          spellcheck={false}
          data-secret
        />
      </div>
      <form method="post" action={action} class="card">
        <FormToken />
        <CodeField hint="Enter the six-digit code that the app shows." />
        <div class="actions">
          <button type="submit" class="primary">
            Turn on
          </button>
        </div>
      </form>
      {children}
    </Layout>
  );
}
