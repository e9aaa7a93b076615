import { ProblemError } from '../../../../shared/problem.ts';
import { isInNetworks } from './networks.ts';
import { parseRules } from './token-rules.ts';

/**
 * Requires that a token may be used from an address at the API of the daemon itself. Null: the address is unknown, and a rule about
 * networks denies it. A rule that is not enforced allows every address.
 * @throws ProblemError `network-denied`
 */
export function requireTokenNetwork({ rules: stored }: { rules: string | null }, ip: string | null): void {
  if (stored === null) return;
  const rules = parseRules(stored);
  if (rules.networks === null || !rules.enforce) return;
  if (ip !== null && isInNetworks(rules.networks, ip)) return;
  throw new ProblemError(
    'network-denied',
    `The token may not be used from ${ip ?? 'an unknown address'}. Use it in one of its networks, or ask for a change of its rules.`,
  );
}
