import { parseDuration } from '../../shared/duration.ts';
import { localError } from '../errors.ts';

const datePattern = /^\d{4}-\d{2}-\d{2}$/;
const timePattern = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/i;

export type Expiry = { expires_in: number | null } | { expires_at: string };

/** `--expires`: `30m`, `12h`, `90d`, `1y`, `never`, a date (which ends that day in UTC) or an RFC 3339 time. */
export function parseExpiry(text: string): Expiry {
  if (text === 'never') return { expires_in: null };
  const seconds = parseDuration(text);
  if (seconds !== null) return { expires_in: seconds };
  const time = parseDay(text, '23:59:59.999') ?? parseTime(text);
  if (time !== null) return { expires_at: time };
  throw notATime('--expires', text, '30m, 12h, 90d, 1y, 2027-01-31, 2027-01-31T12:00:00Z or never');
}

/** `--since`: so long before `now`, or a date (from its start in UTC) or an RFC 3339 time. Answers RFC 3339. */
export function parseSince(text: string, now: Date): string {
  const seconds = parseDuration(text);
  if (seconds !== null) return new Date(Math.max(0, now.getTime() - seconds * 1000)).toISOString();
  const time = parseDay(text, '00:00:00.000') ?? parseTime(text);
  if (time !== null) return time;
  throw notATime('--since', text, '12h, 7d, 2027-01-31 or 2027-01-31T12:00:00Z');
}

function parseDay(text: string, time: string): string | null {
  return datePattern.test(text) && isCalendarDay(text) ? `${text}T${time}Z` : null;
}

function parseTime(text: string): string | null {
  const day = timePattern.exec(text)?.[1];
  if (day === undefined || !isCalendarDay(day) || Number.isNaN(Date.parse(text))) return null;
  return new Date(text).toISOString();
}

/** `Date` takes 30 February for 2 March. */
function isCalendarDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

function notATime(option: string, text: string, examples: string) {
  return localError('usage', `${option} does not take "${text}". Write ${examples}.`);
}
