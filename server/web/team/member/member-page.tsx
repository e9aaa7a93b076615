import type { Child } from 'hono/jsx';
import { count } from '../../../../shared/count.ts';
import { parseGroups } from '../../../domain/accounts/groups.ts';
import { memberStatus } from '../../../domain/accounts/member-status.ts';
import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import type { PasskeyRecord, SessionRecord, StatusContext, TokenRecord, UserSummary } from '../../../store/records.ts';
import { History, type HistoryPage } from '../../audit/history/history.tsx';
import { Chips } from '../../shell/components/clipped-text.tsx';
import { Alert } from '../../shell/components/form.tsx';
import { NextPageLink } from '../../shell/components/next-page-link.tsx';
import { StatusBadge } from '../../shell/components/status-badge.tsx';
import { DateOf, Time } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { ObjectHeading } from '../../shell/object-heading.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import type { ListCounts } from '../../tokens/list/attention.ts';
import type { OwnerListFilter } from '../../tokens/list/owner-list-controls.tsx';
import { memberName, permissionLabel, roleLabel } from '../member-labels.ts';
import { PermissionSwitch } from '../permission-switch.tsx';
import { teamPath } from '../team-paths.ts';
import { LastSuperuserNote, memberActions } from './member-actions-menu.tsx';
import { MemberTokens } from './member-tokens.tsx';
import { MemberSessions } from './sign-in/member-sessions.tsx';
import { SignInMethods } from './sign-in/sign-in-methods.tsx';

interface MemberPageProps {
  statusContext: StatusContext;
  user: UserSummary;
  /** Whether this is the superuser's own account. */
  isSelf: boolean;
  /** Whether the member is the only enabled superuser. */
  isLastSuperuser: boolean;
  /** Number of the member's tokens that are active now. */
  activeTokens: number;
  tokens: TokenRecord[];
  /** The member's active sessions. */
  sessions: readonly SessionRecord[];
  /** ID of the reader's own session. */
  currentSessionId: string;
  passkeys: readonly PasskeyRecord[];
  /** What the member did, and what others did to their account and tokens. */
  history: HistoryPage;
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  /** URL of this page, with the filters, the order and the `?cursor` of the list of tokens. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  counts: ListCounts;
  /** The filters of the list of tokens. */
  filter: OwnerListFilter;
  /** Why an action was rejected. */
  error?: string | undefined;
  dialog?: Child;
}

/** One member: account, tokens, sessions, sign-in methods and history. Superusers change them, and auditors only read. */
export function MemberPage(props: MemberPageProps) {
  const { statusContext, user, isLastSuperuser, pageUrl, nextCursor, error, dialog } = props;
  const { superuser } = useMember();
  const { now } = statusContext;
  return (
    <Layout title={memberName(user)} section={teamPath}>
      <ObjectHeading
        back={{ href: teamPath, text: 'Back to the team' }}
        name={memberName(user)}
        actions={superuser ? memberActions(props) : []}
        menuId={user.id}
      />
      {error !== undefined && <Alert>{error}</Alert>}
      {superuser && isLastSuperuser && <LastSuperuserNote />}
      <AccountFacts {...props} />
      <MemberTokens {...props} />
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      <MemberSessions {...props} now={now} />
      <SignInMethods user={user} passkeys={props.passkeys} now={now} />
      <History
        about="this member"
        auditQuery={{ user: user.id }}
        withOwner
        pageUrl={{ path: pageUrl.path, query: {} }}
        {...props.history}
      />
      {dialog}
    </Layout>
  );
}

function AccountFacts({ user, activeTokens, statusContext: { now }, pageUrl }: MemberPageProps) {
  return (
    <dl class="facts">
      <dt>Email address</dt>
      <dd>{user.email}</dd>
      <dt>Role</dt>
      <dd>{roleLabel(user)}</dd>
      <dt>Account</dt>
      <dd>
        <StatusBadge status={memberStatus(user)} />
      </dd>
      <AccountDates user={user} />
      <dt>{permissionLabel}</dt>
      <dd>
        <PermissionSwitch user={user} pageUrl={pageUrl} />
      </dd>
      <dt>Groups</dt>
      <dd>
        <Groups user={user} />
      </dd>
      <dt>Tokens</dt>
      <dd>{user.tokenCount === 0 ? 'none' : `${count(user.tokenCount, 'token')} (${activeTokens} active)`}</dd>
      <dt>Last use of a token</dt>
      <dd>{user.lastUsedAt === null ? 'never' : <Time at={user.lastUsedAt} now={now} />}</dd>
    </dl>
  );
}

/** The dates of the account that are known, oldest first. */
function AccountDates({ user }: Pick<MemberPageProps, 'user'>) {
  const dates: Array<[string, number | null]> = [
    ['Added', user.createdAt],
    ['Invited', user.invitedAt],
    ['Joined', user.joinedAt],
    ['Disabled', user.disabled ? user.disabledAt : null],
  ];
  return (
    <>
      {dates.map(
        ([label, at]) =>
          at !== null && (
            <>
              <dt>{label}</dt>
              <dd>
                <DateOf at={at} />
              </dd>
            </>
          ),
      )}
    </>
  );
}

function Groups({ user }: Pick<MemberPageProps, 'user'>) {
  const [ofProvider, manual] = [parseGroups(user.ssoGroups), parseGroups(user.manualGroups)];
  if (ofProvider.length + manual.length === 0) return 'none';
  return (
    <>
      {manual.length > 0 && (
        <div>
          <Chips texts={manual} />
        </div>
      )}
      {ofProvider.length > 0 && (
        <div>
          <Chips texts={ofProvider} /> <span class="sub">from the identity provider, at the last sign-in</span>
        </div>
      )}
    </>
  );
}
