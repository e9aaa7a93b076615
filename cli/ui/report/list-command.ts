import type { TokenFilterQuery } from '../../../shared/tokens/report.ts';

/** Returns the command that lists the tokens of all members that these parameters select. */
export function listCommand(query: TokenFilterQuery): string {
  const { status, never_used, unused_for, no_expiry, unrotated_for, expiring_within, denied_within, canaries } = query;
  const words = [
    'tokens list --all',
    ...(status === undefined ? [] : [`--status ${status}`]),
    ...(canaries === undefined ? [] : [canaryOptions[canaries]]),
    ...(never_used ? ['--never-used'] : []),
    ...(unused_for === undefined ? [] : [`--unused ${duration(unused_for)}`]),
    ...(no_expiry ? ['--no-expiry'] : []),
    ...(unrotated_for === undefined ? [] : [`--unrotated ${duration(unrotated_for)}`]),
    ...(expiring_within === undefined ? [] : [`--expiring ${duration(expiring_within)}`]),
    ...(denied_within === undefined ? [] : [`--denied-within ${duration(denied_within)}`]),
  ];
  return words.join(' ');
}

const canaryOptions = { false: '--no-canaries', only: '--canaries', used: '--used-canaries' } as const;

/** Returns seconds as an option takes them, in days if possible. */
function duration(seconds: number): string {
  return seconds % 86_400 === 0 ? `${seconds / 86_400}d` : `${seconds}s`;
}
