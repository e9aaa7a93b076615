import type { DeniedRequest, LastUse, PreviousValue, TokenRecord } from '../../records.ts';
import { type RowOf, selectList, toRecord } from '../../tables/column.ts';
import {
  lastUseColumns,
  type newTokenColumns,
  ownerColumns,
  previousValueColumns,
  tokenColumns,
} from '../../tables/tokens.ts';
import { deniedRequestColumns } from '../../tables/usage.ts';

/** A row of `tokens`. Before the first use, the columns of the last use are null. */
export type TokenRow = RowOf<typeof newTokenColumns> & ({ last_used_at: null } | RowOf<typeof lastUseColumns>);

/** Joins the value before the newest rotation as `p`, and the last denied request as `r`. */
export const tokenJoins = `LEFT JOIN previous_values AS p ON p.hash = t.previous_hash
  LEFT JOIN denied_requests AS r ON r.token_id = t.id AND r.id = (
    SELECT newest.id FROM denied_requests AS newest WHERE newest.token_id = t.id
    ORDER BY newest.at DESC, newest.id DESC LIMIT 1)`;

/** Selects a token `t`, its previous value `p`, its last denied request `r` and its owner `u`. */
export const ownedTokenColumns = [
  ...selectList(tokenColumns, 't'),
  ...selectList(lastUseColumns, 't'),
  ...selectList(previousValueColumns, 'p', 'previous_value_'),
  ...selectList(lastUseColumns, 'p', 'previous_value_'),
  ...selectList(deniedRequestColumns, 'r', 'last_denied_'),
  ...selectList(ownerColumns, 'u', 'owner_'),
];

/** Selects the owner's part of these columns only. */
export const ownerSelection = selectList(ownerColumns, 'users', 'owner_');

/** Returns the record in a row with `ownedTokenColumns`. Without the columns of `p` and `r`, the record has no previous value and no denied request. */
export function toToken(row: object): TokenRecord {
  const token = toRecord(tokenColumns, row);
  const lastUse = toLastUse(row);
  const { createdAt, rotatedAt, resumedAt, pausedUntil, previousUsedAt } = token;
  return {
    ...token,
    ...toRecord(ownerColumns, row, 'owner_'),
    lastUse,
    previous: toPreviousValue(row),
    lastDenied: toLastDenied(row),
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

function toLastDenied(row: { last_denied_at?: number | string | null }): DeniedRequest | null {
  return (row.last_denied_at ?? null) === null ? null : toRecord(deniedRequestColumns, row, 'last_denied_');
}

function toLastUse(row: object, prefix = ''): LastUse | null {
  const at = (row as Record<string, unknown>)[`${prefix}${lastUseColumns.at.name}`] ?? null;
  return at === null ? null : toRecord(lastUseColumns, row, prefix);
}
