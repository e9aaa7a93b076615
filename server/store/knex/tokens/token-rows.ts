import type { TokenRecord } from '../../records.ts';
import { type RowOf, selectList, toRecord } from '../../tables/column.ts';
import { lastUseColumns, type newTokenColumns, ownerColumns, tokenColumns } from '../../tables/tokens.ts';

/** A row of `tokens`. Before the first use, the columns of the last use are null. */
export type TokenRow = RowOf<typeof newTokenColumns> & ({ last_used_at: null } | RowOf<typeof lastUseColumns>);

/** Selects a token `t` joined to its owner `u`. */
export const ownedTokenColumns = [
  ...selectList(tokenColumns, 't'),
  ...selectList(lastUseColumns, 't'),
  ...selectList(ownerColumns, 'u', 'owner_'),
];

/** Selects the owner's part of these columns only. */
export const ownerSelection = selectList(ownerColumns, 'users', 'owner_');

/** Returns the record in a row with `ownedTokenColumns`. */
export function toToken(row: Pick<TokenRow, 'last_used_at'>): TokenRecord {
  return {
    ...toRecord(tokenColumns, row),
    ...toRecord(ownerColumns, row, 'owner_'),
    lastUse: row.last_used_at === null ? null : toRecord(lastUseColumns, row),
  };
}
