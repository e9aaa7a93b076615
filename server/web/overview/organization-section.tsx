import type { ReportedTokens } from '../../../shared/token-report.ts';
import type { OrganizationOverview } from '../../domain/overview/organization-overview.ts';
import { orphanedAccountsPath } from '../service-accounts/service-account-paths.ts';
import { DateOf } from '../shell/components/time.tsx';
import { useMember } from '../shell/page-context.ts';
import { type Card, Cards } from './cards.tsx';
import { deniedTokensPath, reportedTokensPath } from './overview-paths.ts';
import { orphanedText, type ReportText, reportTexts } from './report-texts.tsx';
import { VerificationsChart } from './verifications-chart.tsx';

/** What the report counts, in the order of the cards: the most urgent first. The denied tokens come after the active ones. */
const names = [
  ...(['active', 'expiring', 'owner_disabled', 'never_used', 'unused', 'unrotated', 'never_expiring'] as const),
] satisfies ReportedTokens[];

/** The tokens of all members and service accounts at a glance, for superusers and auditors. */
export function OrganizationSection({ overview }: { overview: OrganizationOverview }) {
  const { report, denied, days, countedSince } = overview;
  const [active, ...others] = names.map(
    (name): Card => ({
      label: reportTexts[name].title,
      hint: reportTexts[name].meaning,
      found: report[name],
      href: reportedTokensPath(name),
    }),
  );
  const deniedCard: Card = {
    label: 'Denied in the last 24 hours',
    hint: 'At least one of their requests was denied.',
    found: denied,
    href: deniedTokensPath,
  };
  const orphanedCard: Card = {
    label: orphanedText.title,
    hint: orphanedText.meaning,
    found: report.orphaned,
    href: orphanedAccountsPath,
  };
  return (
    <>
      <h2 id="organization">All tokens</h2>
      <Cards label="All tokens" cards={[active as Card, deniedCard, ...others, orphanedCard]} />
      <Remedies report={report} />
      <h2>Verifications</h2>
      <VerificationsChart days={days}>
        Requests with a value that tokensd issued, by day in UTC.
        {countedSince !== null && countedSince > (days[0]?.at ?? 0) && (
          <>
            {' '}
            They have been counted since <DateOf at={countedSince} />.
          </>
        )}
      </VerificationsChart>
    </>
  );
}

/** What a superuser can do about the tokens that were found. An auditor changes nothing. */
function Remedies({ report }: Pick<OrganizationOverview, 'report'>) {
  const found: ReportText[] = [
    ...names.filter((name) => report[name] > 0).map((name) => reportTexts[name]),
    ...(report.orphaned > 0 ? [orphanedText] : []),
  ].filter(({ remedy }) => remedy !== undefined);
  if (!useMember().superuser || found.length === 0) return null;
  return (
    <details class="remedies">
      <summary>What to do about these tokens</summary>
      <dl class="facts">
        {found.map(({ title, remedy }) => (
          <>
            <dt>{title}</dt>
            <dd>{remedy}</dd>
          </>
        ))}
      </dl>
      <p class="hint">
        A token can be in several numbers. They include expired and paused tokens: <code>tokens list --all</code> with{' '}
        <code>--status active</code> and the options that <code>tokens report</code> names leaves these out.
      </p>
    </details>
  );
}
