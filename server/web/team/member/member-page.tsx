import type { Child } from 'hono/jsx';
import { count } from '../../../../shared/count.ts';
import { parseGroups } from '../../../domain/accounts/groups.ts';
import { memberStatus } from '../../../domain/accounts/member-status.ts';
import type { AppNames } from '../../../domain/tokens/rules/shown-rules.ts';
import type { StatusContext, TokenRecord, UserSummary } from '../../../store/records.ts';
import { Alert } from '../../shell/components/form.tsx';
import { NextPageLink } from '../../shell/components/next-page-link.tsx';
import { StatusBadge } from '../../shell/components/status-badge.tsx';
import { Time } from '../../shell/components/time.tsx';
import { Layout } from '../../shell/layout.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { memberName, permissionLabel, roleLabel } from '../member-labels.ts';
import { PermissionSwitch } from '../permission-switch.tsx';
import { memberDataPath, teamPath } from '../team-paths.ts';
import { endsSuperuser, type OfferedAction, possibleActions } from './member-actions.ts';
import { MemberTokens } from './member-tokens.tsx';

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
  /** The names of the apps in the rules of the tokens. */
  names: AppNames;
  /** URL of this page, with the token list's `?q`, `?status` and `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  /** Why an action was rejected. */
  error?: string | undefined;
  dialog?: Child;
}

/** One member: account, actions and tokens. */
export function MemberPage(props: MemberPageProps) {
  const { statusContext, user, tokens, names, pageUrl, nextCursor, error, dialog } = props;
  return (
    <Layout title={memberName(user)} section={teamPath}>
      <p>
        <a href={teamPath}>Back to the team</a>
      </p>
      <h1>{memberName(user)}</h1>
      {error !== undefined && <Alert>{error}</Alert>}
      <AccountFacts {...props} />
      {useMember().superuser && <Actions {...props} />}
      <MemberTokens user={user} tokens={tokens} names={names} statusContext={statusContext} pageUrl={pageUrl} />
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
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
      <dt>Signs in with</dt>
      <dd>{signInMethod(user)}</dd>
      <dt>Account</dt>
      <dd>
        <StatusBadge status={memberStatus(user)} />
      </dd>
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
      <dt>Added</dt>
      <dd>
        <Time at={user.createdAt} now={now} />
      </dd>
    </dl>
  );
}

function Groups({ user }: Pick<MemberPageProps, 'user'>) {
  const [ofProvider, manual] = [parseGroups(user.ssoGroups), parseGroups(user.manualGroups)];
  if (ofProvider.length + manual.length === 0) return 'none';
  return (
    <>
      {manual.length > 0 && <div>{manual.join(', ')}</div>}
      {ofProvider.length > 0 && (
        <div>
          {ofProvider.join(', ')} <span class="sub">from the identity provider, at the last sign-in</span>
        </div>
      )}
    </>
  );
}

function signInMethod({ sso, hasIdentity, hasPassword, totpEnabledAt, passkeyCount }: UserSummary): string {
  const second = [totpEnabledAt !== null && 'authenticator app', passkeyCount > 0 && 'passkey'].filter(Boolean);
  const password = hasPassword && ['password', second.join(' or ')].filter(Boolean).join(' and ');
  const passkeys = passkeyCount > 0 && !sso && count(passkeyCount, 'passkey');
  const identity = sso && (hasIdentity ? 'single sign-on' : 'single sign-on (unbound until the next sign-in)');
  return [identity, password, passkeys].filter(Boolean).join(', or ') || 'nothing yet';
}

type ButtonAction = Exclude<OfferedAction, 'grant' | 'ungrant' | 'revoke-tokens'>;

const buttons: Record<ButtonAction, { label: string; danger: boolean }> = {
  invite: { label: 'Send invitation again', danger: false },
  'invitation-link': { label: 'Copy invitation link', danger: false },
  promote: { label: 'Make superuser', danger: false },
  demote: { label: 'Remove superuser role', danger: false },
  'make-auditor': { label: 'Make auditor', danger: false },
  'remove-auditor': { label: 'Remove auditor role', danger: false },
  enable: { label: 'Enable', danger: false },
  disable: { label: 'Disable', danger: true },
  'reset-two-step': { label: 'Reset two-factor sign-in', danger: true },
  unbind: { label: 'Unbind from single sign-on', danger: true },
  offboard: { label: 'Offboard', danger: true },
  delete: { label: 'Delete', danger: true },
  erase: { label: 'Erase', danger: true },
};

function Actions({ user, isSelf, isLastSuperuser, pageUrl }: MemberPageProps) {
  const actions = possibleActions(user, isSelf).filter((action): action is ButtonAction =>
    Object.hasOwn(buttons, action),
  );
  return (
    <>
      {isLastSuperuser && (
        <p class="note warning" id="last-superuser">
          This is the last enabled Organization Superuser. You cannot demote or disable this account, because then
          nobody could manage the organization. Make another member a superuser first.
        </p>
      )}
      <div class="filters">
        <a class="button" id="edit" href={formatUrl(pageUrl, { dialog: 'edit' })}>
          Edit
        </a>
        <a class="button" id="data" href={memberDataPath(user)}>
          Download data
        </a>
        {actions.map((action) => {
          const { label, danger } = buttons[action];
          if (isLastSuperuser && endsSuperuser(action)) {
            return (
              <button type="button" disabled aria-describedby="last-superuser">
                {label}
              </button>
            );
          }
          return (
            <a
              class={`button${danger ? ' quiet danger' : ''}`}
              id={action}
              href={formatUrl(pageUrl, { dialog: action })}
            >
              {label}
            </a>
          );
        })}
      </div>
    </>
  );
}
