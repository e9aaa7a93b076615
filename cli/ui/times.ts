import { relativeTime } from '../../shared/relative-time.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** Returns the date of an RFC 3339 time in the time zone of this machine, as in `26 February 2027`. */
export function localDate(time: string): string {
  return new Date(time).toLocaleDateString('en-GB', { day: 'numeric', month: 'long', year: 'numeric' });
}

/** Says when a token expires: within 48 hours in hours or minutes, because a date would not tell it, else as a date. */
export function expiryPhrase(time: string, now: Date): string {
  const isSoon = Date.parse(time) - now.getTime() <= 2 * dayMs;
  return isSoon ? `It expires ${relativeTime(time, now)}.` : `It expires on ${localDate(time)}.`;
}
