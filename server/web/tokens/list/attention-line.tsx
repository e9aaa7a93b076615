import { count } from '../../../../shared/count.ts';
import { formatUrl } from '../../shell/page-url.ts';
import type { FilterValues } from '../all/token-filters.ts';
import { attention, type ListCounts, maxCount } from './attention.ts';

interface AttentionLineProps {
  /** Path of the list. */
  path: string;
  /** The filters that the links keep: whose tokens the list has. */
  kept?: FilterValues;
  counts: ListCounts;
}

/** The line above a list of tokens: how many match, and how many need attention. Each of these numbers is a filter. */
export function AttentionLine({ path, kept = {}, counts }: AttentionLineProps) {
  return (
    <p class="attention">
      <span>{counts.total > maxCount ? `${maxCount.toLocaleString('en')}+ tokens` : count(counts.total, 'token')}</span>
      {attention.map(({ values, words }, index) => {
        const found = counts.attention[index] ?? 0;
        return found === 0 ? null : (
          <a href={formatUrl({ path, query: { ...kept, ...values } })}>{words(shown(found), found === 1)}</a>
        );
      })}
    </p>
  );
}

function shown(found: number): string {
  return found > maxCount ? `${maxCount.toLocaleString('en')}+` : found.toLocaleString('en');
}
