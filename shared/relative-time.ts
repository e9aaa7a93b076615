const units = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** `3 minutes ago` or `in 2 days`, in the largest unit that fits at least once. `time` is RFC 3339. */
export function relativeTime(time: string, now: Date): string {
  const seconds = Math.trunc((Date.parse(time) - now.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat('en');
  for (const [unit, length] of units) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(seconds === 0 ? -0 : seconds, 'second');
}

/** As `relativeTime` for something that has happened: a clock that runs behind the server's never shows the future. */
export function timeAgo(time: string, now: Date): string {
  return relativeTime(Date.parse(time) > now.getTime() ? now.toISOString() : time, now);
}
