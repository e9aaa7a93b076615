import type { Child } from 'hono/jsx';
import type { ProblemError } from '../../../shared/problem.ts';
import type { SessionRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { ChangePasswordForm } from './change-password-form.tsx';
import { SessionList } from './session-list.tsx';
import { totpPath } from './totp-page.tsx';

export const profilePath = '/profile';

interface ProfilePageProps {
  sessions: SessionRecord[];
  currentSessionId: string;
  now: number;
  /** Whether a password of this member is accepted. */
  mayUsePassword: boolean;
  success?: string | undefined;
  /** Why the password was not changed. */
  problem?: ProblemError | undefined;
  dialog?: Child;
}

/** The member's own account: details, password and sessions. */
export function ProfilePage(props: ProfilePageProps) {
  const { sessions, currentSessionId, now, mayUsePassword, success, problem, dialog } = props;
  const member = useMember();
  return (
    <Layout title="Profile" tab={profilePath} success={success}>
      <h1>Profile</h1>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{member.name || '–'}</dd>
        <dt>Email address</dt>
        <dd>{member.email}</dd>
        <dt>Role</dt>
        <dd>{member.superuser ? 'Organization Superuser' : 'Member'}</dd>
        <dt>Can create and manage personal API tokens</dt>
        <dd>{member.canManageTokens ? 'Yes' : 'No'}</dd>
      </dl>
      <h2 id="password">Password</h2>
      {member.passwordHash === null || !mayUsePassword ? (
        <p>You need no password here, because you sign in with your organization's single sign-on.</p>
      ) : (
        <>
          <ChangePasswordForm problem={problem} />
          <p>
            Two-factor sign-in is {member.totpEnabledAt === null ? 'off' : 'on'}.{' '}
            <a href={totpPath}>{member.totpEnabledAt === null ? 'Turn it on' : 'Manage it'}</a>
          </p>
        </>
      )}
      <div class="heading">
        <h2>Sessions</h2>
        {sessions.length > 1 && (
          <a class="button" id="end-others" href={`${profilePath}?dialog=end-others`}>
            Sign out everywhere else
          </a>
        )}
      </div>
      <SessionList sessions={sessions} currentSessionId={currentSessionId} now={now} />
      {dialog}
    </Layout>
  );
}
