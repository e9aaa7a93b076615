import { ClockOf } from '../../shell/components/time.tsx';
import { formatUrl } from '../../shell/page-url.ts';
import type { FilterValues } from '../all/token-filters.ts';
import { type AttentionName, attention, type ListCounts, maxCount, shownCount } from './attention.ts';

interface AttentionLineProps {
  /** Path of the list. */
  path: string;
  /** The filters that the links keep: whose tokens the list has. */
  kept?: FilterValues;
  counts: ListCounts;
}

/** The words of each count, after its number. The first of two is for one token. */
const words: Readonly<Record<AttentionName, readonly [one: string, more: string]>> = {
  canaries: ['of them a canary', 'of them canaries'],
  usedCanaries: ['canary was used', 'canaries were used'],
  expiring: ['expires within 7 days', 'expire within 7 days'],
  expiringIn30Days: ['expires within 30 days', 'expire within 30 days'],
  denied: ['denied in 24 hours', 'denied in 24 hours'],
  twoValues: ['has two values', 'have two values'],
  neverExpiring: ['never expires', 'never expire'],
};

const looks: Partial<Record<AttentionName, string>> = {
  usedCanaries: 'alarm',
  canaries: 'aside',
  expiringIn30Days: 'aside',
};

/** The line above a list of tokens: how many match, and how many need attention. Each of these numbers is a filter. */
export function AttentionLine({ path, kept = {}, counts }: AttentionLineProps) {
  const { total, attention: found, asOf = null } = counts;
  const noun = total === 1 ? 'token' : 'tokens';
  // The list itself says that nothing matches.
  if (total === 0 && found === null) return null;
  return (
    <p class="attention">
      <span>
        {shownCount(total)} {found === null ? `${noun} ${total === 1 ? 'matches' : 'match'}` : noun}
      </span>
      {found !== null &&
        shownNames(found).map((name) => (
          <a class={looks[name]} href={formatUrl({ path, query: { ...kept, ...attention[name].values } })}>
            {shownCount(found[name])} {words[name][found[name] === 1 ? 0 : 1]}
          </a>
        ))}
      {asOf !== null && (
        <span>
          as of <ClockOf at={asOf} />
        </span>
      )}
    </p>
  );
}

/** Returns the counts to show. Leaves out those that expire within 30 days if all of them expire within 7. */
function shownNames(found: Record<AttentionName, number>): AttentionName[] {
  const isRepeated = found.expiringIn30Days === found.expiring && found.expiring <= maxCount;
  return (Object.keys(words) as AttentionName[]).filter(
    (name) => found[name] > 0 && !(name === 'expiringIn30Days' && isRepeated),
  );
}
