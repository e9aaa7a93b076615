import type { Config } from '../../config/config.ts';

const day = 24 * 60 * 60;
const usual = [30 * day, 90 * day, 365 * day];

/** What the form for a new token offers within the organization's policy. */
export interface ExpiryChoices {
  /** Seconds, ascending. */
  lifetimes: number[];
  /** One of the lifetimes. */
  preselected: number;
  /** The first and the last day (UTC) that a token may end on; null: no day is left. */
  days: { first: string; last: string | undefined } | null;
  never: boolean;
}

/** `now` in milliseconds since the epoch. */
export function expiryChoices(policy: Pick<Config, 'maxExpiry' | 'defaultExpiry'>, now: number): ExpiryChoices {
  const { maxExpiry, defaultExpiry } = policy;
  const longest = maxExpiry ?? Number.POSITIVE_INFINITY;
  const preselected = defaultExpiry ?? Math.min(90 * day, longest);
  const lifetimes = [...new Set([...usual, preselected])].filter((seconds) => seconds <= longest).sort((a, b) => a - b);
  const first = dayOf(now);
  const last = maxExpiry === null ? undefined : lastDay(now + maxExpiry * 1000);
  const days = last === undefined || first <= last ? { first, last } : null;
  return { lifetimes, preselected, days, never: maxExpiry === null };
}

/** The last day that ends, in UTC, no later than `at`; undefined beyond the years that a date field knows. */
function lastDay(at: number): string | undefined {
  return dayOf(at + 1 - day * 1000);
}

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** `30 days`, `12 hours`, `90 seconds`: in the largest unit that divides it. */
export function lifetimeInWords(seconds: number): string {
  const units = [
    ['day', day],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  const [unit, length] = units.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  const count = seconds / length;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
