import { coversLine } from './allow-line.ts';
import { coversNetwork } from './networks.ts';
import type { ParsedRules } from './token-rules.ts';

/**
 * Reports whether a change of rules may allow a request that the former rules denied. Null: no rules. Returns true in doubt,
 * because the owner is then told about the change: each new line must be covered by a single former one.
 */
export function widensRules(from: ParsedRules | null, to: ParsedRules | null): boolean {
  if (from === null || !from.enforce) return false;
  if (to === null || !to.enforce) return true;
  return (
    (from.readOnly && !to.readOnly) ||
    !isWithin(from.apps && [...from.apps], to.apps && [...to.apps], (wide, narrow) => wide === narrow) ||
    !isWithin(from.allow, to.allow, coversLine) ||
    !isWithin(from.networks, to.networks, coversNetwork)
  );
}

/** Reports whether each new entry is covered by a former one. Null: no such rule, so that everything is allowed. */
export function isWithin<T>(
  from: readonly T[] | null,
  to: readonly T[] | null,
  covers: (wide: T, narrow: T) => boolean,
): boolean {
  if (from === null) return true;
  return to?.every((entry) => from.some((former) => covers(former, entry))) ?? false;
}
