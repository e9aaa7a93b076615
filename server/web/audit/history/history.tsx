import type { ListedAuditRecord } from '../../../store/records.ts';
import { MinuteOf } from '../../shell/components/time.tsx';
import { readsAll, useMember } from '../../shell/page-context.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { auditPath } from '../audit-paths.ts';
import { EventSentence } from '../event-sentence.tsx';
import { Changes } from './changes.tsx';

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
  /** URL of the page with the history, without `?history`, the cursor of older events. */
  pageUrl: PageUrl;
}

/** The events about something, newest first. Superusers and auditors get a link to the audit log. */
export function History({ about, auditQuery, withOwner = false, pageUrl, events, nextCursor }: HistoryProps) {
  const readsLog = readsAll(useMember());
  return (
    <section aria-labelledby="history">
      <div class="heading">
        <h2 id="history">History</h2>
        {readsLog && <a href={formatUrl({ path: auditPath, query: auditQuery })}>Open in the audit log</a>}
      </div>
      {events.length === 0 ? (
        <p class="hint">
          {readsLog ? `No events about ${about} yet.` : `The audit log has no events about ${about} that you may read.`}
        </p>
      ) : (
        <ol class="history">
          {events.map((event) => (
            <li>
              <MinuteOf at={event.at} />
              <div>
                <p>
                  <EventSentence event={event} withOwner={withOwner} />
                </p>
                <Changes changes={event.changes} />
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
