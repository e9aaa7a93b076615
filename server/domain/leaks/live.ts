import type { HashMatch, StatusContext } from '../../store/records.ts';
import { type ValueStatus, valueStatus } from '../tokens/status.ts';

const ended: ReadonlySet<ValueStatus> = new Set(['revoked', 'rotated', 'expired']);

/**
 * Reports whether scanners are told that a value is live: it works, or could work again, because a paused token can be resumed
 * and a disabled owner enabled. A canary counts as live, so that nobody can tell it from a token that works.
 */
export function isLive(match: HashMatch, context: StatusContext): boolean {
  return match.kind === 'canary' || !ended.has(valueStatus(match, context));
}
