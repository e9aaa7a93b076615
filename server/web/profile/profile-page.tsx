import type { Child } from 'hono/jsx';
import { limits } from '../../../shared/limits.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import type { AppContext } from '../../http/context.ts';
import type { SessionRecord } from '../../store/records.ts';
import { fieldErrors } from '../shell/form-problem.ts';
import { Layout } from '../shell/layout.tsx';
import { Alert, Confirm, Field, FormToken } from '../shell/parts.tsx';
import { SessionList, Where } from './session-list.tsx';
import { totpPath } from './totp-pages.tsx';

export const profilePath = '/profile';

interface ProfilePageProps {
  c: AppContext;
  organization: string | null;
  sessions: SessionRecord[];
  now: number;
  done?: string | undefined;
  /** Why the password was not changed. */
  refused?: ProblemError | undefined;
  dialog?: Child;
}

/** Oneself: who one is here, the password, and where one is signed in. */
export function ProfilePage({ c, organization, sessions, now, done, refused, dialog }: ProfilePageProps) {
  const { user, sessionId } = c.get('caller');
  return (
    <Layout c={c} title="Profile" organization={organization} tab={profilePath} done={done}>
      <h1>Profile</h1>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{user.name || '–'}</dd>
        <dt>E-mail address</dt>
        <dd>{user.email}</dd>
        <dt>Role</dt>
        <dd>{user.superuser ? 'Organization Superuser' : 'Member'}</dd>
        <dt>Can create and manage personal API tokens</dt>
        <dd>{user.canManageTokens ? 'Yes' : 'No'}</dd>
      </dl>
      <h2 id="password">Password</h2>
      {user.passwordHash === null ? (
        <p>You have no password here: you sign in with your organization's single sign-on.</p>
      ) : (
        <>
          <PasswordForm c={c} refused={refused} />
          <p>
            Two-step sign-in is {user.totpEnabledAt === null ? 'off' : 'on'}. <a href={totpPath}>Change it</a>
          </p>
        </>
      )}
      <div class="heading">
        <h2>Where you are signed in</h2>
        {sessions.length > 1 && (
          <a class="button" id="end-others" href={`${profilePath}?dialog=end-others`}>
            Sign out everywhere else
          </a>
        )}
      </div>
      <SessionList sessions={sessions} current={sessionId} now={now} />
      {dialog}
    </Layout>
  );
}

function PasswordForm({ c, refused }: { c: AppContext; refused: ProblemError | undefined }) {
  const errors = fieldErrors(refused);
  return (
    <form method="post" action={`${profilePath}/password`} class="card narrow">
      {refused && (
        <Alert>
          {refused.errors ? 'The password was not changed. Correct what is marked below.' : refused.message}
        </Alert>
      )}
      <FormToken c={c} />
      <input type="email" name="username" value={c.get('caller').user.email} autocomplete="username" hidden readonly />
      <Field
        label="Current password"
        name="current"
        type="password"
        error={errors.current}
        autocomplete="current-password"
        required
      />
      <Field
        label="New password"
        name="new"
        type="password"
        error={errors.new}
        hint={`At least ${limits.passwordMinimum} characters, and none of the most common passwords.`}
        autocomplete="new-password"
        required
      />
      <Field
        label="New password again"
        name="again"
        type="password"
        error={errors.again}
        autocomplete="new-password"
        required
      />
      <p class="hint">This signs you out everywhere else.</p>
      <div class="actions">
        <button type="submit" class="primary">
          Change password
        </button>
      </div>
    </form>
  );
}

/** Asks before another session of one's own is ended. */
export function EndSessionDialog({ c, session, now }: { c: AppContext; session: SessionRecord; now: number }) {
  return (
    <Confirm
      c={c}
      title="Sign out there?"
      closeHref={`${profilePath}#end-${session.id}`}
      action={`${profilePath}/sessions/${session.id}/end`}
      confirm="Sign out there"
      danger
    >
      <p>Whoever uses this session has to sign in again. If it is not yours, change your password too.</p>
      <p>
        <Where session={session} now={now} />
      </p>
    </Confirm>
  );
}

/** Asks before all one's other sessions are ended. */
export function EndOthersDialog({ c }: { c: AppContext }) {
  return (
    <Confirm
      c={c}
      title="Sign out everywhere else?"
      closeHref={`${profilePath}#end-others`}
      action={`${profilePath}/sessions/end-others`}
      confirm="Sign out everywhere else"
      danger
    >
      <p>
        Every other browser and command line that is signed in as you has to sign in again. Your tokens go on working.
      </p>
    </Confirm>
  );
}
