const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** Formats the UTC date of a time in milliseconds: `3 Mar 2027`. */
export function formatDate(at: number): string {
  const time = new Date(at);
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
}

/** Formats a time in milliseconds to the minute: `3 Mar 2027, 14:05 UTC`. */
export function formatMinute(at: number): string {
  return `${formatDate(at)}, ${new Date(at).toISOString().slice(11, 16)} UTC`;
}
