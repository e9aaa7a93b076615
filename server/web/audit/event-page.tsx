import { actorLabel } from '../../domain/audit-labels.ts';
import { describeUserAgent } from '../../domain/user-agent.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { formatDate } from '../shell/components/dates.ts';
import { Layout } from '../shell/layout.tsx';
import { formatUrl } from '../shell/page-url.ts';
import { activityPath, auditPath } from './audit-paths.ts';
import { EventSentence } from './event-sentence.tsx';
import { labelOf } from './history/change-texts.ts';
import type { PagesOfEvent } from './pages-of-event.ts';
import { actionTexts } from './sentences.ts';

interface EventPageProps {
  event: ListedAuditRecord;
  /** Absolute address of the page. */
  address: string;
  /** The pages about the actor and the target. */
  pages: PagesOfEvent;
  /** Whether the member reads the whole log, and finds related events there. */
  readsAll: boolean;
}

/** All fields of one audit event. */
export function EventPage({ event, address, pages, readsAll }: EventPageProps) {
  const { id, at, action, actor, actorName, target, tokenOwnerEmail, ip, userAgent } = event;
  const { tone, label } = actionTexts[action];
  const list = readsAll ? auditPath : activityPath;
  const more = (query: Record<string, string>, text: string) =>
    readsAll && (
      <span class="sub">
        <a href={formatUrl({ path: auditPath, query })}>{text}</a>
      </span>
    );
  return (
    <Layout title="Audit event" section={list} utc>
      <p>
        <a href={list}>{readsAll ? 'Back to the audit log' : 'Back to your activity'}</a>
      </p>
      <h1 class="sentence">
        <EventSentence event={event} />
      </h1>
      <dl class="facts">
        <dt>Time</dt>
        <dd>
          <time datetime={new Date(at).toISOString()}>
            {formatDate(at)}, {new Date(at).toISOString().slice(11, 23)} UTC
          </time>
        </dd>
        <dt>Action</dt>
        <dd>
          <span class={`badge ${tone}`}>{label}</span> <code>{action}</code>
          {more({ action }, 'Events with this action')}
        </dd>
        <dt>Actor</dt>
        <dd>
          {actorName !== null && (
            <>
              <bdi>{actorName}</bdi>,{' '}
            </>
          )}
          <Linked path={pages.actor} text={actorLabel(actor)} />
          <span class="sub">
            {actor.kind}
            {actor.id !== null && <code> {actor.id}</code>}
          </span>
          {actorOf(actor) !== null && more({ actor: actorOf(actor) ?? '' }, 'Events by this actor')}
        </dd>
        <dt>Target</dt>
        <dd>
          <Linked path={pages.target} text={target.name ?? '–'} />
          <span class="sub">
            {target.kind}
            {target.id !== null && <code> {target.id}</code>}
          </span>
          {tokenOwnerEmail !== null && (
            <span class="sub">
              of <bdi>{tokenOwnerEmail}</bdi>
            </span>
          )}
          {target.id !== null && more({ target: target.id }, 'Events about this target')}
        </dd>
        <dt>IP address</dt>
        <dd>
          {ip === null ? '–' : <code>{ip}</code>}
          {ip !== null && more({ ip }, 'Events from this address')}
        </dd>
        <dt>User agent</dt>
        <dd>
          {userAgent === null ? '–' : describeUserAgent(userAgent)}
          {userAgent !== null && (
            <span class="sub">
              <bdi>{userAgent}</bdi>
            </span>
          )}
        </dd>
        <dt>Event ID</dt>
        <dd>
          <code>{id}</code>
        </dd>
        <dt>Link to this event</dt>
        <dd>
          <a href={`${auditPath}/${id}`}>{address}</a>
        </dd>
      </dl>
      <Changes event={event} />
    </Layout>
  );
}

/** A name, which leads to the page about it if there is one. */
function Linked({ path, text }: { path: string | null; text: string }) {
  const name = <bdi>{text}</bdi>;
  return path === null ? name : <a href={path}>{name}</a>;
}

/** Returns the text of a filter for the events of an actor. Returns null if nothing is known about them. */
function actorOf({ kind, id, email }: ListedAuditRecord['actor']): string | null {
  return kind === 'system' ? 'system' : (id ?? email);
}

function Changes({ event: { changes = [] } }: Pick<EventPageProps, 'event'>) {
  if (changes.length === 0) return null;
  const shown = (value: string | boolean | null) => (value === null ? '–' : String(value));
  return (
    <section>
      <h2>Changes</h2>
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Field</th>
            <th scope="col">From</th>
            <th scope="col">To</th>
          </tr>
        </thead>
        <tbody>
          {changes.map(({ field, from, to }) => (
            <tr>
              <th scope="row">
                {labelOf(field)}
                {labelOf(field) !== field && <code class="sub">{field}</code>}
              </th>
              <td data-label="From">
                <code class="entry">{shown(from)}</code>
              </td>
              <td data-label="To">
                <code class="entry">{shown(to)}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
