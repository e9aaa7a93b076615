/** The fields that lists of tokens are sorted by. */
export const sortFields = ['name', 'created', 'expires', 'last_used'] as const;
export type SortField = (typeof sortFields)[number];

export type SortOrder = SortField | `-${SortField}`;
export const sortOrders: readonly SortOrder[] = sortFields.flatMap((field) => [field, `-${field}` as const]);

/** Returns the field of an order, and whether it is descending. */
export function fieldOf(order: SortOrder): { by: SortField; descending: boolean } {
  const descending = order.startsWith('-');
  return { by: (descending ? order.slice(1) : order) as SortField, descending };
}
