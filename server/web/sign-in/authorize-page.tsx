import type { AppContext } from '../../http/context.ts';
import { Layout } from '../shell/layout.tsx';
import { FormToken } from '../shell/parts.tsx';

interface AuthorizeProps {
  c: AppContext;
  organization: string | null;
  /** Where the program listens on this machine. */
  port: string;
  /** The request, which goes along with the decision. */
  fields: Record<string, string>;
}

/** Asks whether the command line that opened this page may act as the member. */
export function AuthorizePage({ c, organization, port, fields }: AuthorizeProps) {
  const { email } = c.get('caller').user;
  return (
    <Layout c={c} title="Sign in the command line" organization={organization} tab="" width="narrow">
      <h1>Sign in the command line?</h1>
      <form method="post" action="/oauth/authorize" class="card">
        <FormToken c={c} />
        {Object.entries(fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <p>
          The <code>tokens</code> command line on this machine (port {port}) asks to act as <strong>{email}</strong>.
        </p>
        <p>Approve only if you have just run a command that opened this page.</p>
        <Decision />
      </form>
    </Layout>
  );
}

/** The two buttons of every question of this kind. */
export function Decision() {
  return (
    <div class="actions">
      <button type="submit" name="decision" value="deny">
        Deny
      </button>
      <button type="submit" name="decision" value="approve" class="primary">
        Approve
      </button>
    </div>
  );
}
