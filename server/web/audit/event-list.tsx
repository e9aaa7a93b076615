import { actorLabel } from '../../domain/audit-labels.ts';
import { describeUserAgent } from '../../domain/user-agent.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { formatDate } from '../shell/components/dates.ts';
import { auditPath } from './audit-paths.ts';
import { EventPanel } from './event-panel.tsx';
import { EventSentence } from './event-sentence.tsx';
import { ShortChanges } from './history/changes.tsx';
import { actionTexts } from './sentences.ts';

/** Events, newest first, in one list for each UTC day. */
export function EventList({ events }: { events: readonly ListedAuditRecord[] }) {
  return (
    <>
      {daysOf(events).map(({ day, events }) => (
        <section class="events" aria-label={day}>
          <h2>{day}</h2>
          <ol>
            {events.map((event) => (
              <EventLine event={event} />
            ))}
          </ol>
        </section>
      ))}
    </>
  );
}

/** Divides events where the day changes. A day can appear again, because the order is not that of the times. */
function daysOf(events: readonly ListedAuditRecord[]) {
  const days: { day: string; events: ListedAuditRecord[] }[] = [];
  for (const event of events) {
    const day = formatDate(event.at);
    const last = days.at(-1);
    if (last?.day === day) last.events.push(event);
    else days.push({ day, events: [event] });
  }
  return days;
}

/** An event in one or two lines. The time leads to its page, and so does the whole line on a phone. Everything else opens its panel. */
function EventLine({ event }: { event: ListedAuditRecord }) {
  const { tone, label } = actionTexts[event.action];
  const time = new Date(event.at).toISOString();
  return (
    <li>
      <a href={`${auditPath}/${event.id}`}>
        <time datetime={time}>{time.slice(11, 19)}</time>
      </a>
      <details>
        <summary>
          <span class={`badge ${tone}`}>{label}</span>
          <span class="what">
            <span class="said">
              <EventSentence event={event} />
            </span>
            <ShortChanges changes={event.changes} />
          </span>
          <span class="sub from">{clientOf(event)}</span>
        </summary>
        <EventPanel event={event} />
      </details>
    </li>
  );
}

/** Returns from where an event came, such as `ada@example.com · Chrome on Linux · 203.0.113.9`. The sentence has no address if it has a name. */
function clientOf({ actor, actorName, userAgent, ip }: ListedAuditRecord): string {
  const address = actorName === null ? null : actorLabel(actor);
  return [address, userAgent === null ? null : describeUserAgent(userAgent), ip].filter(Boolean).join(' · ');
}
