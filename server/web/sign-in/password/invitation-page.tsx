import type { ProblemError } from '../../../../shared/problem.ts';
import { Alert, FormToken } from '../../shell/components/form.tsx';
import { AccountField, NewPasswordFields } from '../../shell/components/password-fields.tsx';
import { DateOf } from '../../shell/components/time.tsx';
import { fieldErrors } from '../../shell/form-problem.ts';
import { Layout } from '../../shell/layout.tsx';
import { usePage } from '../../shell/page-context.ts';

export const invitationPath = '/invitation';

interface InvitationPageProps {
  /** The secret from the link. */
  token: string;
  /** Email address of the invited member. */
  email: string;
  /** Whether single sign-on is set up, with which the member can join instead. */
  sso: boolean;
  problem?: ProblemError;
}

/** Asks an invited member for their first password. */
export function InvitationPage({ token, email, sso, problem }: InvitationPageProps) {
  const { organization } = usePage();
  const errors = fieldErrors(problem);
  return (
    <Layout title="Accept your invitation" width="narrow">
      <h1>{organization === null ? 'Accept your invitation' : `Join ${organization}`}</h1>
      {problem && (
        <Alert>{problem.errors ? 'The password was not set. Correct the fields below.' : problem.message}</Alert>
      )}
      <p>Choose a password for your account {email}. You sign in with it from then on.</p>
      {sso && (
        <p>
          If you have an account for single sign-on, <a href="/login">sign in with that</a> instead.
        </p>
      )}
      <form method="post" action={invitationPath} class="card">
        <FormToken />
        <input type="hidden" name="token" value={token} />
        <AccountField email={email} />
        <NewPasswordFields name="password" label="Password" errors={errors} autofocus={problem === undefined} />
        <div class="actions">
          <button type="submit" class="primary">
            Set password
          </button>
        </div>
      </form>
    </Layout>
  );
}

interface InvitationExpiredPageProps {
  message: string;
  /** When a newer invitation took the place of this one. Null if none did, and for links that never existed. */
  replacedAt: number | null;
}

/** Shown for a link that does not work or no longer works. Names nobody, because a stranger may have found the link. */
export function InvitationExpiredPage({ message, replacedAt }: InvitationExpiredPageProps) {
  return (
    <Layout title="Invitation expired" width="narrow">
      <h1>This invitation no longer works</h1>
      {replacedAt === null ? (
        <p>{message}</p>
      ) : (
        <p>
          A newer invitation was made on <DateOf at={replacedAt} />. Use the link in that one, or ask the person who
          invited you for it.
        </p>
      )}
      <p>
        <a href="/login">Go to sign-in</a>
      </p>
    </Layout>
  );
}
