import { count } from '../../../shared/count.ts';
import type { ReportedTokens } from '../../../shared/token-report.ts';
import type { TokenReport } from '../../domain/tokens/report/report.ts';
import type { DeadLetter } from '../../store/records.ts';
import { orphanedAccountsPath } from '../service-accounts/service-account-paths.ts';
import { Layout } from '../shell/layout.tsx';
import { useMember } from '../shell/page-context.ts';
import { DeadLetterNotice } from '../team/dead-letter-notice.tsx';
import { overviewPath, reportedTokensPath } from './overview-paths.ts';
import { orphanedText, type ReportText, reportTexts } from './report-texts.tsx';

interface OverviewPageProps {
  report: TokenReport;
  deadLetters: { count: number; newest: DeadLetter[] };
  now: number;
}

/** The counts that somebody should look into, the most urgent first. */
const problems = [
  ...(['expiring', 'owner_disabled', 'never_used', 'unused'] as const),
  ...(['unrotated', 'never_expiring'] as const),
] satisfies ReportedTokens[];

/** The tokens of all members at a glance, and what to do about some of them. An auditor sees only the numbers. */
export function OverviewPage({ report, deadLetters, now }: OverviewPageProps) {
  const { superuser } = useMember();
  return (
    <Layout title="Overview" section={overviewPath}>
      <h1>Overview</h1>
      <DeadLetterNotice {...deadLetters} now={now} />
      <p>
        <a href={reportedTokensPath('active')}>{count(report.active, 'active token')}</a> of all members and service
        accounts: {report.active === 1 ? 'requests that use it are accepted.' : 'requests that use them are accepted.'}
      </p>
      <h2>Tokens to look into</h2>
      <table class="list">
        <caption class="visually-hidden">Numbers of tokens to look into</caption>
        <thead>
          <tr>
            {['Tokens', 'Number', ...(superuser ? ['What to do'] : [])].map((heading) => (
              <th scope="col">{heading}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {problems.map((name) => (
            <ProblemRow {...reportTexts[name]} href={reportedTokensPath(name)} found={report[name]} />
          ))}
          <ProblemRow {...orphanedText} href={orphanedAccountsPath} found={report.orphaned} />
        </tbody>
      </table>
      <p class="hint">
        A token can be in several rows. Expired and paused tokens are counted, too: without them, list{' '}
        <code>tokens list --all --status active</code> with the options that <code>tokens report</code> names.
        Introspection counts as a use only if the request names a method, path or IP address.
      </p>
    </Layout>
  );
}

function ProblemRow({ title, meaning, remedy, href, found }: ReportText & { href?: string; found: number }) {
  return (
    <tr>
      <th scope="row">
        {href === undefined ? title : <a href={href}>{title}</a>}
        <span class="sub">{meaning}</span>
      </th>
      <td data-label="Number">
        {found === 0 ? (
          <span class="badge success">none</span>
        ) : (
          <span class="badge warning">{found.toLocaleString('en')}</span>
        )}
      </td>
      {useMember().superuser && (
        <td data-label="What to do" class="words">
          {found === 0 ? 'Nothing' : remedy}
        </td>
      )}
    </tr>
  );
}
