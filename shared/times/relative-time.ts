const minuteSeconds = 60;
const hourSeconds = 60 * minuteSeconds;
const daySeconds = 24 * hourSeconds;
const units = [
  ['year', 365 * daySeconds],
  ['month', 30 * daySeconds],
  ['day', daySeconds],
  ['hour', hourSeconds],
  ['minute', minuteSeconds],
] as const;

/** Times within this distance are relative; others are dates. */
export const relativeWithinMs = 2 * daySeconds * 1000;
/** How far away an expiry is stands next to its date within this distance. */
const hintWithinMs = 30 * daySeconds * 1000;

export type TimeStyle = 'long' | 'narrow';

/**
 * Formats an RFC 3339 time relative to now, in the largest unit that fits: `3 minutes ago`, `in 2 days`, `now`. The narrow
 * style is `3m ago`. Past times are rounded down and future times to the nearest unit, so that a token created for 90 days
 * expires in 3 months, not in 2. A future time that rounds to a whole larger unit is in that unit: `in 1 hour`, not `in 60 minutes`.
 */
export function relativeTime(time: string, now: Date, style: TimeStyle = 'long'): string {
  const seconds = Math.trunc((Date.parse(time) - now.getTime()) / 1000);
  const whole = seconds < 0 ? Math.trunc : Math.round;
  const format = new Intl.RelativeTimeFormat('en', { style });
  for (const [index, [unit, length]] of units.entries()) {
    const smaller = units[index + 1]?.[1] ?? 1;
    if (Math.abs(whole(seconds / smaller) * smaller) >= length) return format.format(whole(seconds / length), unit);
  }
  return seconds === 0 ? 'now' : format.format(seconds, 'second');
}

/** Formats a past time. If this machine's clock is behind the server's, returns `now` instead of a future time. */
export function timeAgo(time: string, now: Date, style: TimeStyle = 'long'): string {
  return relativeTime(Date.parse(time) > now.getTime() ? now.toISOString() : time, now, style);
}

/** Returns how far away an expiry is, such as `in 6 days`, for a place next to its date. Null for an expiry in the past or in more than 30 days. */
export function expiryHint(time: string, now: Date): string | null {
  const left = Date.parse(time) - now.getTime();
  if (left <= 0 || left > hintWithinMs) return null;
  return left > relativeWithinMs ? `in ${Math.round(left / (daySeconds * 1000))} days` : relativeTime(time, now);
}
