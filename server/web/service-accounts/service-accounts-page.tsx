import type { Child } from 'hono/jsx';
import { parseGroups } from '../../domain/accounts/groups.ts';
import type { ServiceAccountSummary } from '../../store/records.ts';
import { ClippedText } from '../shell/components/clipped-text.tsx';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { StatusBadge } from '../shell/components/status-badge.tsx';
import { RowsWithLinks, Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../shell/page-url.ts';
import { briefList } from '../team/member-labels.ts';
import { serviceAccountPath, serviceAccountsPath } from './service-account-paths.ts';

interface ServiceAccountsPageProps {
  now: number;
  accounts: ServiceAccountSummary[];
  /** URL of this page, with `?orphaned` and `?cursor`. */
  pageUrl: PageUrl;
  nextCursor: string | null;
  dialog?: Child;
}

/** The service accounts that the member sees, newest first: all for superusers and auditors, and for others those that they maintain. */
export function ServiceAccountsPage(props: ServiceAccountsPageProps) {
  const { now, accounts, pageUrl, nextCursor, dialog } = props;
  const { superuser, auditor } = useMember();
  return (
    <Layout title="Service accounts" section={serviceAccountsPath}>
      <div class="heading">
        <h1>Service accounts</h1>
        {superuser && (
          <a class="button primary" id="create" href={formatUrl(pageUrl, { dialog: 'create' })}>
            Create service account
          </a>
        )}
      </div>
      <p>
        A service account owns tokens of programs and is nobody's account: nobody signs in with it.{' '}
        {superuser || auditor ? 'Members who maintain it manage its tokens.' : 'You maintain these.'}
      </p>
      {pageUrl.query.orphaned !== undefined && (
        <p>
          Only those without an enabled maintainer are shown. <a href={serviceAccountsPath}>Show all</a>
        </p>
      )}
      {accounts.length > 0 ? (
        <AccountTable now={now} accounts={accounts} />
      ) : (
        <NoAccounts orphaned={pageUrl.query.orphaned !== undefined} />
      )}
      <NextPageLink href={nextCursor === null ? null : formatUrl(pageUrl, { cursor: nextCursor })} />
      {dialog}
    </Layout>
  );
}

function NoAccounts({ orphaned }: { orphaned: boolean }) {
  if (orphaned) {
    return <NothingMatches lead="Every service account has an enabled maintainer." clearHref={serviceAccountsPath} />;
  }
  return (
    <EmptyList lead="There are no service accounts.">
      <p>
        {useMember().superuser ? 'Create one' : 'A superuser creates one'} for what should keep running when a member
        leaves, such as a CI pipeline.
      </p>
    </EmptyList>
  );
}

function AccountTable({ now, accounts }: Pick<ServiceAccountsPageProps, 'now' | 'accounts'>) {
  return (
    <table class="list brief">
      <caption class="visually-hidden">Service accounts, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Service account</th>
          <th scope="col" class="emails">
            Maintainers
          </th>
          {['Tokens', 'Last use', 'State'].map((heading) => (
            <th scope="col">{heading}</th>
          ))}
        </tr>
      </thead>
      <RowsWithLinks>
        {accounts.map((account) => (
          <tr>
            <th scope="row">
              <a href={serviceAccountPath(account.id)}>{account.name}</a>
              {account.description && (
                <span class="sub">
                  <ClippedText text={account.description} />
                </span>
              )}
              <Groups names={parseGroups(account.manualGroups)} />
            </th>
            <td data-label="Maintainers" class="emails">
              <Maintainers account={account} />
            </td>
            <td data-label="Tokens">{account.tokenCount}</td>
            <td data-label="Last use" class="second">
              {account.lastUsedAt === null ? (
                <>
                  never<span class="on-phone"> used</span>
                </>
              ) : (
                <>
                  <span class="on-phone">Used </span>
                  <Time at={account.lastUsedAt} now={now} />
                </>
              )}
            </td>
            <td data-label="State" class="state">
              <AccountState account={account} />
            </td>
          </tr>
        ))}
      </RowsWithLinks>
    </table>
  );
}

function Groups({ names }: { names: readonly string[] }) {
  return names.length === 0 ? null : <span class="sub">Groups: {briefList(names)}</span>;
}

const maintainersInSight = 3;

function Maintainers({ account }: { account: ServiceAccountSummary }) {
  const { maintainers: emails, disabledMaintainers: disabled } = account;
  const more = emails.length - maintainersInSight;
  return (
    <>
      {emails.length === 0 && 'none'}
      {emails.slice(0, maintainersInSight).map((email) => (
        <div>
          {email}
          {disabled.includes(email) && ' (disabled)'}
        </div>
      ))}
      {more > 0 && <div>and {more} more</div>}
    </>
  );
}

/** Shows whether the tokens of a service account are accepted, and whether somebody maintains it. */
export function AccountState({ account }: { account: Pick<ServiceAccountSummary, 'disabled' | 'orphaned'> }) {
  return (
    <>
      <StatusBadge status={account.disabled ? 'disabled' : 'active'} />{' '}
      {account.orphaned && <StatusBadge status="orphaned" />}
    </>
  );
}
