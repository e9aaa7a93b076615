const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export type TimeStyle = 'long' | 'narrow';

/**
 * Formats an RFC 3339 time relative to now, in the largest unit that fits: `3 minutes ago`, `in 2 days`, `now`. The narrow
 * style is `3m ago`. Past times are rounded down and future times to the nearest unit, so that a token created for 90 days
 * expires in 3 months, not in 2.
 */
export function relativeTime(time: string, now: Date, style: TimeStyle = 'long'): string {
  const seconds = Math.trunc((Date.parse(time) - now.getTime()) / 1000);
  const whole = seconds < 0 ? Math.trunc : Math.round;
  const format = new Intl.RelativeTimeFormat('en', { style });
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(whole(seconds / length), unit);
  }
  return seconds === 0 ? 'now' : format.format(seconds, 'second');
}

/** Formats a past time. If this machine's clock is behind the server's, returns `now` instead of a future time. */
export function timeAgo(time: string, now: Date, style: TimeStyle = 'long'): string {
  return relativeTime(Date.parse(time) > now.getTime() ? now.toISOString() : time, now, style);
}

/** Formats a past time in the long style, or in the narrow style if that exceeds `width` characters. */
export function fitTimeAgo(time: string, now: Date, width: number): string {
  const long = timeAgo(time, now);
  return long.length <= width ? long : timeAgo(time, now, 'narrow');
}

/** Formats any time in the long style, or in the narrow style if that exceeds `width` characters. */
export function fitRelativeTime(time: string, now: Date, width: number): string {
  const long = relativeTime(time, now);
  return long.length <= width ? long : relativeTime(time, now, 'narrow');
}
