import { z } from 'zod';

/** The fields that lists of tokens are sorted by. */
export const sortFields = ['name', 'created', 'expires', 'last_used'] as const;
export type SortField = (typeof sortFields)[number];

export type SortOrder = SortField | `-${SortField}`;
export const sortOrders: readonly SortOrder[] = sortFields.flatMap((field) => [field, `-${field}` as const]);

export const sortSchema = z
  .enum(sortOrders as [SortOrder, ...SortOrder[]], 'Choose one of the listed orders.')
  .describe(
    'The order, `-created` by default: the newest first. A minus reverses the order. Tokens without the field come last: those that never expire, or were never used. Only a list of at most 10,000 tokens can be sorted by `last_used`',
  );

/** Returns the field of an order, and whether it is descending. */
export function fieldOf(order: SortOrder): { by: SortField; descending: boolean } {
  const descending = order.startsWith('-');
  return { by: (descending ? order.slice(1) : order) as SortField, descending };
}
