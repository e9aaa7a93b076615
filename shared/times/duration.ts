const secondsIn = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, y: 31_536_000 } as const;

/** Returns the seconds in a duration such as `90s`, `30m`, `12h`, `90d`, `2w` or `1y` (365 days), else null. */
export function parseDuration(text: string): number | null {
  const match = /^([1-9][0-9]{0,9})([smhdwy])$/.exec(text);
  if (!match) return null;
  const seconds = Number(match[1]) * secondsIn[match[2] as keyof typeof secondsIn];
  return Number.isSafeInteger(seconds) ? seconds : null;
}

/** Formats seconds so that `parseDuration` reads them again, in the largest unit that leaves no rest: `90d`, `36h`, `1y`. */
export function formatDuration(seconds: number): string {
  for (const unit of ['y', 'd', 'h', 'm'] as const) {
    if (seconds % secondsIn[unit] === 0) return `${seconds / secondsIn[unit]}${unit}`;
  }
  return `${seconds}s`;
}
