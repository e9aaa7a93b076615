import type { AppContext } from '../../http/context.ts';
import { Layout } from '../layout.tsx';
import { Alert, Field, FormToken } from '../parts.tsx';

interface LoginProps {
  c: AppContext;
  organization: string | null;
  next: string;
  email?: string;
  error?: string;
  done?: string | undefined;
}

/** Sign-in by e-mail and password. */
export function LoginPage({ c, organization, next, email = '', error, done }: LoginProps) {
  return (
    <Layout c={c} title="Sign in" organization={organization} width="narrow" done={done}>
      <h1>Sign in{organization === null ? '' : ` to ${organization}`}</h1>
      {error && <Alert>{error}</Alert>}
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
