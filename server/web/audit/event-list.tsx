import { serviceAccountName } from '../../../shared/names.ts';
import { actorLabel, receiverOf, targetLabel } from '../../domain/audit-labels.ts';
import { describeUserAgent } from '../../domain/user-agent.ts';
import type { ListedAuditRecord } from '../../store/records.ts';
import { formatDate } from '../shell/components/dates.ts';
import { auditPath } from './audit-paths.ts';
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

function EventLine({ event }: { event: ListedAuditRecord }) {
  const { tone, label } = actionTexts[event.action];
  const { id, at, ip, userAgent } = event;
  const time = new Date(at).toISOString();
  return (
    <li>
      <a href={`${auditPath}/${id}`}>
        <time datetime={time}>{time.slice(11, 19)}</time>
      </a>
      <span class={`badge ${tone}`}>{label}</span>
      <p>
        <EventSentence event={event} />
      </p>
      <p class="sub">{[userAgent === null ? null : describeUserAgent(userAgent), ip].filter(Boolean).join(' · ')}</p>
    </li>
  );
}

/** Returns the name of a service account alone if the sentence says what it is, and every other text as it is. */
function nameOf(label: string, sentence: string): string {
  return (sentence.includes('service account {target}') ? serviceAccountName(label) : null) ?? label;
}

/** Says who did what, such as `ada@example.com created token ci-pipeline`. Names the owner of a token unless the page does. */
export function EventSentence({ event, withOwner = true }: { event: ListedAuditRecord; withOwner?: boolean }) {
  const { actor, target, tokenOwnerEmail } = event;
  const names: Record<string, string> = {
    '{target}': nameOf(targetLabel(target), actionTexts[event.action].sentence),
    '{receiver}': receiverOf(event) ?? 'another',
  };
  const parts = actionTexts[event.action].sentence.split(/(\{\w+\})/);
  const owner = withOwner && tokenOwnerEmail !== actor.email ? tokenOwnerEmail : null;
  return (
    <>
      <bdi class="name">{actorLabel(actor)}</bdi>
      {actor.kind === 'anonymous' && ' (not signed in)'}{' '}
      {parts.map((part) => {
        const name = names[part];
        if (name === undefined) return part;
        return (
          <>
            <bdi class="name">{name}</bdi>
            {part === '{target}' && owner !== null && (
              <>
                {' '}
                of <bdi>{owner}</bdi>
              </>
            )}
          </>
        );
      })}
      {target.kind === 'session' && target.name !== null && (
        <>
          {' '}
          of <bdi class="name">{target.name}</bdi>
        </>
      )}
    </>
  );
}
