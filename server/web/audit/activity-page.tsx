import type { ListedAuditRecord } from '../../store/records.ts';
import { EmptyList } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import { activityPath } from './audit-paths.ts';
import { EventList } from './event-list.tsx';

/** The member's own audit events. */
export function ActivityPage({ events, nextCursor }: { events: ListedAuditRecord[]; nextCursor: string | null }) {
  return (
    <Layout title="Activity" section={activityPath} utc>
      <h1>Activity</h1>
      <p class="lead">What you did, and what others did to your account and your tokens.</p>
      {events.length === 0 && (
        <EmptyList lead="Nothing was recorded yet.">
          <p>Your sign-ins and the changes of your account and tokens appear here.</p>
        </EmptyList>
      )}
      <EventList events={events} />
      <NextPageLink
        href={nextCursor === null ? null : formatUrl({ path: activityPath, query: { cursor: nextCursor } })}
      />
    </Layout>
  );
}
