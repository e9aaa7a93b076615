import { count } from '../../../shared/count.ts';
import type { DeadLetter } from '../../store/records.ts';
import { Time } from '../shell/components/time.tsx';

interface DeadLetterNoticeProps {
  count: number;
  newest: DeadLetter[];
  now: number;
}

/** Warns superusers about emails that could not be delivered. Renders nothing if there are none. */
export function DeadLetterNotice({ count: total, newest, now }: DeadLetterNoticeProps) {
  if (total === 0) return null;
  return (
    <details class="note warning">
      <summary>{count(total, 'email')} could not be delivered</summary>
      <ul>
        {newest.map(({ to, subject, gaveUpAt, error }) => (
          <li>
            “{subject}” to {to}, last tried <Time at={gaveUpAt} now={now} />: {error}
          </li>
        ))}
        {total > newest.length && <li>and {total - newest.length} more</li>}
      </ul>
      <p>
        Fix the cause, then send them again with this command on the server: <code>tokensd mail retry</code>
      </p>
    </details>
  );
}
