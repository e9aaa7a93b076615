import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import type { ProblemError } from '../../../shared/problem.ts';
import { hasSecondFactor } from '../../domain/sign-in/has-second-factor.ts';
import type { SessionRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { roleLabel } from '../team/member-labels.ts';
import { memberDataPath } from '../team/team-paths.ts';
import { EmailForm, NameForm } from './account-forms.tsx';
import { ChangePasswordForm } from './change-password-form.tsx';
import { SsoSection, type SsoState } from './connect-sso.tsx';
import { passkeysPath } from './passkeys/passkeys-page.tsx';
import { SessionList } from './session-list.tsx';
import { totpPath } from './totp-page.tsx';

export const profilePath = '/profile';

interface ProfilePageProps {
  sessions: SessionRecord[];
  currentSessionId: string;
  now: number;
  /** Whether a password of this member is accepted. */
  mayUsePassword: boolean;
  /** Null if single sign-on is not configured. */
  sso: SsoState | null;
  /** The form that was rejected, and what it said. */
  rejected?: RejectedForm | undefined;
  dialog?: Child;
}

export interface RejectedForm {
  form: 'name' | 'email' | 'password';
  problem: ProblemError;
  /** The text that was entered in the form's first field. Passwords are never shown again. */
  value: string;
}

/** The member's own account: details, password and sessions. */
export function ProfilePage(props: ProfilePageProps) {
  const { sessions, currentSessionId, now, mayUsePassword, sso, rejected, dialog } = props;
  const member = useMember();
  const hasPassword = member.passwordHash !== null && mayUsePassword;
  const rejectedAs = (form: RejectedForm['form']) => (rejected?.form === form ? rejected : undefined);
  return (
    <Layout title="Profile" section={profilePath}>
      <h1>Profile</h1>
      <dl class="facts">
        <dt>Name</dt>
        <dd>{member.name || '–'}</dd>
        <dt>Email address</dt>
        <dd>{member.email}</dd>
        <dt>Role</dt>
        <dd>{roleLabel(member)}</dd>
        <dt>Can create and manage personal API tokens</dt>
        <dd>{member.canManageTokens ? 'Yes' : 'No'}</dd>
      </dl>
      <h2 id="account">Name and email address</h2>
      <NameForm rejected={rejectedAs('name')} />
      {member.sso ? (
        <p>Your email address comes from your organization's single sign-on. Change it there.</p>
      ) : hasPassword ? (
        <EmailForm rejected={rejectedAs('email')} />
      ) : (
        <p>Ask an Organization Superuser to change your email address.</p>
      )}
      <h2 id="password">Password</h2>
      {!hasPassword ? (
        <p>You need no password here, because you sign in with your organization's single sign-on.</p>
      ) : (
        <>
          <ChangePasswordForm problem={rejectedAs('password')?.problem} />
          <SecondFactors />
        </>
      )}
      {sso !== null && <SsoSection {...sso} />}
      <div class="heading">
        <h2 id="sessions">Sessions</h2>
        {sessions.length > 1 && (
          <a class="button" id="end-others" href={`${profilePath}?dialog=end-others`}>
            End all others
          </a>
        )}
      </div>
      <SessionList
        caption="Your sessions"
        sessions={sessions}
        currentSessionId={currentSessionId}
        now={now}
        endHref={({ id }) => `${profilePath}?dialog=end-session&id=${id}`}
      />
      <h2 id="data">Your data</h2>
      <p>
        <a href={memberDataPath(member)}>Download all that is stored about you</a> (JSON)
      </p>
      {dialog}
    </Layout>
  );
}

/** Whether two-factor sign-in is on, and how many passkeys the member has. */
function SecondFactors() {
  const member = useMember();
  const isOn = hasSecondFactor(member);
  const hasPasskeys = member.passkeyCount > 0;
  return (
    <>
      <p>
        Two-factor sign-in is {isOn ? 'on' : 'off'}. <a href={totpPath}>{isOn ? 'Manage it' : 'Turn it on'}</a>
      </p>
      <h2 id="passkeys">Passkeys</h2>
      <p>
        {hasPasskeys ? `You have ${count(member.passkeyCount, 'passkey')}.` : 'You have no passkey.'}{' '}
        <a href={passkeysPath}>{hasPasskeys ? 'Manage your passkeys' : 'Add a passkey'}</a>
      </p>
    </>
  );
}
