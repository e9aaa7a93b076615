import { Alert, Field, FormToken } from '../shell/components/form.tsx';
import { PublicAddress } from '../shell/components/public-address.tsx';
import { Layout } from '../shell/layout.tsx';
import { usePage } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { PasskeyForm, passkeySignInPath } from './passkeys/passkey-form.tsx';

/** The ways to sign in that the page offers. */
export interface SignInWays {
  /** Whether single sign-on is configured. */
  sso: boolean;
  /** `link`: the form is one click away, for superusers. `hidden`: only its address leads to it. */
  password: 'form' | 'link' | 'hidden';
  /** Whether browsers allow passkeys at this address, and the page shows the form for a password. */
  passkey: boolean;
}

interface LoginPageProps {
  ways: SignInWays;
  /** Path that a successful sign-in leads to. */
  next: string;
  /** Whether the browser has a session, which the sign-in replaces. */
  again?: boolean;
  email?: string | undefined;
  error?: string;
}

/** Signs a visitor in through the identity provider, with email address and password, or with a passkey. */
export function LoginPage({ ways, next, again = false, email = '', error }: LoginPageProps) {
  // The provider leads back to the public URL. The sign-in has to start there, even if this page was opened at another address.
  const { organization, publicUrl } = usePage();
  return (
    <Layout title="Sign in" width="narrow">
      <h1>Sign in{organization === null ? '' : ` to ${organization}`}</h1>
      {error && <Alert>{error}</Alert>}
      {again && <p>You are signed in. Signing in again ends the session in this browser and starts a new one.</p>}
      {ways.sso && (
        <p>
          <a
            class="button primary"
            href={publicUrl + formatUrl({ path: '/login/sso', query: { ...againQuery(again), next } })}
          >
            Sign in with single sign-on
          </a>
        </p>
      )}
      {ways.password === 'form' && <PasswordForm next={next} email={email} autofocus={!error} />}
      {ways.passkey && (
        <PasskeyForm action={passkeySignInPath} submit="Sign in with a passkey" class="other-way">
          <input type="hidden" name="next" value={next} />
        </PasskeyForm>
      )}
      {ways.password === 'link' && (
        <p>
          <a href={passwordFormUrl(next, again)}>Sign in with a password</a> if you are an Organization Superuser.
        </p>
      )}
      <PublicAddress />
    </Layout>
  );
}

/** Returns the address of the sign-in page with its form for a password, even if the page does not show the form at first. */
export function passwordFormUrl(next?: string, again = false): string {
  return formatUrl({ path: '/login', query: { with: 'password', ...againQuery(again), next } });
}

/** Returns the address of the sign-in page for a member who is signed in and wants a new session. */
export function signInAgainUrl(next: string): string {
  return formatUrl({ path: '/login', query: { ...againQuery(true), next } });
}

/** Without this parameter, pages that sign in redirect a member who is signed in. */
function againQuery(again: boolean) {
  return { again: again ? 'true' : undefined };
}

function PasswordForm({ next, email, autofocus }: { next: string; email: string; autofocus: boolean }) {
  return (
    <form method="post" action="/login" class="card">
      <FormToken />
      <input type="hidden" name="next" value={next} />
      <Field
        label="Email address"
        name="email"
        type="email"
        value={email}
        autocomplete="username"
        required
        autofocus={autofocus}
      />
      <Field label="Password" name="password" type="password" autocomplete="current-password" required />
      <div class="actions">
        <a href="/password/forgot">Forgot your password?</a>
        <button type="submit" class="primary">
          Sign in
        </button>
      </div>
    </form>
  );
}

/** Shown instead of the sign-in form on plain HTTP, which would expose passwords and sessions to the network. */
export function InsecureAddressPage() {
  return (
    <Layout title="Sign in" width="narrow">
      <h1>Signing in at this address is not secure</h1>
      <p>The console is served over plain HTTP, so others on the network could read your password.</p>
      <p>Ask your operator to serve it over HTTPS and to set TOKENSD_PUBLIC_URL to the https address.</p>
    </Layout>
  );
}

/** Asks for confirmation, so that a link alone cannot sign a member out. */
export function LogoutPage() {
  return (
    <Layout title="Sign out" section="" width="narrow">
      <h1>Sign out?</h1>
      <form method="post" action="/logout" class="card">
        <FormToken />
        <p>This ends the session in this browser. Your tokens keep working.</p>
        <div class="actions">
          <a class="button" href="/">
            Cancel
          </a>
          <button type="submit" class="primary">
            Sign out
          </button>
        </div>
      </form>
    </Layout>
  );
}

/**
 * Continues to the identity provider's sign-out page. It refreshes instead of redirecting, because the content security
 * policy forbids a form to redirect to another site.
 */
export function SsoLogoutPage({ url }: { url: string }) {
  return (
    <Layout title="Signed out" width="narrow" refreshTo={url}>
      <h1>You are signed out</h1>
      <p>Signing you out of single sign-on as well…</p>
      <p>
        <a href={url}>Continue</a>
      </p>
    </Layout>
  );
}
