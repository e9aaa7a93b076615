import type { Proposal } from '../../../domain/sign-in/sso/connect.ts';
import { Alert, Field, FormToken } from '../../shell/components/form.tsx';
import { AccountField } from '../../shell/components/password-fields.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';

/** Where connecting starts, and where the confirmation is posted. */
export const connectSsoPath = '/profile/single-sign-on';

const profilePath = '/profile';

interface ConnectPageProps extends Proposal {
  /** The secret of the proposal. */
  ticket: string;
  /** Why the confirmation was rejected. */
  error?: string | undefined;
}

/** Shows the identity that the provider reported, and asks for the password to connect it. */
export function ConnectPage({ person, replaces, ticket, error }: ConnectPageProps) {
  const member = useMember();
  return (
    <Layout title="Connect single sign-on" section={profilePath} width="narrow">
      <h1>Connect single sign-on</h1>
      <p>Your identity provider signed you in as:</p>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{person.name ?? '–'}</dd>
        <dt>Email address</dt>
        <dd>{person.email ?? '–'}</dd>
        <dt>Identity provider</dt>
        <dd>{person.issuer}</dd>
      </dl>
      <p>
        If you connect this identity, it can sign in to your account {member.email}. Your name, your email address and
        your permissions then follow the identity provider, now and at each single sign-on.{' '}
        {member.passwordUntilSso
          ? 'Your password works until you sign in with single sign-on.'
          : 'Your password keeps working. Single sign-on does not ask for your second factor here; the identity provider decides.'}
      </p>
      {replaces !== null && (
        <p class="note warning">
          This replaces the identity that is connected now, at {replaces.issuer}, and signs you out everywhere else.
        </p>
      )}
      <form method="post" action={connectSsoPath} class="card">
        {error !== undefined && <Alert>{error}</Alert>}
        <FormToken />
        <input type="hidden" name="ticket" value={ticket} />
        <AccountField email={member.email} />
        <p>Is this someone else? Cancel, and sign out at your identity provider first.</p>
        <Field
          label="Password of your account here"
          name="password"
          type="password"
          autocomplete="current-password"
          required
        />
        <div class="actions">
          <a class="button" href={`${profilePath}#single-sign-on`}>
            Cancel
          </a>
          <button type="submit" class="primary">
            Connect
          </button>
        </div>
      </form>
    </Layout>
  );
}

/** Shown if connecting failed, to a member or to a visitor whose session has ended. */
export function ConnectFailedPage({ error }: { error: string }) {
  return (
    <Layout title="Connect single sign-on" section={profilePath} width="narrow">
      <h1>Single sign-on was not connected</h1>
      <Alert>{error}</Alert>
      <p>
        <a href={`${profilePath}#single-sign-on`}>Go to your profile</a>
      </p>
    </Layout>
  );
}
