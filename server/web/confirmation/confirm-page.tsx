import type { PropsWithChildren } from 'hono/jsx';
import type { WaitingForm } from '../../domain/sign-in/confirmation/by-sso.ts';
import type { ConfirmationWay } from '../../domain/sign-in/confirmation/confirmations.ts';
import { passkeysPath } from '../profile/passkeys/passkeys-page.tsx';
import { Alert, Field, FormToken } from '../shell/components/form.tsx';
import { AccountField } from '../shell/components/password-fields.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { signInAgainUrl } from '../sign-in/login-page.tsx';
import { PasskeyForm } from '../sign-in/passkeys/passkey-form.tsx';
import { teamPath } from '../team/team-paths.ts';
import { confirmFirstPath } from './confirm-first.tsx';
import { confirmFields } from './confirmed-forms.ts';

interface ConfirmPageProps {
  form: WaitingForm;
  ways: readonly ConfirmationWay[];
  /** The page that Cancel leads to. By default, that of the form. */
  cancelHref?: string;
  /** Why the confirmation failed. */
  error?: string | undefined;
}

/** Asks for a proof that it is really the member, and keeps the form that waits for it. */
export function ConfirmPage({ form, ways, error, cancelHref = pageOf(form) }: ConfirmPageProps) {
  const title = `Confirm it is you to ${form.action}`;
  return (
    <Layout title={title} section="" width="narrow">
      <h1>{title}</h1>
      {error !== undefined && <Alert>{error}</Alert>}
      <p>You are not asked again for an hour in this browser. Nothing has been changed yet.</p>
      {ways.map((way, index) => {
        const Form = forms[way];
        return <Form form={form} isFirst={index === 0} autofocus={error === undefined && index === 0} />;
      })}
      {ways.length === 0 && (
        <p>
          You have no password here. <a href={signInAgainUrl(cancelHref)}>Sign in again</a>, and send the form within an
          hour.
        </p>
      )}
      <p>
        <a href={cancelHref}>Cancel</a>
      </p>
    </Layout>
  );
}

/**
 * Returns the page that shows the form: its path without the name of the action. The forms that add a member or a passkey are
 * posted to the page itself.
 */
function pageOf({ path }: WaitingForm): string {
  const [plain = ''] = path.split('?');
  if (plain.startsWith(passkeysPath)) return passkeysPath;
  return plain === teamPath ? plain : plain.slice(0, plain.lastIndexOf('/'));
}

interface WayProps {
  form: WaitingForm;
  /** Whether the page offers this way first. */
  isFirst: boolean;
  autofocus: boolean;
}

const forms = { sso: SsoForm, password: PasswordForm, passkey: PasskeyWay } as const;

function SsoForm({ form, isFirst }: WayProps) {
  return (
    <WaitingFormAgain form={form} way="sso">
      <div class="actions">
        <button type="submit" class={isFirst ? 'primary' : undefined}>
          Continue with single sign-on
        </button>
      </div>
    </WaitingFormAgain>
  );
}

function PasskeyWay({ form, isFirst }: WayProps) {
  return (
    <PasskeyForm
      action={form.path}
      optionsPath={confirmFirstPath}
      submit="Use a passkey"
      class="card"
      primary={isFirst}
    >
      <WaitingFields form={form} way="passkey" />
    </PasskeyForm>
  );
}

function PasswordForm({ form, isFirst, autofocus }: WayProps) {
  return (
    <WaitingFormAgain form={form} way="password">
      <AccountField email={useMember().email} />
      <Field
        label="Password"
        name={confirmFields.password}
        type="password"
        autocomplete="current-password"
        required
        autofocus={autofocus}
      />
      <div class="actions">
        <button type="submit" class={isFirst ? 'primary' : undefined}>
          Confirm
        </button>
      </div>
    </WaitingFormAgain>
  );
}

/** Shown after the identity provider has confirmed who the member is. The member goes back to the form and sends it. */
export function ConfirmedPage({ form }: { form: WaitingForm }) {
  return (
    <Layout title="You confirmed it is you" section="" width="narrow">
      <h1>You confirmed it is you</h1>
      <p>Nothing has been changed yet. Continue to {form.action}.</p>
      <WaitingFormAgain form={form} way="done">
        <div class="actions">
          <button type="submit" class="primary" autofocus>
            Continue
          </button>
        </div>
      </WaitingFormAgain>
    </Layout>
  );
}

interface WaitingFieldsProps {
  form: WaitingForm;
  /** Tells the server not to carry out the form. */
  way: ConfirmationWay | 'done';
}

/** A form with the fields of the waiting form. It posts them to the same address. */
function WaitingFormAgain({ form, way, children }: PropsWithChildren<WaitingFieldsProps>) {
  return (
    <form method="post" action={form.path} class="card">
      <FormToken />
      <WaitingFields form={form} way={way} />
      {children}
    </form>
  );
}

function WaitingFields({ form: { action, fields }, way }: WaitingFieldsProps) {
  return (
    <>
      <input type="hidden" name={confirmFields.with} value={way} />
      <input type="hidden" name={confirmFields.action} value={action} />
      {fields.map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  );
}

/** Continues to the identity provider. It refreshes instead of redirecting, because the content security policy forbids a form to redirect there. */
export function AskProviderPage({ url }: { url: string }) {
  return (
    <Layout title="Confirm it is you" width="narrow" refreshTo={url}>
      <h1>Confirm it is you</h1>
      <p>Your identity provider asks you to sign in again…</p>
      <p>
        <a href={url}>Continue</a>
      </p>
    </Layout>
  );
}

/** Shown if the identity provider did not confirm who the member is. */
export function NotConfirmedPage({ error }: { error: string }) {
  return (
    <Layout title="Not confirmed" section="" width="narrow">
      <h1>It was not confirmed that it is you</h1>
      <Alert>{error}</Alert>
      <p>Nothing was changed.</p>
      <p>
        <a href="/">Back to the start page</a>
      </p>
    </Layout>
  );
}
