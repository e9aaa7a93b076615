import { type Command, Option } from 'commander';
import type { TokenFilterQuery } from '../../../../shared/tokens/report.ts';
import { parseSeconds } from '../../../input/parse-time.ts';

export interface FilterOptions {
  unused?: string;
  neverUsed?: boolean;
  /** False with `--no-expiry`. */
  expiry?: boolean;
  unrotated?: string;
  expiring?: string;
  deniedWithin?: string;
  exchanged?: boolean;
  twoValues?: boolean;
  /** False with `--no-canaries`. */
  canaries?: boolean;
  usedCanaries?: boolean;
}

/** Adds the options that select tokens by their history, such as `--unused-for`. */
export function addFilterOptions(command: Command): Command {
  return command
    .option(
      '--unused <duration>',
      'Tokens not used within this time (30m, 12h, 60d, 1y); never used ones must be older',
    )
    .option('--never-used', 'Tokens that were never used')
    .option('--no-expiry', 'Tokens that never expire')
    .option('--unrotated <duration>', 'Tokens neither created nor rotated within this time')
    .option('--expiring <duration>', 'Tokens that expire within this time')
    .option('--denied-within <duration>', 'Tokens with which a request was denied within this time')
    .option('--two-values', 'Tokens whose value before the last rotation still works')
    .option('--canaries', 'Canaries only')
    .addOption(new Option('--used-canaries', 'Canaries only whose value somebody presented').conflicts('canaries'))
    .option('--no-canaries', 'Tokens that are no canaries')
    .option('--exchanged', 'Tokens that jobs received in exchange for identity tokens; other lists leave them out');
}

/** Returns the parameters that select the tokens. @throws CliError `usage`. */
export function filterOf(options: FilterOptions): TokenFilterQuery {
  const { unused, neverUsed, expiry, unrotated, expiring, deniedWithin, exchanged, twoValues } = options;
  const { canaries, usedCanaries } = options;
  return {
    ...(unused !== undefined && { unused_for: parseSeconds('--unused', unused) }),
    ...(neverUsed && { never_used: true }),
    ...(expiry === false && { no_expiry: true }),
    ...(unrotated !== undefined && { unrotated_for: parseSeconds('--unrotated', unrotated) }),
    ...(twoValues && { two_values: true }),
    ...(exchanged && { exchanged: true }),
    ...(canaries !== undefined && { canaries: canaries ? ('only' as const) : ('false' as const) }),
    ...(usedCanaries && { canaries: 'used' as const }),
    ...(deniedWithin !== undefined && { denied_within: parseSeconds('--denied-within', deniedWithin) }),
    ...(expiring !== undefined && { expiring_within: parseSeconds('--expiring', expiring) }),
  };
}

/** Returns the parameters as they stand in a URL. */
export function filterParameters({ status, ...filter }: TokenFilterQuery) {
  const { unused_for, never_used, no_expiry, unrotated_for, expiring_within, denied_within, exchanged, two_values } =
    filter;
  const { canaries } = filter;
  return {
    ...(status !== undefined && { status }),
    ...(unused_for !== undefined && { unused_for: String(unused_for) }),
    ...(never_used && { never_used: 'true' as const }),
    ...(no_expiry && { no_expiry: 'true' as const }),
    ...(two_values && { two_values: 'true' as const }),
    ...(exchanged && { exchanged: 'true' as const }),
    ...(canaries !== undefined && { canaries }),
    ...(unrotated_for !== undefined && { unrotated_for: String(unrotated_for) }),
    ...(denied_within !== undefined && { denied_within: String(denied_within) }),
    ...(expiring_within !== undefined && { expiring_within: String(expiring_within) }),
  };
}
