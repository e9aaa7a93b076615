import type { EndedToken } from './ended-tokens.ts';

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** Says how a token ended: `ci-pipeline was revoked by ada@example.com on 3 March 2027.` The date is in UTC, unless `dateOf` writes another. */
export function endSentence(
  { name, reason, ended_at, ended_by }: Pick<EndedToken, 'name' | 'reason' | 'ended_at' | 'ended_by'>,
  dateOf: (time: string) => string = dateInUtc,
): string {
  const on = `on ${dateOf(ended_at)}`;
  if (reason === 'expired') return `${name} expired, and was removed ${on}.`;
  if (reason === 'idle') return `${name} was not used for a long time, and was removed ${on}.`;
  return `${name} was revoked ${ended_by === null ? '' : `by ${ended_by} `}${on}.`;
}

function dateInUtc(text: string): string {
  const time = new Date(text);
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]} ${time.getUTCFullYear()}`;
}
