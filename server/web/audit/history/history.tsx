import type { FieldChange, ListedAuditRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { auditPath } from '../audit-paths.ts';
import { EventSentence } from '../event-list.tsx';
import { changeText } from './change-texts.ts';

/** One page of the audit events about something. */
export interface HistoryPage {
  events: readonly ListedAuditRecord[];
  nextCursor: string | null;
}

interface HistoryProps extends HistoryPage {
  /** What the events are about, such as `this token`. */
  about: string;
  /** Filter of the audit log that selects the same events. */
  auditQuery: PageUrl['query'];
  /** Whether the sentences name the owners of tokens, because the page is not about one token. */
  withOwner?: boolean;
  /** URL of the page that the history ends, without `?history`, the cursor of older events. */
  pageUrl: PageUrl;
}

/** What happened to something, newest first. Superusers and auditors get a link to the audit log. */
export function History({ about, auditQuery, withOwner = false, pageUrl, events, nextCursor }: HistoryProps) {
  const { superuser, auditor } = useMember();
  return (
    <section aria-labelledby="history">
      <div class="heading">
        <h2 id="history">History</h2>
        {(superuser || auditor) && (
          <a href={formatUrl({ path: auditPath, query: auditQuery })}>Open in the audit log</a>
        )}
      </div>
      {events.length === 0 ? (
        <p class="hint">The audit log has no events about {about} that you may read.</p>
      ) : (
        <ol class="history">
          {events.map((event) => (
            <li>
              <MinuteOf at={event.at} />
              <div>
                <p>
                  <EventSentence event={event} withOwner={withOwner} />
                </p>
                {(event.changes ?? []).map((change) => (
                  <Change change={change} />
                ))}
              </div>
            </li>
          ))}
        </ol>
      )}
      {nextCursor !== null && (
        <p>
          <a rel="next" href={`${formatUrl(pageUrl, { history: nextCursor })}#history`}>
            Older events
          </a>
        </p>
      )}
    </section>
  );
}

function Change({ change }: { change: FieldChange }) {
  const { label, values, added, removed } = changeText(change);
  return (
    <p class="sub">
      {label}:{' '}
      {values !== null && (
        <>
          <bdi>{values.from}</bdi> → <bdi>{values.to}</bdi>
        </>
      )}
      <Entries verb="added" entries={added} />
      {added.length > 0 && removed.length > 0 && '; '}
      <Entries verb="removed" entries={removed} />
    </p>
  );
}

function Entries({ verb, entries }: { verb: string; entries: readonly string[] }) {
  if (entries.length === 0) return null;
  return (
    <>
      {verb}{' '}
      {entries.map((entry, index) => (
        <>
          {index > 0 && ', '}
          <code>{entry}</code>
        </>
      ))}
    </>
  );
}
