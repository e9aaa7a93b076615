import type { SortField, SortOrder } from '../../../../shared/tokens/sort.ts';
import { formatUrl, type PageUrl } from '../../shell/page-url.ts';
import { maxCount } from './attention.ts';

/** How a list is sorted, and how it can be. */
export interface Sorting {
  /** URL of the list, with its filters and order, without its cursor. */
  listUrl: PageUrl;
  /** Number of tokens that match. */
  total: number;
}

/** The columns that sort the list, with the order that they begin with. */
const orders: Partial<Record<string, { field: SortField; first: SortOrder }>> = {
  name: { field: 'name', first: 'name' },
  expires: { field: 'expires', first: 'expires' },
  used: { field: 'last_used', first: '-last_used' },
};

/** The heading of a column. If the column sorts the list, a link sorts it, or reverses its order. */
export function SortHeading({ id, heading, sorting }: { id: string; heading: string; sorting: Sorting | undefined }) {
  const order = orders[id];
  // A longer list cannot be sorted by the last use.
  const isTooLong = order?.field === 'last_used' && (sorting?.total ?? 0) > maxCount;
  if (order === undefined || sorting === undefined || isTooLong) {
    return (
      <th scope="col" class={id}>
        {heading}
      </th>
    );
  }
  const { sort } = sorting.listUrl.query;
  const isSorted = sort === order.field || sort === `-${order.field}`;
  const next = sort === order.field ? `-${order.field}` : isSorted ? order.field : order.first;
  const isDescending = isSorted && sort !== order.field;
  return (
    <th scope="col" class={id} aria-sort={isSorted ? (isDescending ? 'descending' : 'ascending') : undefined}>
      <a href={formatUrl(sorting.listUrl, { sort: next })}>
        {heading}
        {isSorted && <span aria-hidden="true">{isDescending ? ' ↓' : ' ↑'}</span>}
      </a>
    </th>
  );
}
