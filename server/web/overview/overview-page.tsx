import type { OrganizationOverview } from '../../domain/overview/organization-overview.ts';
import type { SetUpStep } from '../../domain/overview/set-up-steps.ts';
import type { UsageDay } from '../../domain/tokens/usage/usage.ts';
import type { DeadLetter } from '../../store/records.ts';
import { ClockOf, MinuteOf } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { DeadLetterNotice } from '../team/dead-letter-notice.tsx';
import type { ListCounts } from '../tokens/list/attention.ts';
import { OrganizationSection } from './organization-section.tsx';
import { overviewPath } from './overview-paths.ts';
import { CreateTokenLink, OwnLine, OwnSection } from './own-section.tsx';
import { SetUpList } from './set-up-list.tsx';

/** Older numbers are shown with their date. */
const oldMs = 60 * 60 * 1000;

interface OverviewPageProps {
  /** How many tokens the member has, and how many need attention. */
  counts: ListCounts;
  now: number;
}

interface ReaderOverviewProps extends OverviewPageProps {
  overview: OrganizationOverview;
  /** The steps of the set-up that are not done. Empty for auditors. */
  remaining: ReadonlySet<SetUpStep>;
  deadLetters: { count: number; newest: DeadLetter[] };
}

/** The start page of superusers and auditors: the organization, and their own tokens in one line. */
export function ReaderOverviewPage({ overview, remaining, deadLetters, counts, now }: ReaderOverviewProps) {
  return (
    <Layout title="Overview" section={overviewPath}>
      <div class="heading">
        <h1>Overview</h1>
        <div class="overview-head">
          <p class="as-of">
            As of <AsOf at={overview.at} now={now} />
          </p>
          <CreateTokenLink primary={false} />
        </div>
      </div>
      <DeadLetterNotice {...deadLetters} now={now} />
      <SetUpList remaining={remaining} />
      <OrganizationSection overview={overview} />
      <OwnLine counts={counts} />
    </Layout>
  );
}

/**
 * When the numbers were counted. If nobody has opened the page for long, old numbers are shown once more while new ones are
 * counted.
 */
function AsOf({ at, now }: { at: number; now: number }) {
  if (now - at < oldMs) return <ClockOf at={at} />;
  return (
    <>
      <MinuteOf at={at} />. Reload the page for new numbers.
    </>
  );
}

interface MemberOverviewProps extends OverviewPageProps {
  days: readonly UsageDay[];
  /** Email addresses of superusers, who can grant the permission to create tokens. Empty if the member has it. */
  superusers: readonly string[];
}

/** The start page of every other member: their own tokens. */
export function MemberOverviewPage({ counts, days, superusers, now }: MemberOverviewProps) {
  return (
    <Layout title="Overview" section={overviewPath}>
      <div class="heading">
        <h1>Overview</h1>
        <div class="overview-head">
          <p class="as-of">
            As of <ClockOf at={now} />
          </p>
          {counts.total > 0 && <CreateTokenLink />}
        </div>
      </div>
      <OwnSection counts={counts} days={days} superusers={superusers} />
    </Layout>
  );
}
