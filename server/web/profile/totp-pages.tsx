import { raw } from 'hono/html';
import { renderSVG } from 'uqr';
import type { PreparedTotp } from '../../../shared/schemas/totp.ts';
import type { AppContext } from '../../http/context.ts';
import { Layout } from '../shell/layout.tsx';
import { Alert, Field, FormToken } from '../shell/parts.tsx';

export const totpPath = '/profile/two-step';

interface PageProps {
  c: AppContext;
  organization: string | null;
  error?: string | undefined;
}

/** Asks for the second step of a sign-in. */
export function CodePage({ c, organization, action, error }: PageProps & { action: string }) {
  return (
    <Layout c={c} title="Two-step sign-in" organization={organization} width="narrow">
      <h1>Two-step sign-in</h1>
      {error && <Alert>{error}</Alert>}
      <form method="post" action={action} class="card">
        <FormToken c={c} />
        <CodeField hint="The six digits that your authenticator app shows, or one of your recovery codes." />
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

/** Shows a new secret, as a picture and in letters, and asks for a first code. */
export function SetUpPage({
  c,
  organization,
  prepared,
  action,
  error,
}: PageProps & { prepared: PreparedTotp; action: string }) {
  return (
    <Layout c={c} title="Set up two-step sign-in" organization={organization} tab="" width="narrow">
      <h1>Set up two-step sign-in</h1>
      {error && <Alert>{error}</Alert>}
      <p>
        Scan this picture with an authenticator app, or <a href={prepared.uri}>open it in one on this device</a>.
      </p>
      <div class="qr" role="img" aria-label="The secret below as a picture for an authenticator app" data-secret>
        {raw(renderSVG(prepared.uri))}
      </div>
      <label for="totp-secret">Or type this secret into it</label>
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
        <FormToken c={c} />
        <CodeField hint="The six digits that the app shows now." />
        <div class="actions">
          <button type="submit" class="primary">
            Turn on
          </button>
        </div>
      </form>
    </Layout>
  );
}

function CodeField({ hint }: { hint: string }) {
  return <Field label="Code" name="code" hint={hint} autocomplete="one-time-code" required autofocus />;
}

/** The one page that ever shows them. */
export function RecoveryCodesPage({ c, organization, codes, next }: PageProps & { codes: string[]; next: string }) {
  return (
    <Layout
      c={c}
      title="Recovery codes"
      organization={organization}
      tab=""
      width="narrow"
      done="Two-step sign-in is on."
    >
      <h1>Keep your recovery codes</h1>
      <p class="note warning">
        Each of these works once instead of a code, should you lose the app. They are shown this once: print them, or
        keep them where you keep passwords.
      </p>
      <pre data-secret>{codes.join('\n')}</pre>
      <p>
        <a class="button primary" href={next}>
          I have kept them
        </a>
      </p>
    </Layout>
  );
}

interface TotpPageProps extends PageProps {
  status: { enabled: boolean; required: boolean; recovery_codes_left: number };
}

/** Whether there is a second step, and what can be done about it. */
export function TotpPage({ c, organization, status, error }: TotpPageProps) {
  return (
    <Layout c={c} title="Two-step sign-in" organization={organization} tab="/profile" width="narrow">
      <h1>Two-step sign-in</h1>
      {error && <Alert>{error}</Alert>}
      {status.enabled ? (
        <>
          <p>
            It is on: signing in with your password takes a code. You have {status.recovery_codes_left} recovery codes
            left.
          </p>
          <PasswordForm c={c} id="renew" action={`${totpPath}/recovery-codes`} label="Make new recovery codes" />
          {!status.required && <PasswordForm c={c} id="off" action={`${totpPath}/disable`} label="Turn off" danger />}
        </>
      ) : (
        <>
          <p>It is off: your password alone is enough to sign in. Turning it on signs you out everywhere else.</p>
          <PasswordForm c={c} id="on" action={totpPath} label="Turn on" />
        </>
      )}
    </Layout>
  );
}

interface PasswordFormProps {
  c: AppContext;
  id: string;
  action: string;
  label: string;
  danger?: boolean;
}

/** Asks for the password before the second step is changed. */
function PasswordForm({ c, id, action, label, danger }: PasswordFormProps) {
  return (
    <form method="post" action={action} class="card" aria-label={label}>
      <FormToken c={c} />
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
