import { auditActions } from '../../../shared/schemas/audit.ts';
import { actionLabels, actorLabel, receiverOf, targetLabel } from '../../domain/audit-labels.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { Field } from '../shell/components/form.tsx';
import { descriptionOf, Labelled } from '../shell/components/labelled.tsx';
import { NextPageLink } from '../shell/components/next-page-link.tsx';
import { Time } from '../shell/components/time.tsx';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import type { FilterValues } from './audit-filter.ts';

const path = '/organization/audit';

interface AuditPageProps {
  now: number;
  values: FilterValues;
  errors: Partial<FilterValues>;
  events: ListedAuditRecord[];
  nextCursor: string | null;
}

/** The audit log with its filter and downloads. */
export function AuditPage({ now, values, errors, events, nextCursor }: AuditPageProps) {
  const valid = Object.keys(errors).length === 0;
  return (
    <Layout title="Audit" section={path} utc>
      <div class="heading">
        <h1>Audit</h1>
        {valid && <Downloads values={values} />}
      </div>
      <Filters values={values} errors={errors} />
      {valid && events.length === 0 && <p class="empty">No events match.</p>}
      {events.length > 0 && (
        <table class="list">
          <caption class="visually-hidden">Audit events, newest first</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Actor</th>
              <th scope="col">Action</th>
              <th scope="col">Target</th>
              <th scope="col">IP address</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <EventRow event={event} now={now} />
            ))}
          </tbody>
        </table>
      )}
      <NextPageLink
        href={nextCursor === null ? null : formatUrl({ path, query: { ...values } }, { cursor: nextCursor })}
      />
    </Layout>
  );
}

function EventRow({ event, now }: { event: ListedAuditRecord; now: number }) {
  const { actor, target, tokenOwnerEmail, ip, userAgent } = event;
  const receiver = receiverOf(event);
  const user = actor.id ?? actor.email;
  return (
    <tr>
      <td data-label="Time">
        <Time at={event.at} now={now} />
        <span class="sub exact">{new Date(event.at).toISOString().slice(0, 19).replace('T', ' ')} UTC</span>
      </td>
      <td data-label="Actor" class="person">
        {user === null ? actorLabel(actor) : <a href={formatUrl({ path, query: { user } })}>{actorLabel(actor)}</a>}
        {actor.kind === 'anonymous' && <span class="sub">not signed in</span>}
      </td>
      <td data-label="Action">{actionLabels[event.action]}</td>
      <td data-label="Target" title={target.id ?? undefined}>
        {targetLabel(target)}
        {tokenOwnerEmail !== null && <span class="sub">of {tokenOwnerEmail}</span>}
        {receiver !== null && <span class="sub">→ {receiver}</span>}
      </td>
      <td data-label="IP address">
        {ip === null ? '–' : <span class="mono">{ip}</span>}
        {userAgent !== null && (
          <span class="sub clip" title={userAgent}>
            {userAgent}
          </span>
        )}
      </td>
    </tr>
  );
}

function Filters({ values, errors }: Pick<AuditPageProps, 'values' | 'errors'>) {
  const action = { label: 'Action', name: 'action', error: errors.action };
  return (
    <form class="filters" method="get" action={path} aria-label="Filter events">
      <Field label="Person or service account" name="user" value={values.user} autocomplete="off" />
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
      <Field label="From (UTC)" name="from" type="date" value={values.from} error={errors.from} />
      <Field label="Until (UTC)" name="until" type="date" value={values.until} error={errors.until} />
      <button type="submit">Filter</button>
      <a class="button" href={path}>
        Clear
      </a>
    </form>
  );
}

function Downloads({ values }: Pick<AuditPageProps, 'values'>) {
  return (
    <nav aria-label="Downloads">
      <a class="button" href={formatUrl({ path: `${path}.csv`, query: { ...values } })} download>
        Download CSV
      </a>{' '}
      <a class="button" href={formatUrl({ path: `${path}.json`, query: { ...values } })} download>
        Download JSON
      </a>
    </nav>
  );
}
