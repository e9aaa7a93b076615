import type { LastUse, PreviousValue, TokenRecord } from '../../records.ts';
import { type RowOf, selectList, toRecord } from '../../tables/column.ts';
import {
  lastUseColumns,
  type newTokenColumns,
  ownerColumns,
  previousValueColumns,
  tokenColumns,
} from '../../tables/tokens.ts';

/** A row of `tokens`. Before the first use, the columns of the last use are null. */
export type TokenRow = RowOf<typeof newTokenColumns> & ({ last_used_at: null } | RowOf<typeof lastUseColumns>);

/** Joins the value before the newest rotation as `p`. */
export const previousValueJoin = 'LEFT JOIN previous_values AS p ON p.hash = t.previous_hash';

/** Selects a token `t`, its previous value `p` and its owner `u`. */
export const ownedTokenColumns = [
  ...selectList(tokenColumns, 't'),
  ...selectList(lastUseColumns, 't'),
  ...selectList(previousValueColumns, 'p', 'previous_value_'),
  ...selectList(lastUseColumns, 'p', 'previous_value_'),
  ...selectList(ownerColumns, 'u', 'owner_'),
];

/** Selects the owner's part of these columns only. */
export const ownerSelection = selectList(ownerColumns, 'users', 'owner_');

/** Returns the record in a row with `ownedTokenColumns`. Without the columns of `p`, the record has no previous value. */
export function toToken(row: object): TokenRecord {
  const token = toRecord(tokenColumns, row);
  const lastUse = toLastUse(row);
  const { createdAt, rotatedAt, resumedAt, pausedUntil, previousUsedAt } = token;
  return {
    ...token,
    ...toRecord(ownerColumns, row, 'owner_'),
    lastUse,
    previous: toPreviousValue(row),
    // The same times as in `activeAt` of `status-condition.ts`.
    activeAt: Math.max(
      createdAt,
      lastUse?.at ?? 0,
      rotatedAt ?? 0,
      resumedAt ?? 0,
      pausedUntil ?? 0,
      previousUsedAt ?? 0,
    ),
  };
}

function toPreviousValue(row: { previous_value_prefix?: string | null }): PreviousValue | null {
  if ((row.previous_value_prefix ?? null) === null) return null;
  return { ...toRecord(previousValueColumns, row, 'previous_value_'), lastUse: toLastUse(row, 'previous_value_') };
}

function toLastUse(row: object, prefix = ''): LastUse | null {
  const at = (row as Record<string, unknown>)[`${prefix}${lastUseColumns.at.name}`] ?? null;
  return at === null ? null : toRecord(lastUseColumns, row, prefix);
}
