import { InvalidArgumentError } from 'commander';

/** Parses `--limit`. */
export function parseLimit(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}
