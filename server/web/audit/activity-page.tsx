import type { ListedAuditRecord } from '../../store/records.ts';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import { type FilterValues, isFiltered } from './audit-filter.ts';
import { activityPath } from './audit-paths.ts';
import { EventFilters } from './event-filters.tsx';
import { EventList } from './event-list.tsx';

interface ActivityPageProps {
  values: FilterValues;
  /** A message for each field that was refused. */
  errors: Partial<FilterValues>;
  events: ListedAuditRecord[];
  nextCursor: string | null;
}

/** The member's own audit events. */
export function ActivityPage({ values, errors, events, nextCursor }: ActivityPageProps) {
  const valid = Object.keys(errors).length === 0;
  return (
    <Layout title="Activity" section={activityPath} utc>
      <h1>Activity</h1>
      <p class="lead">What you did, and what others did to your account and your tokens.</p>
      <EventFilters path={activityPath} values={values} errors={errors} />
      {valid && events.length === 0 && <NoEvents filtered={isFiltered(values)} />}
      <EventList events={events} />
      <NextPageLink
        href={
          nextCursor === null ? null : formatUrl({ path: activityPath, query: { ...values } }, { cursor: nextCursor })
        }
      />
    </Layout>
  );
}

function NoEvents({ filtered }: { filtered: boolean }) {
  if (filtered) return <NothingMatches lead="No events match." clearHref={activityPath} />;
  return (
    <EmptyList lead="Nothing was recorded yet.">
      <p>Your sign-ins and the changes of your account and tokens appear here.</p>
    </EmptyList>
  );
}
