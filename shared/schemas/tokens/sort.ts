import { z } from 'zod';
import { type SortOrder, sortOrders } from '../../tokens/sort.ts';

export const sortSchema = z
  .enum(sortOrders as [SortOrder, ...SortOrder[]], 'Choose one of the listed orders.')
  .describe(
    'The order, `-created` by default: the newest first. A minus reverses the order. Tokens without the field come last: those that never expire, or were never used. Only a list of at most 10,000 tokens can be sorted by `last_used`',
  );
