import type { ApprovedEnd } from '../../../domain/sign-in/session-lifetimes.ts';
import { ConfirmFirst } from '../../confirmation/confirm-first.tsx';
import { FormToken } from '../../shell/components/form.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl } from '../../shell/page-url.ts';
import { SessionEnd } from './session-end.tsx';

export const authorizePath = '/oauth/authorize';

interface AuthorizePageProps {
  /** Loopback port on which the command line waits for the response. */
  port: string;
  /** The authorization request, posted again with the decision. */
  fields: Record<string, string>;
  end: ApprovedEnd;
  /** Whether the session of this browser is confirmed. */
  isConfirmed: boolean;
}

/** Asks the member to approve the sign-in of the command line that opened this page. */
export function AuthorizePage({ port, fields, end, isConfirmed }: AuthorizePageProps) {
  const returnTo = formatUrl({ path: authorizePath, query: fields });
  return (
    <Layout title="Sign in the command line" section="" width="narrow">
      <h1>Sign in the command line?</h1>
      <form method="post" action={authorizePath} class="card">
        <FormToken />
        {Object.entries(fields).map(([name, value]) => (
          <input type="hidden" name={name} value={value} />
        ))}
        <p>
          The <code>tokens</code> command line on this computer (port {port}) asks to sign in as{' '}
          <strong>{useMember().email}</strong>.
        </p>
        <p>Approve only if you just ran a command that opened this page.</p>
        <SessionEnd end={end} returnTo={returnTo} />
        <ConfirmFirst isConfirmed={isConfirmed} returnTo={returnTo} />
        <DecisionButtons />
      </form>
    </Layout>
  );
}

/** The buttons that deny or approve a sign-in. */
export function DecisionButtons() {
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
