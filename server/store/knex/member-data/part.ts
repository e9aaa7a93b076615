/**
 * What the export shows of a column. A `time` is stored in milliseconds. Of a `secret`, it shows only whether there is one. An object is SQL for
 * the value, which may depend on other columns.
 */
export type ColumnKind = PlainKind | { kind: PlainKind; sql: string };

export type PlainKind = 'text' | 'number' | 'time' | 'flag' | 'json' | 'secret';

/** Rows of one table that are about a member. */
export interface Part {
  name: string;
  table: string;
  /** Unique among the rows of one member, and of one token if `of` is `token`. The order of the export. */
  key: readonly [string, ...string[]];
  /** The column that names the member, one of their tokens, or their address. */
  by: string;
  of: 'member' | 'token' | 'address';
  /** Whether an index yields the rows of a member in the order of the key. Otherwise, they are few enough to sort. */
  inOrder: boolean;
  /** Leaves out rows that another part has. */
  except?: string;
  columns: Readonly<Record<string, ColumnKind>>;
}

/** The text that the export shows in place of a secret. */
export const notShown = '(not shown)';
