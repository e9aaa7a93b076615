import type { ListedAuditRecord } from '../../store/records.ts';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import { type FilterValues, isFiltered } from './audit-filter.ts';
import { auditPath } from './audit-paths.ts';
import { EventFilters } from './event-filters.tsx';
import { EventList } from './event-list.tsx';

interface AuditPageProps {
  values: FilterValues;
  errors: Partial<FilterValues>;
  events: ListedAuditRecord[];
  nextCursor: string | null;
  /** ID of the last event. Null on other pages than the first one without filters. */
  last: string | null;
}

/** The audit log with its filter and downloads. */
export function AuditPage({ values, errors, events, nextCursor, last }: AuditPageProps) {
  const valid = Object.keys(errors).length === 0;
  return (
    <Layout title="Audit" section={auditPath} utc>
      <div class="heading">
        <h1>Audit</h1>
        {valid && <Downloads values={values} />}
      </div>
      <EventFilters path={auditPath} values={values} errors={errors} readsAll />
      {last !== null && (
        <p role="status">
          <a href={formatUrl({ path: auditPath, query: { after: last } })} data-new-events>
            Check for new events
          </a>
        </p>
      )}
      {valid && events.length === 0 && <NoEvents filtered={isFiltered(values)} />}
      <EventList events={events} />
      <NextPageLink
        href={nextCursor === null ? null : formatUrl({ path: auditPath, query: { ...values } }, { cursor: nextCursor })}
      />
    </Layout>
  );
}

function NoEvents({ filtered }: { filtered: boolean }) {
  if (filtered) return <NothingMatches lead="No events match." clearHref={auditPath} />;
  return (
    <EmptyList lead="Nothing was recorded yet.">
      <p>
        Every sign-in and every change appears here, whether it was made in the console, by the API or by a program.
      </p>
    </EmptyList>
  );
}

/** The events that were saved after another one, newest first. `more` says that there are more than these. */
export function NewEventsPage({ events, more, last }: { events: ListedAuditRecord[]; more: boolean; last: string }) {
  const number = `${events.length}${more ? '+' : ''}`;
  return (
    <Layout title="New events" section={auditPath} utc>
      <div class="heading">
        <h1>{events.length === 0 ? 'No new events' : `${number} new ${events.length === 1 ? 'event' : 'events'}`}</h1>
        <nav class="buttons" aria-label="Events">
          <a class="button" href={formatUrl({ path: auditPath, query: { after: last } })}>
            Check again
          </a>
          <a class="button" href={auditPath}>
            All events
          </a>
        </nav>
      </div>
      <EventList events={events} />
    </Layout>
  );
}

function Downloads({ values }: Pick<AuditPageProps, 'values'>) {
  return (
    <nav class="buttons" aria-label="Downloads">
      <a class="button" href={formatUrl({ path: `${auditPath}.csv`, query: { ...values } })} download>
        Download CSV
      </a>
      <a class="button" href={formatUrl({ path: `${auditPath}.json`, query: { ...values } })} download>
        Download JSON
      </a>
    </nav>
  );
}
