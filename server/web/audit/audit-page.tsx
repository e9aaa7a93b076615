import { auditActions } from '../../../shared/schemas/audit.ts';
import { actionLabels } from '../../domain/audit-labels.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { Field, SearchField } from '../shell/components/form.tsx';
import { descriptionOf, Labelled } from '../shell/components/labelled.tsx';
import { EmptyList, NothingMatches } from '../shell/components/lists/empty-list.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import type { FilterValues } from './audit-filter.ts';
import { auditPath } from './audit-paths.ts';
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
      <Filters values={values} errors={errors} />
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

function isFiltered(values: FilterValues): boolean {
  return Object.values(values).some((value) => value !== '');
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

function Filters({ values, errors }: Pick<AuditPageProps, 'values' | 'errors'>) {
  const action = { label: 'Action', name: 'action', error: errors.action };
  return (
    <form class="filters" method="get" action={auditPath} aria-label="Filter events">
      {values.user !== '' && (
        <SearchField label="Actor, owner or target" name="user" value={values.user} error={errors.user} />
      )}
      <SearchField label="Actor" name="actor" value={values.actor} error={errors.actor} />
      <SearchField label="Owner" name="owner" value={values.owner} error={errors.owner} />
      <SearchField label="Target or prefix" name="target" value={values.target} error={errors.target} />
      <Labelled {...action}>
        <select id="action" name="action" {...descriptionOf(action)}>
          <option value="">All</option>
          {auditActions.map((name) => (
            <option value={name} selected={name === values.action}>
              {actionLabels[name]}
            </option>
          ))}
        </select>
      </Labelled>
      <SearchField label="IP or network" name="ip" value={values.ip} error={errors.ip} />
      <Field label="From (UTC)" name="from" type="date" value={values.from} error={errors.from} />
      <Field label="Until (UTC)" name="until" type="date" value={values.until} error={errors.until} />
      <button type="submit">Filter</button>
      <a class="button" href={auditPath}>
        Clear
      </a>
    </form>
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
