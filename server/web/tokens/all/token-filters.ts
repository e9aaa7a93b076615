import { z } from 'zod';
import { canaryChoices } from '../../../../shared/schemas/tokens/canary-choices.ts';
import { sortSchema } from '../../../../shared/schemas/tokens/sort.ts';
import { tokenFilterFields, tokenStatusSchema } from '../../../../shared/schemas/tokens/tokens.ts';
import type { SortOrder } from '../../../../shared/tokens/sort.ts';
import { toTokenFilter } from '../../../domain/tokens/report/token-filter.ts';
import type { TokenQuery } from '../../../domain/tokens/tokens.ts';
import type { AppContext } from '../../../http/context.ts';
import { formatLifetime } from '../expiry-choices.ts';

const yesSchema = z.literal('true').transform(() => true as const);
const textSchema = z.string();

/** The filters in the URL. They have the names and values of `GET /api/v1/tokens`, except `owner`, which names a member or a service account. */
const schemas = {
  q: textSchema,
  owner: textSchema,
  known_to: textSchema,
  app: textSchema,
  ...tokenFilterFields,
  status: z.enum(tokenStatusSchema.options, 'Choose one of the listed statuses.'),
  never_used: yesSchema,
  no_expiry: yesSchema,
  exchanged: yesSchema,
  two_values: yesSchema,
  sort: sortSchema,
};

/** Filters with few values. Any other value, such as `never_used=false`, counts as no filter. */
const onlyValues: Partial<Record<FilterName, readonly string[]>> = {
  ...{ never_used: ['true'], no_expiry: ['true'], exchanged: ['true'], two_values: ['true'] },
  canaries: canaryChoices,
};

export type FilterName = keyof typeof schemas;
export const filterNames = Object.keys(schemas) as FilterName[];

/** The names without the order, which selects nothing. */
export const selectingNames = filterNames.filter((name) => name !== 'sort');

/** The filters of a member's own tokens. Other filters have no effect there. */
export const ownFilterNames = [
  'q',
  'expiring_within',
  'denied_within',
  'two_values',
  'no_expiry',
  'canaries',
  'sort',
] as const satisfies FilterName[];

/** The filters of the tokens of one member or service account, on the page about it. */
export const ownerFilterNames = [...ownFilterNames, 'status'] as const satisfies FilterName[];

/** The text of each filter in the URL. A missing filter selects all tokens. */
export type FilterValues = Partial<Record<FilterName, string>>;

/** The errors of the values, by the name of the filter. */
export type FilterErrors = Partial<Record<FilterName, string>>;

/** The query of a list of tokens. */
export type AllTokensQuery = Omit<TokenQuery, 'limit' | 'before' | 'sort'>;

export interface ReadFilter {
  values: FilterValues;
  errors: FilterErrors;
  query: AllTokensQuery;
  /** Undefined for the default order. */
  sort: SortOrder | undefined;
}

const serviceAccountPrefix = 'service-account:';

/** Reads the filters that a page has from its query. */
export function readFilter(c: AppContext, names: readonly FilterName[] = filterNames): ReadFilter {
  const values: FilterValues = {};
  const errors: FilterErrors = {};
  const parsed: Record<string, unknown> = {};
  for (const name of names) {
    const value = c.req.query(name)?.trim() || undefined;
    if (value === undefined || onlyValues[name]?.includes(value) === false) continue;
    values[name] = value;
    const result = schemas[name].safeParse(value);
    if (result.success) parsed[name] = result.data;
    else
      errors[name] =
        name.endsWith('_within') || name.endsWith('_for')
          ? 'Choose one of the listed times.'
          : (result.error.issues[0]?.message ?? '');
  }
  if (values.owner !== undefined && values.known_to !== undefined) {
    errors.known_to = 'Choose an owner or somebody who knows the values, not both.';
  }
  const sort = parsed.sort as SortOrder | undefined;
  return { values, errors, query: toQuery(parsed, values), sort };
}

/** Reports whether a filter in the URL has a value that it cannot have. */
export function isWrong(errors: FilterErrors): boolean {
  return Object.keys(errors).length > 0;
}

/** Returns the values without those that are wrong, which select nothing. */
export function validValues({ values, errors }: ReadFilter): FilterValues {
  return Object.fromEntries(Object.entries(values).filter(([name]) => errors[name as FilterName] === undefined));
}

function toQuery(parsed: Record<string, unknown>, { q, owner, known_to: knownTo, app }: FilterValues): AllTokensQuery {
  const filter = { ...toTokenFilter(parsed), ...(q !== undefined && { q }), ...(app !== undefined && { app }) };
  if (knownTo !== undefined) return { ...filter, knownTo };
  if (owner?.startsWith(serviceAccountPrefix)) {
    return { ...filter, serviceAccount: owner.slice(serviceAccountPrefix.length) };
  }
  return owner === undefined ? { ...filter, all: true } : { ...filter, user: owner };
}

const labels: Readonly<Record<FilterName, (value: string) => string>> = {
  q: (text) => `Name contains “${text}”`,
  owner: (owner) => `Owner: ${owner}`,
  known_to: (member) => `Value known to ${member}`,
  app: (app) => `App: ${app}`,
  status: (status) => `Status: ${status === 'revoked' ? 'ended' : status}`,
  expiring_within: (seconds) => `Expires within ${inWords(seconds)}`,
  denied_within: (seconds) => `Denied within ${inWords(seconds)}`,
  two_values: () => 'Two values',
  no_expiry: () => 'Never expires',
  unused_for: (seconds) => `Not used for ${inWords(seconds)}`,
  never_used: () => 'Never used',
  unrotated_for: (seconds) => `Not rotated for ${inWords(seconds)}`,
  exchanged: () => 'Received by jobs through a trust',
  canaries: (which) => canaryLabels[which] ?? '',
  sort: (order) => `Order: ${order}`,
};

/** The label of each choice about canaries. */
export const canaryLabels: Readonly<Record<string, string>> = {
  false: 'Without canaries',
  only: 'Only canaries',
  used: 'Only canaries that were used',
};

/** The label of each order, as the menu lists them. */
export const orderLabels: Readonly<Record<SortOrder, string>> = {
  '-created': 'Newest first',
  created: 'Oldest first',
  name: 'Name',
  '-name': 'Name, from the end',
  expires: 'Expires first',
  '-expires': 'Expires last',
  '-last_used': 'Used last',
  last_used: 'Not used for longest',
};

/** Returns the text of a filter's chip, which says what it selects. */
export function filterLabel(name: FilterName, value: string): string {
  return labels[name](value);
}

/** Formats the seconds of a filter: `7 days`, `90 minutes`. */
export function inWords(seconds: string): string {
  return formatLifetime(Number(seconds));
}
