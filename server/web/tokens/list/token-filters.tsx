import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import { SearchField } from '../../shell/components/form.tsx';
import { Choice, durationOption, OrderField } from '../all/filter-form.tsx';
import type { FilterErrors, FilterValues } from '../all/token-filters.ts';

const expiryOptions = [7, 30, 90].map((days) => durationOption(days * 86_400));
const statuses = tokenStatusSchema.options.map((status) => ({ value: status, text: status }));

interface TokenFiltersProps {
  /** Path of the list. */
  path: string;
  values: FilterValues;
  errors?: FilterErrors;
  /** Number of tokens that match. */
  total: number;
  /** Whether the list can be filtered by status. */
  withStatus?: boolean;
}

/** The form above the list of an owner's tokens: its filters, and its order. */
export function TokenFilters({ path, values, errors = {}, total, withStatus = false }: TokenFiltersProps) {
  return (
    <search>
      <form method="get" action={path} class="filters">
        <SearchField label="Name or prefix" name="q" value={values.q} error={errors.q} />
        {withStatus && <Choice label="Status" name="status" options={statuses} values={values} errors={errors} />}
        <Choice label="Expires within" name="expiring_within" options={expiryOptions} values={values} errors={errors} />
        <OrderField values={values} errors={errors} total={total} />
        <button type="submit">Search</button>
      </form>
    </search>
  );
}
