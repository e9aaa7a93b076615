import { coversLine, parseAllowLine } from '../allow-line.ts';
import { coversNetwork, parseNetwork } from '../networks.ts';
import type { ParsedRules } from '../token-rules.ts';
import { isWithin } from '../widens.ts';
import type { Coverage, Omission, Suggestion } from './suggest.ts';

/**
 * Leaves out each suggested rule that would allow something that the token's present rule denies, because paths and networks are
 * recorded less precisely than a rule can be. `present` holds names of apps instead of IDs. It is null if the token has no rules,
 * or if they are not enforced.
 */
export function withinPresentRules(suggestion: Suggestion, present: ParsedRules | null): Suggestion {
  if (present === null) return suggestion;
  const { apps, allow, networks } = suggestion;
  const wider: Record<'apps' | 'allow' | 'networks', boolean> = {
    apps: apps !== null && !isWithin(present.apps && [...present.apps], apps, (one, other) => one === other),
    allow: allow !== null && !isWithin(present.allow, allow.map(parseAllowLine), coversLine),
    networks: networks !== null && !isWithin(present.networks, networks.map(parseNetwork), coversNetwork),
  };
  const leftOut = [
    ...(wider.apps ? (apps ?? []) : []),
    ...(wider.allow ? (allow ?? []) : []),
    ...(wider.networks ? (networks ?? []) : []),
  ];
  const kept = ({ rule }: Coverage) => !leftOut.includes(rule);
  const omitted = (['apps', 'allow', 'networks'] as const)
    .filter((rule) => wider[rule])
    .map((rule): Omission => ({ rule, reason: 'present-rule' }));
  return {
    ...suggestion,
    apps: wider.apps ? null : apps,
    allow: wider.allow ? null : allow,
    networks: wider.networks ? null : networks,
    covers: suggestion.covers.filter(kept),
    omitted: [...suggestion.omitted, ...omitted],
  };
}
