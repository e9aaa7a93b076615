import { parseDuration } from '../../shared/times/duration.ts';
import { localError } from '../errors.ts';

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const timePattern = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

export type Expiry = { expires_in: number | null } | { expires_at: string };

/**
 * Parses `--expires`: `30m`, `12h`, `90d`, `1y`, `never`, a date (the end of that day in UTC) or an RFC 3339 time.
 * @throws CliError `usage`.
 */
export function parseExpiry(text: string): Expiry {
  if (text === 'never') return { expires_in: null };
  const seconds = parseDuration(text);
  if (seconds !== null) return { expires_in: seconds };
  const time = parseDate(text, '23:59:59.999') ?? parseTime(text);
  if (time !== null) return { expires_at: time };
  throw invalidTime('--expires', text, '30m, 12h, 90d, 1y, 2027-01-31, 2027-01-31T12:00:00Z or never');
}

/** Parses `--overlap`: a duration, or `0`. Returns seconds. @throws CliError `usage`. */
export function parseOverlap(text: string): number {
  const seconds = text === '0' ? 0 : parseDuration(text);
  if (seconds !== null) return seconds;
  throw invalidTime('--overlap', text, '30m, 24h, 7d or 0');
}

/** Parses the `--until` of a pause: a date (the start of that day in UTC) or an RFC 3339 time. @throws CliError `usage`. */
export function parseUntil(text: string): string {
  const time = parseDate(text, '00:00:00.000') ?? parseTime(text);
  if (time !== null) return time;
  throw invalidTime('--until', text, '2027-01-31 or 2027-01-31T12:00:00Z');
}

/** Parses the duration in an option such as `--for`. Returns seconds. @throws CliError `usage`. */
export function parseSeconds(option: string, text: string): number {
  const seconds = parseDuration(text);
  if (seconds !== null) return seconds;
  throw invalidTime(option, text, '30m, 12h, 2d or 1w');
}

export interface PeriodOptions {
  since?: string;
  until?: string;
}

/**
 * Parses `--since` and `--until` of a list of events: a duration before `now`, a date in UTC or an RFC 3339 time. Both dates are part of the
 * period. Returns RFC 3339 times. The server leaves out events at the time `until` and later.
 * @throws CliError `usage`, also if the period ends before it begins
 */
export function parsePeriod({ since, until }: PeriodOptions, now: Date): PeriodOptions {
  const period = {
    ...(since !== undefined && { since: parseBound('--since', since, now) }),
    ...(until !== undefined && { until: parseBound('--until', until, now) }),
  };
  if (period.since !== undefined && period.until !== undefined && period.until < period.since) {
    throw localError('usage', `--until ${until} is before --since ${since}. Give the earlier time to --since.`);
  }
  return period;
}

function parseBound(option: '--since' | '--until', text: string, now: Date): string {
  const seconds = parseDuration(text);
  if (seconds !== null) return new Date(Math.max(0, now.getTime() - seconds * 1000)).toISOString();
  const day = parseDate(text, '00:00:00.000');
  const time = day === null ? parseTime(text) : option === '--since' ? day : nextDay(day);
  if (time !== null) return time;
  throw invalidTime(option, text, '12h, 7d, 2027-01-31 or 2027-01-31T12:00:00Z');
}

function nextDay(time: string): string {
  const date = new Date(time);
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString();
}

function parseDate(text: string, time: string): string | null {
  return datePattern.test(text) && isCalendarDate(text) ? `${text}T${time}Z` : null;
}

function parseTime(text: string): string | null {
  const date = timePattern.exec(text)?.[1];
  if (date === undefined || !isCalendarDate(date) || Number.isNaN(Date.parse(text))) return null;
  return new Date(text).toISOString();
}

/** Returns whether the date exists. `Date` alone would turn 30 February into 2 March. */
function isCalendarDate(text: string): boolean {
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function invalidTime(option: string, text: string, examples: string) {
  return localError('usage', `${option} cannot be "${text}". Use ${examples}.`);
}
