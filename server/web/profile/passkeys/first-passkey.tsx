import { PasskeyForm } from '../../sign-in/passkeys/passkey-form.tsx';
import { PasskeyNameField } from './passkey-name-field.tsx';

interface FirstPasskeyProps {
  /** Path that the response of the browser is posted to. */
  action: string;
  /** Name that the form offers. */
  name: string;
  nameError?: string | undefined;
}

/** Adds a passkey in place of an authenticator app, during the first sign-in that needs a second factor. */
export function FirstPasskey({ action, name, nameError }: FirstPasskeyProps) {
  return (
    <section aria-labelledby="first-passkey">
      <h2 id="first-passkey">Or use a passkey</h2>
      <p>
        With a passkey, you sign in with your fingerprint, your face or the PIN of your device, and need no
        authenticator app.
      </p>
      <PasskeyForm action={action} makes submit="Add passkey" class="card">
        <PasskeyNameField value={name} error={nameError} />
      </PasskeyForm>
    </section>
  );
}
