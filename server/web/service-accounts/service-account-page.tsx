import type { Child } from 'hono/jsx';
import { count } from '../../../shared/count.ts';
import { parseGroups } from '../../domain/accounts/groups.ts';
import type { ListedTrust } from '../../store/records.ts';
import { History, type HistoryPage } from '../audit/history/history.tsx';
import { Chips } from '../shell/components/clipped-text.tsx';
import { Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { type ObjectAction, ObjectHeading } from '../shell/object-heading.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl } from '../shell/page-url.ts';
import { AccountTrusts } from './account-trusts.tsx';
import { MaintainersSection, type RejectedMaintainer } from './maintainers-section.tsx';
import { accountActions, possibleAccountActions } from './service-account-actions.tsx';
import { serviceAccountsPath } from './service-account-paths.ts';
import { AccountState } from './service-accounts-page.tsx';
import { AccountTokens, type AccountTokensProps } from './tokens/account-tokens.tsx';

interface ServiceAccountPageProps extends AccountTokensProps {
  trusts: ListedTrust[];
  history: HistoryPage;
  rejectedMaintainer?: RejectedMaintainer | undefined;
  dialog?: Child;
}

/** One service account: what is known about it, its maintainers, its tokens, its trusts and its history. */
export function ServiceAccountPage(props: ServiceAccountPageProps) {
  const { account, mayChange, trusts, history, rejectedMaintainer, dialog } = props;
  return (
    <Layout title={account.name} section={serviceAccountsPath}>
      <ObjectHeading
        back={{ href: serviceAccountsPath, text: 'Back to the service accounts' }}
        name={account.name}
        actions={mayChange ? actionsOn(props, useMember().superuser) : []}
      />
      {account.description && <p>{account.description}</p>}
      <AccountFacts {...props} />
      <MaintainersSection account={account} mayChange={mayChange} rejected={rejectedMaintainer} />
      <AccountTokens {...props} />
      <AccountTrusts account={account} trusts={trusts} />
      <History about="this service account" auditQuery={{ target: account.id }} pageUrl={props.pageUrl} {...history} />
      {dialog}
    </Layout>
  );
}

/** The changes of the account. Maintainers who are not superusers only edit it. */
function actionsOn({ account, pageUrl }: ServiceAccountPageProps, superuser: boolean): ObjectAction[] {
  const dialog = (id: string, label: string) => ({ id, label, href: formatUrl(pageUrl, { dialog: id }) });
  const ofSuperuser = superuser ? possibleAccountActions(account) : [];
  return [
    dialog('edit', 'Edit'),
    ...ofSuperuser.map((action) => ({
      ...dialog(action, accountActions[action].label),
      danger: accountActions[action].danger,
    })),
  ];
}

function AccountFacts({ account, statusContext: { now } }: ServiceAccountPageProps) {
  const groups = parseGroups(account.manualGroups);
  return (
    <dl class="facts">
      <dt>State</dt>
      <dd>
        <AccountState account={account} />
        <span class="sub">
          {account.disabled
            ? 'Requests that use its tokens are denied.'
            : 'Requests that use its active tokens are accepted.'}
        </span>
      </dd>
      <dt>Known to apps as</dt>
      <dd>
        <code>{account.email}</code>
      </dd>
      <dt>Groups</dt>
      <dd>{groups.length === 0 ? 'none' : <Chips texts={groups} />}</dd>
      <dt>Tokens</dt>
      <dd>{account.tokenCount === 0 ? 'none' : count(account.tokenCount, 'token')}</dd>
      <dt>Last use of a token</dt>
      <dd>{account.lastUsedAt === null ? 'never' : <Time at={account.lastUsedAt} now={now} />}</dd>
      <dt>Created</dt>
      <dd>
        <Time at={account.createdAt} now={now} />
      </dd>
    </dl>
  );
}
