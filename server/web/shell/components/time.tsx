import { createContext, type PropsWithChildren, useContext } from 'hono/jsx';
import { expiryHint, relativeTime, relativeWithinMs } from '../../../../shared/times/relative-time.ts';
import { formatDate, formatMinute } from './dates.ts';

const weekMs = 7 * 24 * 3_600_000;

interface TimeProps {
  /** In milliseconds. */
  at: number;
  /** In milliseconds. */
  now: number;
}

/**
 * A time such as `3 minutes ago`, or its date if it is more than 48 hours away. The exact time appears while the pointer is on
 * it, after a touch, and while it has the focus or, in `RowsWithLinks`, a link in its row. The server writes UTC; `console.js` changes it to
 * the time zone of the browser.
 */
export function Time({ at, now }: TimeProps) {
  if (Math.abs(at - now) > relativeWithinMs) return <DateOf at={at} />;
  return <MarkedTime at={at}>{relativeTime(iso(at), new Date(now))}</MarkedTime>;
}

/** The date of a time, with its exact time as `Time` shows it. */
export function DateOf({ at }: Pick<TimeProps, 'at'>) {
  return (
    <MarkedTime at={at} form="date">
      {formatDate(at)}
    </MarkedTime>
  );
}

/** The date on which something expires, and in how many days, if that is within 30 days. Null if it never expires. */
export function Expiry({ at, now }: { at: number | null; now: number }) {
  if (at === null) return <>never</>;
  const hint = expiryHint(iso(at), new Date(now));
  return (
    <>
      <DateOf at={at} />
      {hint !== null && (
        <>
          {' '}
          <span class={at - now <= weekMs ? 'badge warning' : 'badge'}>{hint}</span>
        </>
      )}
    </>
  );
}

/** A time as `Time` writes it, with the exact time below it, for pages about one thing. */
export function ExactTime({ at, now }: TimeProps) {
  if (Math.abs(at - now) > relativeWithinMs) return <MinuteOf at={at} />;
  return (
    <>
      <Time at={at} now={now} />
      <span class="sub">
        <MinuteOf at={at} />
      </span>
    </>
  );
}

/** An exact time to the minute, such as `3 Mar 2027, 14:05 UTC`. */
export function MinuteOf({ at }: Pick<TimeProps, 'at'>) {
  return (
    <time datetime={iso(at)} data-form="minute">
      {formatMinute(at)}
    </time>
  );
}

/** The date of a time as plain text, where a stop of the Tab key would be in the way, as in the label of a choice. */
export function PlainDate({ at }: Pick<TimeProps, 'at'>) {
  return (
    <time datetime={iso(at)} data-form="date">
      {formatDate(at)}
    </time>
  );
}

/** The time of day of a time today, such as `14:05`. */
export function ClockOf({ at }: Pick<TimeProps, 'at'>) {
  return (
    <MarkedTime at={at} form="clock">
      {iso(at).slice(11, 16)}
    </MarkedTime>
  );
}

interface MarkedTimeProps {
  at: number;
  form?: 'date' | 'clock';
  children: string;
}

/** Whether a link in each row shows the exact times of the row. */
const inRows = createContext(false);

/** The rows of a table that each have a link. Its focus shows their exact times, so that these are no stops of the Tab key. */
export function RowsWithLinks({ children }: PropsWithChildren) {
  return (
    <tbody>
      <inRows.Provider value={true}>{children}</inRows.Provider>
    </tbody>
  );
}

/** A time that shows its exact time on demand. It takes the focus from a touch or click, and from the Tab key if no link shows it. */
function MarkedTime({ at, form, children }: MarkedTimeProps) {
  return (
    <time datetime={iso(at)} data-form={form} data-exact={formatMinute(at)} tabindex={useContext(inRows) ? -1 : 0}>
      {children}
    </time>
  );
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
