import type { DeadLetter } from '../../store/records.ts';
import { Time } from '../shell/parts.tsx';

/** Tells superusers of mails that reached nobody, and what to do. Nothing if there are none. */
export function DeadLetterNotice({ count, newest, now }: { count: number; newest: DeadLetter[]; now: number }) {
  if (count === 0) return null;
  return (
    <details class="note warning">
      <summary>{count === 1 ? '1 mail could not be delivered' : `${count} mails could not be delivered`}</summary>
      <ul>
        {newest.map(({ to, subject, gaveUpAt, error }) => (
          <li>
            “{subject}” to {to}, given up <Time at={gaveUpAt} now={now} />: {error}
          </li>
        ))}
        {count > newest.length && <li>and {count - newest.length} more</li>}
      </ul>
      <p>
        Once the cause is mended, send them again on the server: <code>tokensd mail retry</code>
      </p>
    </details>
  );
}
