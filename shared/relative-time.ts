const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

export type TimeStyle = 'long' | 'narrow';

/**
 * `3 minutes ago`, `in 2 days` or `now`, in the largest unit that fits at least once; narrow: `3m ago`. `time` is RFC 3339.
 * What is to come is rounded: 90 days that have just begun are 3 months.
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

/** As `relativeTime` for something that has happened: a clock that runs behind the server's never shows the future. */
export function timeAgo(time: string, now: Date, style: TimeStyle = 'long'): string {
  return relativeTime(Date.parse(time) > now.getTime() ? now.toISOString() : time, now, style);
}

/** As `timeAgo`, narrow where the long form is wider than `width`. */
export function fitTimeAgo(time: string, now: Date, width: number): string {
  const long = timeAgo(time, now);
  return long.length <= width ? long : timeAgo(time, now, 'narrow');
}
