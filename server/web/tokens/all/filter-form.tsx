import { tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import { fieldOf, type SortOrder } from '../../../../shared/tokens/sort.ts';
import { SearchField } from '../../shell/components/form.tsx';
import { descriptionOf, Labelled } from '../../shell/components/labelled.tsx';
import { Icon } from '../../shell/frame/icon.tsx';
import { formatUrl } from '../../shell/page-url.ts';
import { maxCount } from '../list/attention.ts';
import { allTokensPath } from './all-tokens-paths.ts';
import {
  canaryLabels,
  type FilterErrors,
  type FilterName,
  type FilterValues,
  filterLabel,
  inWords,
  orderLabels,
  selectingNames,
} from './token-filters.ts';

interface FilterProps {
  values: FilterValues;
  errors: FilterErrors;
}

const day = 86_400;
const defaultOrder = '-created';
const durations = [
  { name: 'expiring_within', label: 'Expires within', days: [1, 7, 30, 90] },
  { name: 'denied_within', label: 'Denied within', days: [1, 7, 30] },
  { name: 'unused_for', label: 'Not used for', days: [7, 30, 90, 180, 365] },
  { name: 'unrotated_for', label: 'Not rotated for', days: [30, 90, 180, 365] },
] as const;
const switches = [
  { name: 'two_values', label: 'Two values work' },
  { name: 'no_expiry', label: 'Never expires' },
  { name: 'never_used', label: 'Never used' },
  { name: 'exchanged', label: 'Received by jobs through a trust' },
] as const;

/** The form above the list of all tokens. Its rarer filters are folded away. */
export function FilterForm({ values, errors, total }: FilterProps & { total: number }) {
  const isOpen = [...durations, ...switches, { name: 'known_to' } as const, { name: 'app' } as const].some(
    ({ name }) => errors[name],
  );
  return (
    <search>
      <form method="get" action={allTokensPath} class="token-filters">
        <div class="filters">
          <SearchField label="Name or prefix" name="q" value={values.q} error={errors.q} />
          <SearchField
            label="Owner"
            name="owner"
            value={values.owner}
            error={errors.owner}
            placeholder="Email or service-account:NAME"
          />
          <Choice label="Status" name="status" options={statuses} values={values} errors={errors} />
          <OrderField values={values} errors={errors} total={total} />
          <button type="submit">Filter</button>
        </div>
        <details open={isOpen}>
          <summary>More filters</summary>
          <div class="filters">
            {durations.map(({ days, ...choice }) => (
              <Choice
                {...choice}
                options={days.map((number) => durationOption(number * day))}
                values={values}
                errors={errors}
              />
            ))}
            <Choice label="Canaries" name="canaries" options={canaryChoices} values={values} errors={errors} />
            <SearchField label="App" name="app" value={values.app} error={errors.app} />
            <SearchField
              label="Value known to"
              name="known_to"
              value={values.known_to}
              error={errors.known_to}
              placeholder="Email of a member"
            />
          </div>
          {switches.map(({ name, label }) => (
            <label class="inline">
              <input type="checkbox" name={name} value="true" checked={values[name] === 'true'} />
              {label}
            </label>
          ))}
        </details>
      </form>
    </search>
  );
}

/**
 * The order of a list. It is the only way to sort on a phone, where the table has no headings. A list of more than `maxCount`
 * tokens cannot be sorted by the last use, and does not offer that.
 */
export function OrderField({ values, errors, total }: FilterProps & { total: number }) {
  const isTooLong = total > maxCount || errors.sort !== undefined;
  const offered = Object.entries(orderLabels).filter(
    ([order]) => !(isTooLong && fieldOf(order as SortOrder).by === 'last_used') || order === values.sort,
  );
  const labelled = { label: 'Order', name: 'sort', error: errors.sort };
  return (
    <Labelled {...labelled}>
      <select id="sort" name="sort" {...descriptionOf(labelled)}>
        {offered.map(([order, label]) => (
          <option value={order === defaultOrder ? '' : order} selected={order === (values.sort ?? defaultOrder)}>
            {label}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

interface Option {
  value: string;
  text: string;
}

const statuses = [
  ...tokenStatusSchema.options.map((status): Option => ({ value: status, text: status })),
  { value: 'revoked', text: 'ended' },
];

const canaryChoices = Object.entries(canaryLabels).map(([value, text]): Option => ({ value, text }));

export function durationOption(seconds: number): Option {
  return { value: String(seconds), text: inWords(String(seconds)) };
}

/** A select with the offered values of a filter, and with the value of the URL if it is another one. */
export function Choice({
  label,
  name,
  options,
  values,
  errors,
}: FilterProps & { label: string; name: FilterName; options: Option[] }) {
  const current = values[name];
  const labelled = { label, name, error: errors[name] };
  const isOffered = current === undefined || options.some(({ value }) => value === current);
  const all = isOffered || labelled.error ? options : [...options, { value: current, text: inWords(current) }];
  return (
    <Labelled {...labelled}>
      <select id={name} name={name} {...descriptionOf(labelled)}>
        <option value="">Any</option>
        {all.map(({ value, text }) => (
          <option value={value} selected={value === current}>
            {text}
          </option>
        ))}
      </select>
    </Labelled>
  );
}

/** The filters that apply, each with a link that removes it. */
export function FilterChips({ path, values, errors }: FilterProps & { path: string }) {
  const applied = selectingNames.filter((name) => values[name] !== undefined && errors[name] === undefined);
  if (applied.length === 0) return null;
  return (
    <ul class="chips" aria-label="Filters">
      {applied.map((name) => {
        const label = filterLabel(name, values[name] ?? '');
        return (
          <li>
            <a
              class="chip"
              href={formatUrl({ path, query: values }, { [name]: undefined })}
              aria-label={`Remove the filter: ${label}`}
            >
              <bdi>{label}</bdi>
              <Icon name="x" />
            </a>
          </li>
        );
      })}
      <li>
        <a href={path}>Clear all</a>
      </li>
    </ul>
  );
}
