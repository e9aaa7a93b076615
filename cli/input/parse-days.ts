import { localError } from '../errors.ts';

/** Returns the value of `--days` of a command about usage. @throws CliError `usage` */
export function parseUsageDays(days: string): string {
  if (/^(?:[1-9][0-9]?|[1-3][0-9]{2}|400)$/.test(days)) return days;
  throw localError('usage', '--days must be a whole number from 1 to 400.');
}
