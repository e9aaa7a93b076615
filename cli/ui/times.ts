import { expiryHint, relativeTime, relativeWithinMs, timeAgo } from '../../shared/times/relative-time.ts';
import type { Context, OutputStream } from '../context.ts';

/** The width of the longest date, to which a column of times may shrink. */
export const minTimeWidth = '30 Sep 2027'.length;

const weekMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Writes the times of one output. On a terminal they are in the time zone of the person, and exact times name its difference from UTC. Elsewhere they
 * are RFC 3339 in UTC, because programs read them.
 */
export interface Times {
  /** Returns `2 Mar 2027, 14:05 UTC+01:00`. */
  exact(time: string): string;
  /** Like `exact`, with seconds, for lines that are written as things happen. */
  toTheSecond(time: string): string;
  /** Returns an exact time in the past and how long ago that was: `2 Mar 2027, 14:05 UTC+01:00 (3 minutes ago)`. */
  past(time: string): string;
  /** Returns an exact time to come and how far away that is: `2 Mar 2027, 14:05 UTC+01:00 (in 3 days)`. */
  future(time: string): string;
  /** Returns how long ago something happened: `3 minutes ago`, or its date after 48 hours. A pipe gets the time instead. */
  ago(time: string): string;
  /** Like `ago`, but `3m ago` if the words exceed `width` columns. */
  fitAgo(time: string, width: number): string;
  /** Returns the date on which something expires: `2 Mar 2027`, or `never`. The end of a day in UTC is that date in every zone. A pipe gets the time instead. */
  expiryDate(time: string | null): string;
  /** Like `expiryDate`. Within 30 days, how far away that is follows: `2 Mar 2027 (in 3 days)`. */
  expiry(time: string | null): string;
  /** Returns a date within a sentence: `2 March 2027`. */
  dateInWords(time: string): string;
  /** Returns when something expires, for a sentence: `on 2 March 2027`, within 7 days `on 2 March 2027 (in 6 hours)`, or `never`. */
  expiryInWords(time: string | null): string;
}

/** Returns the times for standard output or standard error. */
export function timesFor(stream: OutputStream, ctx: Pick<Context, 'now' | 'timeZone'>): Times {
  const now = ctx.now();
  const times = stream.isTTY ? localTimes(ctx.timeZone) : utcTimes;
  // East of UTC, the end of that day is on the next day. Show the date that the person gave.
  const datesOf = (time: string) => (stream.isTTY && isEndOfDay(time) ? localTimes('UTC') : times);
  const isRecent = (time: string) => now.getTime() - Date.parse(time) <= relativeWithinMs;
  const ago = (time: string) => (isRecent(time) ? timeAgo(time, now) : times.date(time));
  const withHint = (text: string, time: string) => {
    const hint = expiryHint(time, now);
    return hint === null ? text : `${text} (${hint})`;
  };
  const expiryDate = (time: string | null) => (time === null ? 'never' : datesOf(time).date(time));
  return {
    exact: times.exact,
    toTheSecond: times.toTheSecond,
    past: (time) => `${times.exact(time)} (${timeAgo(time, now)})`,
    future: (time) => `${times.exact(time)} (${relativeTime(time, now)})`,
    ago: stream.isTTY ? ago : times.exact,
    fitAgo: (time, width) => (ago(time).length > width && isRecent(time) ? timeAgo(time, now, 'narrow') : ago(time)),
    expiryDate,
    expiry: (time) => (time === null ? 'never' : withHint(expiryDate(time), time)),
    dateInWords: times.dateInWords,
    expiryInWords: (time) => {
      if (time === null) return 'never';
      if (!stream.isTTY) return `at ${time}`;
      const date = `on ${datesOf(time).dateInWords(time)}`;
      return Date.parse(time) - now.getTime() <= weekMs ? withHint(date, time) : date;
    },
  };
}

type Format = (time: string) => string;
type Formats = Record<'exact' | 'toTheSecond' | 'date' | 'dateInWords', Format>;

/** The server sends RFC 3339 in UTC, which `cli/api/shapes.ts` checks. */
const unchanged: Format = (time) => time;
const utcTimes: Formats = {
  exact: unchanged,
  toTheSecond: unchanged,
  date: unchanged,
  dateInWords: (time) => dateOf(time, 'long', 'UTC'),
};

function localTimes(timeZone: string | undefined): Formats {
  const withClock = (time: string, form: Intl.DateTimeFormatOptions) => {
    const { hour, minute, second } = partsOf(time, { hour: '2-digit', hourCycle: 'h23', ...form }, timeZone);
    const clock = [hour, minute, second].filter((part) => part !== undefined).join(':');
    return `${dateOf(time, 'short', timeZone)}, ${clock} ${offsetAt(time, timeZone)}`;
  };
  return {
    exact: (time) => withClock(time, { minute: '2-digit' }),
    toTheSecond: (time) => withClock(time, { minute: '2-digit', second: '2-digit' }),
    date: (time) => dateOf(time, 'short', timeZone),
    dateInWords: (time) => dateOf(time, 'long', timeZone),
  };
}

/** Returns whether a time is the end of a day in UTC: the expiry that a person gave as a date. */
function isEndOfDay(time: string): boolean {
  return new Date(time).toISOString().endsWith('T23:59:59.999Z');
}

function dateOf(time: string, month: 'short' | 'long', timeZone: string | undefined): string {
  const parts = partsOf(time, { day: 'numeric', month, year: 'numeric' }, timeZone);
  return `${parts.day} ${parts.month} ${parts.year}`;
}

/** Returns the difference from UTC at a time, such as `UTC-05:00` or `UTC`. For UTC itself, some versions of Node.js write `GMT`, others `GMT+00:00`. */
function offsetAt(time: string, timeZone: string | undefined): string {
  const { timeZoneName = '' } = partsOf(time, { timeZoneName: 'longOffset' }, timeZone);
  const offset = timeZoneName.replace('GMT', '');
  return offset === '+00:00' ? 'UTC' : `UTC${offset}`;
}

/** Takes a time apart in a time zone. American English has the months that the console shows. */
function partsOf(
  time: string,
  form: Intl.DateTimeFormatOptions,
  timeZone: string | undefined,
): Partial<Record<Intl.DateTimeFormatPartTypes, string>> {
  const format = new Intl.DateTimeFormat('en-US', { ...form, ...(timeZone !== undefined && { timeZone }) });
  return Object.fromEntries(format.formatToParts(new Date(time)).map(({ type, value }) => [type, value]));
}
