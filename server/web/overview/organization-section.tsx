import { count } from '../../../shared/count.ts';
import type { ReportedTokens } from '../../../shared/tokens/report.ts';
import type { OrganizationOverview } from '../../domain/overview/organization-overview.ts';
import { orphanedAccountsPath } from '../service-accounts/service-account-paths.ts';
import { settingsPath } from '../settings/settings-paths.ts';
import { formatDate } from '../shell/components/dates.ts';
import { useMember } from '../shell/page-context.ts';
import { allTokensPath } from '../tokens/all/all-tokens-paths.ts';
import { type Card, Cards, usedCanariesCard } from './cards.tsx';
import {
  canariesPath,
  deniedTokensPath,
  deniedWithinPath,
  exchangedTokensPath,
  expiringIn30DaysPath,
  reportedTokensPath,
  usedCanariesPath,
} from './overview-paths.ts';
import { orphanedText, type ReportText, reportTexts } from './report-texts.ts';
import { VerificationsChart } from './verifications-chart.tsx';

/** What the report counts, in the order of the cards: the most urgent first. The denied tokens come after the active ones. */
const names = [
  ...(['active', 'expiring', 'owner_disabled', 'never_used', 'unused', 'unrotated', 'never_expiring'] as const),
] satisfies ReportedTokens[];

/** The tokens of all members and service accounts at a glance, for superusers and auditors. */
export function OrganizationSection({ overview }: { overview: OrganizationOverview }) {
  const { report, denied, canaries, days, countedSince } = overview;
  const [active, ...others] = names.map(
    (name): Card => ({
      label: titleOf(reportTexts[name], report[name]),
      hint: reportTexts[name].meaning,
      found: report[name],
      href: reportedTokensPath(name),
      ...(name === 'active' && { more: { text: `${count(overview.all, 'token')} in all`, href: allTokensPath } }),
      ...(name === 'expiring' && { more: expiringLater(overview) }),
      ...(name === 'never_expiring' && { more: maxExpiryOfNewTokens }),
    }),
  );
  const deniedCard: Card = {
    label: `${denied === 1 ? 'Token' : 'Tokens'} denied in 24 hours`,
    hint: 'A token counts if one of its requests was denied.',
    found: denied,
    href: deniedTokensPath,
  };
  const orphanedCard: Card = {
    label: titleOf(orphanedText, report.orphaned),
    hint: orphanedText.meaning,
    found: report.orphaned,
    href: orphanedAccountsPath,
  };
  const alarm = usedCanariesCard(canaries.used, canaries.used, usedCanariesPath);
  return (
    <>
      <h2 id="organization">All tokens</h2>
      <Cards label="All tokens" cards={[...alarm, active as Card, deniedCard, ...others, orphanedCard]} />
      <p class="hint">
        A token can be in several numbers. Only “in all” counts{' '}
        <a href={canariesPath}>{count(canaries.all, 'canary', 'canaries')}</a>, and none counts the{' '}
        <a href={exchangedTokensPath}>tokens that jobs received through a trust</a>.
      </p>
      <Remedies report={report} />
      <h2>Requests</h2>
      <VerificationsChart days={days} deniedHref={deniedWithinPath(days.length)}>
        Requests with tokens, by day in UTC.
        {countedSince !== null && countedSince > (days[0]?.at ?? 0) && (
          <> They have been counted since {formatDate(countedSince)}.</>
        )}
      </VerificationsChart>
    </>
  );
}

/** Leads to the setting that decides whether new tokens can be among those that never expire. */
const maxExpiryOfNewTokens: Card['more'] = {
  text: 'Maximum expiry of new tokens',
  href: `${settingsPath}#TOKENSD_MAX_EXPIRY`,
};

function titleOf({ title, one }: ReportText, found: number): string {
  return found === 1 ? one : title;
}

function expiringLater({ expiringIn30Days }: OrganizationOverview): Card['more'] {
  return { text: `${expiringIn30Days.toLocaleString('en')} within 30 days`, href: expiringIn30DaysPath };
}

/** What a superuser can do about the tokens that were found. An auditor changes nothing. */
function Remedies({ report }: Pick<OrganizationOverview, 'report'>) {
  const found = [
    ...names.map((name) => ({ ...reportTexts[name], href: reportedTokensPath(name), number: report[name] })),
    { ...orphanedText, href: orphanedAccountsPath, number: report.orphaned },
  ].filter(({ remedy, number }) => remedy !== undefined && number > 0);
  if (!useMember().superuser || found.length === 0) return null;
  return (
    <details class="remedies">
      <summary>What to do about these tokens</summary>
      <dl class="facts">
        {found.map(({ title, remedy, href }) => (
          <>
            <dt>
              <a href={href}>{title}</a>
            </dt>
            <dd>
              {remedy?.text}
              <span class="sub">
                On the command line:{' '}
                {remedy?.commands.map((command, index) => (
                  <>
                    {index > 0 && ' or '}
                    <code>{command}</code>
                  </>
                ))}
              </span>
            </dd>
          </>
        ))}
      </dl>
      <p class="hint">
        The numbers include expired and paused tokens: <code>tokens list --all</code> with <code>--status active</code>{' '}
        and the options that <code>tokens report</code> names leaves these out.
      </p>
    </details>
  );
}
