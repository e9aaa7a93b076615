import { auditActions } from '../../../shared/schemas/audit.ts';
import type { AppContext } from '../../http/context.ts';
import type { AuditRecord } from '../../store/records.ts';
import { Layout } from '../shell/layout.tsx';
import { addressOf } from '../shell/page-url.ts';
import { Field, NextPage, Time } from '../shell/parts.tsx';
import type { TypedFilter } from './audit-filter.ts';
import { actionWords, actorWords, targetWords } from './audit-labels.ts';

const path = '/organization/audit';

interface AuditProps {
  c: AppContext;
  organization: string | null;
  now: number;
  typed: TypedFilter;
  errors: Partial<TypedFilter>;
  events: AuditRecord[];
  nextCursor: string | null;
}

/** Who did what when and from where. */
export function AuditPage({ c, organization, now, typed, errors, events, nextCursor }: AuditProps) {
  const usable = Object.keys(errors).length === 0;
  return (
    <Layout c={c} title="Audit" organization={organization} tab={path}>
      <div class="heading">
        <h1>Audit</h1>
        {usable && <Downloads typed={typed} />}
      </div>
      <Filters typed={typed} errors={errors} />
      {usable && events.length === 0 && <p class="empty">Nothing that was recorded matches.</p>}
      {events.length > 0 && (
        <table class="list">
          <caption class="visually-hidden">What was done, newest first</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">Who</th>
              <th scope="col">What</th>
              <th scope="col">To what</th>
              <th scope="col">From where</th>
            </tr>
          </thead>
          <tbody>
            {events.map((event) => (
              <Row event={event} now={now} />
            ))}
          </tbody>
        </table>
      )}
      <NextPage href={nextCursor === null ? null : addressOf({ path, query: { ...typed } }, { cursor: nextCursor })} />
    </Layout>
  );
}

function Row({ event, now }: { event: AuditRecord; now: number }) {
  const { actor, target, ip, userAgent } = event;
  const who = actor.id ?? actor.email;
  return (
    <tr>
      <td data-label="When">
        <Time at={event.at} now={now} />
        <span class="sub exact">{new Date(event.at).toISOString().slice(0, 19).replace('T', ' ')} UTC</span>
      </td>
      <td data-label="Who" class="person">
        {who === null ? actorWords(actor) : <a href={addressOf({ path, query: { user: who } })}>{actorWords(actor)}</a>}
        {actor.kind === 'anonymous' && <span class="sub">not signed in</span>}
      </td>
      <td data-label="What">{actionWords[event.action]}</td>
      <td data-label="To what" title={target.id ?? undefined}>
        {targetWords(target)}
      </td>
      <td data-label="From where">
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

function Filters({ typed, errors }: Pick<AuditProps, 'typed' | 'errors'>) {
  return (
    <form class="filters" method="get" action={path} aria-label="Filter the events">
      <Field label="Person (e-mail or id)" name="user" value={typed.user} autocomplete="off" />
      <div class="field">
        <label for="action">Action</label>
        <select id="action" name="action" aria-describedby={errors.action && 'action-error'}>
          <option value="">All</option>
          {auditActions.map((action) => (
            <option value={action} selected={action === typed.action}>
              {actionWords[action]}
            </option>
          ))}
        </select>
        {errors.action && (
          <p class="error" id="action-error">
            {errors.action}
          </p>
        )}
      </div>
      <Field label="From (UTC)" name="from" type="date" value={typed.from} error={errors.from} />
      <Field label="Until (UTC)" name="until" type="date" value={typed.until} error={errors.until} />
      <button type="submit">Filter</button>
      <a class="button" href={path}>
        Clear
      </a>
    </form>
  );
}

function Downloads({ typed }: Pick<AuditProps, 'typed'>) {
  return (
    <nav aria-label="Downloads">
      <a class="button" href={addressOf({ path: `${path}.csv`, query: { ...typed } })} download>
        Download CSV
      </a>{' '}
      <a class="button" href={addressOf({ path: `${path}.json`, query: { ...typed } })} download>
        Download JSON
      </a>
    </nav>
  );
}
