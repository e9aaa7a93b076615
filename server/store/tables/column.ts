/**
 * Describes how one field of a record is stored. A table of columns, `{ ownerId: text('owner_id'), … }`, is the only
 * place that lists a record's fields: the record's type, the row's type, SELECT, INSERT and the mapping derive from it.
 */
export interface Column<Name extends string = string, Stored = unknown, Value = unknown> {
  readonly name: Name;
  readonly sqlType: 'text' | 'bigint' | 'boolean';
  /** Converts what a database driver returns to the record's value. */
  read(stored: Stored): Value;
}

export type Columns = Readonly<Record<string, Column>>;

/** A record with the fields of a table of columns. */
export type RecordOf<C extends Columns> = { -readonly [Field in keyof C]: ReturnType<C[Field]['read']> };

/** A database row with these columns, as drivers return it and as INSERT and WHERE accept it. */
export type RowOf<C extends Columns> = {
  [Field in keyof C as C[Field]['name']]: Parameters<C[Field]['read']>[0];
};

/** A text column. `Value` restricts it to certain strings: `text<'status', 'pending' | 'approved'>('status')`. */
export function text<Name extends string, Value extends string = string>(name: Name): Column<Name, Value, Value> {
  return { name, sqlType: 'text', read: (stored) => stored };
}

/** A whole number, such as a time in milliseconds. PostgreSQL's driver returns a bigint as a string. */
export function integer<Name extends string>(name: Name): Column<Name, number | string, number> {
  return { name, sqlType: 'bigint', read: Number };
}

/** A boolean. SQLite returns 1 and 0. */
export function boolean<Name extends string>(name: Name): Column<Name, boolean | number, boolean> {
  return { name, sqlType: 'boolean', read: Boolean };
}

/** Returns a copy of the column that may also hold null. */
export function nullable<Name extends string, Stored, Value>(
  column: Column<Name, Stored, Value>,
): Column<Name, Stored | null, Value | null> {
  return { ...column, read: (stored) => (stored === null ? null : column.read(stored)) };
}

/** Returns the row that INSERT and UPDATE store for a record. */
export function toRow<C extends Columns>(columns: C, record: RecordOf<C>): RowOf<C> {
  const values = Object.entries(columns).map(([field, { name }]) => [name, record[field]]);
  return Object.fromEntries(values);
}

/** Converts a row to a record. `prefix` is the one that `selectList` put in front of the column names. */
export function toRecord<C extends Columns>(columns: C, row: object, prefix = ''): RecordOf<C> {
  const stored = row as Record<string, unknown>;
  const values = Object.entries(columns).map(([field, { name, read }]) => [field, read(stored[prefix + name])]);
  return Object.fromEntries(values);
}

/** Returns the SELECT list for one table of a join. `prefix` keeps its column names distinct from the other table's. */
export function selectList(columns: Columns, table: string, prefix = ''): string[] {
  return Object.values(columns).map(({ name }) => `${table}.${name} AS ${prefix}${name}`);
}
