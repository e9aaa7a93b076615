import { FilterChips } from '../all/filter-form.tsx';
import type { FilterValues } from '../all/token-filters.ts';
import type { ListCounts } from './attention.ts';
import { AttentionLine } from './attention-line.tsx';
import { TokenFilters } from './token-filters.tsx';

interface OwnerListControlsProps {
  /** Path of the page of the owner. */
  path: string;
  filters: FilterValues;
  counts: ListCounts;
}

/** The filters, the chips and the line of attention above the tokens of one member or service account. */
export function OwnerListControls({ path, filters, counts }: OwnerListControlsProps) {
  return (
    <>
      <TokenFilters path={path} values={filters} total={counts.total} withStatus />
      <FilterChips path={path} values={filters} errors={{}} />
      <AttentionLine path={path} kept={filters.sort ? { sort: filters.sort } : {}} counts={counts} />
    </>
  );
}
