import { FilterChips } from '../all/filter-form.tsx';
import { type FilterErrors, type FilterValues, isWrong } from '../all/token-filters.ts';
import type { ListCounts } from './attention.ts';
import { AttentionLine } from './attention-line.tsx';
import { TokenFilters } from './token-filters.tsx';

/** What the URL of a list asks for, and what is wrong with it. */
export interface OwnerListFilter {
  values: FilterValues;
  errors: FilterErrors;
}

interface OwnerListControlsProps extends OwnerListFilter {
  /** Path of the page of the owner. */
  path: string;
  counts: ListCounts;
}

/** The filters, the chips and the line of attention above the tokens of one member or service account. */
export function OwnerListControls({ path, values, errors, counts }: OwnerListControlsProps) {
  return (
    <>
      <TokenFilters path={path} values={values} errors={errors} total={counts.total} withStatus />
      <FilterChips path={path} values={values} errors={errors} />
      {!isWrong(errors) && (
        <AttentionLine path={path} kept={values.sort ? { sort: values.sort } : {}} counts={counts} />
      )}
    </>
  );
}
