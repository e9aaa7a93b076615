import type { AppContext } from '../../http/context.ts';
import { Layout } from '../shell/layout.tsx';
import { addressOf } from '../shell/page-url.ts';
import { Alert, Field, FormToken } from '../shell/parts.tsx';

interface LoginProps {
  c: AppContext;
  organization: string | null;
  /** Whether there is single sign-on. */
  sso: boolean;
  next: string;
  email?: string;
  error?: string;
  done?: string | undefined;
}

/** Sign-in through the identity provider, or by e-mail and password. */
export function LoginPage({ c, organization, sso, next, email = '', error, done }: LoginProps) {
  return (
    <Layout c={c} title="Sign in" organization={organization} width="narrow" done={done}>
      <h1>Sign in{organization === null ? '' : ` to ${organization}`}</h1>
      {error && <Alert>{error}</Alert>}
      {sso && (
        <p>
          <a class="button primary" href={addressOf({ path: '/login/sso', query: { next } })}>
            Sign in with single sign-on
          </a>
        </p>
      )}
      <form method="post" action="/login" class="card">
        <FormToken c={c} />
        <input type="hidden" name="next" value={next} />
        <Field
          label="E-mail address"
          name="email"
          type="email"
          value={email}
          autocomplete="username"
          required
          autofocus={!error}
        />
        <Field label="Password" name="password" type="password" autocomplete="current-password" required />
        <div class="actions">
          <a href="/password/forgot">Forgot your password?</a>
          <button type="submit" class="primary">
            Sign in
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** Where the console cannot be used: plain http to another machine would show passwords and sessions to the network. */
export function InsecurePage({ c, organization }: Pick<LoginProps, 'c' | 'organization'>) {
  return (
    <Layout c={c} title="Sign in" organization={organization} width="narrow">
      <h1>This address is not safe to sign in on</h1>
      <p>
        The console is served over plain http to other machines. Put it behind https, and set TOKENSD_PUBLIC_URL to that
        address.
      </p>
    </Layout>
  );
}

/** Asks before it signs out: a link alone changes nothing. */
export function LogoutPage({ c, organization }: Pick<LoginProps, 'c' | 'organization'>) {
  return (
    <Layout c={c} title="Sign out" organization={organization} tab="" width="narrow">
      <h1>Sign out?</h1>
      <form method="post" action="/logout" class="card">
        <FormToken c={c} />
        <p>The session of this browser ends. Your tokens keep working.</p>
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

/** Leads on to the identity provider, which has a session of its own. By itself, as a form may not lead to another site. */
export function LogoutElsewherePage({
  c,
  organization,
  url,
}: Pick<LoginProps, 'c' | 'organization'> & { url: string }) {
  return (
    <Layout c={c} title="Signed out" organization={organization} width="narrow" refreshTo={url}>
      <h1>You are signed out here</h1>
      <p>Signing you out of single sign-on as well …</p>
      <p>
        <a href={url}>Go on</a>
      </p>
    </Layout>
  );
}
