import type { TokenRecord } from '../../../store/records.ts';

/** Marks a canary whose value somebody presented, which only a leak reveals. Renders nothing for every other token. */
export function UsedCanaryBadge({ token: { canary, lastUse } }: { token: Pick<TokenRecord, 'canary' | 'lastUse'> }) {
  return canary && lastUse !== null ? <span class="badge danger">canary used</span> : null;
}
