import { auditActions } from '../../../shared/audit-actions.ts';
import { actionLabels } from '../../domain/audit-labels.ts';
import { Field, SearchField } from '../shell/components/form.tsx';
import { descriptionOf, Labelled } from '../shell/components/labelled.tsx';
import { type FilterValues, isFiltered } from './audit-filter.ts';

interface EventFiltersProps {
  /** Path of the list. */
  path: string;
  values: FilterValues;
  /** A message for each field that was refused. */
  errors: Partial<FilterValues>;
  /** Whether the list has the events of everybody. Otherwise it has those of its reader. */
  readsAll?: boolean;
}

/** The filters of a list of events. */
export function EventFilters({ path, values, errors, readsAll = false }: EventFiltersProps) {
  const action = { label: 'Action', name: 'action', error: errors.action };
  const search = (label: string, name: 'user' | 'actor' | 'owner' | 'target' | 'ip') => (
    <SearchField label={label} name={name} value={values[name]} error={errors[name]} />
  );
  return (
    <form class={readsAll ? 'filters many' : 'filters'} method="get" action={path} aria-label="Filter events">
      {readsAll && search('Actor', 'actor')}
      {readsAll && search('Owner', 'owner')}
      {search('Target or prefix', 'target')}
      <Labelled {...action}>
        <select id="action" name="action" {...descriptionOf(action)}>
          <option value="">All</option>
          {auditActions.map((name) => (
            <option value={name} selected={name === values.action}>
              {actionLabels[name]}
            </option>
          ))}
        </select>
      </Labelled>
      {readsAll && search('IP or network', 'ip')}
      <div class="range">
        <Field label="From (UTC)" name="from" type="date" value={values.from} error={errors.from} />
        <Field label="Until (UTC)" name="until" type="date" value={values.until} error={errors.until} />
      </div>
      {/* This field comes last, so that the other fields keep their places when a link has set it. */}
      {values.user !== '' && search('Actor, owner or target', 'user')}
      <button type="submit">Filter</button>
      {isFiltered(values) && (
        <a class="button" href={path}>
          Clear
        </a>
      )}
    </form>
  );
}
