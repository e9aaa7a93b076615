import { relativeTime, timeAgo } from '../../shared/relative-time.ts';
import type { Context, OutputStream } from '../context.ts';

const dayMs = 24 * 60 * 60 * 1000;

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
  /** Returns how long ago something happened: `3 minutes ago`. A pipe gets the time instead. */
  ago(time: string): string;
  /** Returns how far away something is: `in 3 days`. A pipe gets the time instead. */
  ahead(time: string): string;
  /** Returns when something expires, as a date: `2 Mar 2027 (in 3 days)`, or `never`. */
  expiry(time: string | null): string;
  /** Returns a date within a sentence: `2 March 2027`. */
  dateInWords(time: string): string;
  /**
   * Returns when something expires, for a sentence: `in 6 hours` within 48 hours, because a date would not tell it, else `on 2 March 2027`; or
   * `never`.
   */
  expiryInWords(time: string | null): string;
}

/** Returns the times for standard output or standard error. */
export function timesFor(stream: OutputStream, ctx: Pick<Context, 'now' | 'timeZone'>): Times {
  const now = ctx.now();
  const times = stream.isTTY ? localTimes(ctx.timeZone) : utcTimes;
  const ago = (time: string) => timeAgo(time, now);
  const ahead = (time: string) => relativeTime(time, now);
  return {
    exact: times.exact,
    toTheSecond: times.toTheSecond,
    past: (time) => `${times.exact(time)} (${ago(time)})`,
    future: (time) => `${times.exact(time)} (${ahead(time)})`,
    ago: stream.isTTY ? ago : times.exact,
    ahead: stream.isTTY ? ahead : times.exact,
    expiry: (time) => (time === null ? 'never' : `${times.date(time)} (${ahead(time)})`),
    dateInWords: times.dateInWords,
    expiryInWords: (time) => {
      if (time === null) return 'never';
      if (!stream.isTTY) return `at ${time}`;
      return Date.parse(time) - now.getTime() <= 2 * dayMs ? ahead(time) : `on ${times.dateInWords(time)}`;
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
