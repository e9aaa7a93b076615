import { count } from '../../../shared/count.ts';
import type { Config } from '../../config/config.ts';

const day = 24 * 60 * 60;
const standardLifetimes = [30 * day, 90 * day, 365 * day];

/** The expiry choices of the form for a new token, limited by the organization's policy. */
export interface ExpiryChoices {
  /** In seconds, ascending. */
  lifetimes: number[];
  /** The lifetime that is selected initially, in seconds. */
  preselected: number;
  /** First and last date (UTC) on which a token may expire; null if the policy allows no whole day. */
  dates: { first: string; last: string | undefined } | null;
  /** Whether a token without expiry is allowed. */
  never: boolean;
  /** When the choices were computed, in milliseconds. */
  now: number;
}

/** The bounds of the expiry of new tokens, in seconds. */
export type ExpiryPolicyChoices = Pick<Config, 'maxExpiry' | 'defaultExpiry'>;

/** Returns the choices at the time `now`, in milliseconds since the epoch. */
export function expiryChoices(policy: ExpiryPolicyChoices, now: number): ExpiryChoices {
  const { maxExpiry, defaultExpiry } = policy;
  const max = maxExpiry ?? Number.POSITIVE_INFINITY;
  const preselected = defaultExpiry ?? Math.min(90 * day, max);
  const lifetimes = [...new Set([...standardLifetimes, preselected])]
    .filter((seconds) => seconds <= max)
    .sort((a, b) => a - b);
  const first = dateOf(now);
  const last = maxExpiry === null ? undefined : lastWholeDay(now + maxExpiry * 1000);
  const dates = last === undefined || first <= last ? { first, last } : null;
  return { lifetimes, preselected, dates, never: maxExpiry === null, now };
}

/** Returns the last date (UTC) that has ended by the time `at`. */
function lastWholeDay(at: number): string {
  return dateOf(at + 1 - day * 1000);
}

function dateOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}

/** Formats a lifetime in the largest unit that divides it evenly: `30 days`, `12 hours`, `90 seconds`. */
export function formatLifetime(seconds: number): string {
  const units = [
    ['day', day],
    ['hour', 3600],
    ['minute', 60],
  ] as const;
  const [unit, length] = units.find(([, length]) => seconds % length === 0) ?? ['second', 1];
  return count(seconds / length, unit);
}
