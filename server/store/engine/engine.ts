import type { Knex } from 'knex';
import type { Limiter, LimiterOptions } from '../limiter.ts';

/**
 * A database URL, or a function that reads it. A PostgreSQL store calls the function for each new connection, so that it
 * follows a password that changes.
 */
export type DatabaseUrl = string | (() => string);

/** The clock that all daemons on one database follow. */
export interface DatabaseClock {
  /** Returns milliseconds since the epoch. Returns null if our own clock counts, because there is only one daemon. */
  now(): number | null;
  /** Asks the database for its time. Until then, and between two calls, `now` extrapolates. */
  measure(): Promise<void>;
}

/** One row as a driver returns it. Booleans and numbers differ between databases. */
export type Row = Record<string, unknown>;

/** A list of strings, bound as one value. */
export type ListBinding = string | string[];

/** A SELECT statement: its expressions, and everything from FROM on. */
export interface Select {
  /** On PostgreSQL, verification has connections of its own, so that it does not wait for another table's lock. */
  forVerification?: true;
  columns: readonly string[];
  from: string;
}

/** Everything that differs between databases. */
export interface Engine {
  /** Runs statements that may write. On SQLite, `knex.transaction` acquires the write lock when it begins. */
  readonly knex: Knex;
  /**
   * Runs one SELECT inside `trx` if given; otherwise on a connection that never waits for an open write transaction.
   * Returns the values of each row in the order of the columns. Pass the same `select` object each time: it is the key
   * under which its SQL text is cached.
   */
  select(select: Select, bindings: readonly ListBinding[], trx?: Knex.Transaction): Promise<unknown[][]>;
  /** Selects the names of all tables. */
  readonly tableNames: Select;
  /** Maximum number of SELECTs outside transactions that run in parallel. */
  readonly maxParallelSelects: number;
  /** Returns the rows of a result of `knex.raw`. */
  rows(result: unknown): Row[];
  /** Returns a condition that is true if `column` is in the list that `bindList` binds to its one `?`. */
  among(column: string): string;
  /** Returns an expression that compares the text in `column` byte by byte, as an index on it does. */
  bytewise(column: string): string;
  /** Returns a condition that is true if the text in `column` contains the text bound to its one `?`. */
  contains(column: string): string;
  /** Returns an expression for the greatest of several expressions, none of which may be null. */
  greatest(expressions: readonly string[]): string;
  /** Returns an integer expression as SQL for its twelve hexadecimal digits, as a UUIDv7 begins with. */
  hexadecimal(expression: string): string;
  /** A FROM item: `wanted`, one row with the column `value` for each string of the list that `bindList` binds to its one `?`. */
  readonly each: string;
  /** Returns a FROM item: the rows of `table` for each string of the list that `bindList` binds to its one `?`. */
  eachOf(column: string, table: string): string;
  /** SQL for the zero-based position in the list, for a row of `each` or `eachOf`. */
  readonly position: string;
  bindList(values: readonly string[]): ListBinding;
  /** A FROM item with one row per element of a bound JSON array, in the column `value`. */
  readonly jsonElements: string;
  /** True if writers lock rows; false if a writer locks the whole database. */
  readonly locksRows: boolean;
  /** Runs `work` in a transaction. On SQLite, throws if the file was replaced, because changes would be lost. */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction under the migration lock. Waits longer than usual for another process's lock. */
  migrationTransaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Creates rate-limit counters. `translate` converts a driver's error for callers. */
  limiter(options: LimiterOptions, translate: (error: unknown) => Error): Limiter;
  /** Returns true for a driver's error that means the database is unavailable at the moment. */
  isUnavailable(error: unknown): boolean;
  /** Returns true for a driver's error that means there is no space left. */
  isFull(error: unknown): boolean;
  /** Returns true if a COMMIT that failed with this error may have been applied. */
  isOutcomeUnknown(error: unknown): boolean;
  /**
   * Explains a driver's error to the operator, in one or two sentences that hold no values of a row. Returns null if only the
   * error's code may be shown.
   */
  explain(error: unknown): string | null;
  /** A condition that is true on a primary. On a standby, which may not know the newest changes, it fails the statement. */
  readonly onPrimary: string;
  /** The database's own clock. See `Store.clock`. */
  readonly clock: DatabaseClock;
  /**
   * Overwrites deleted content that is still in the write-ahead log of a SQLite database. Call it outside of a transaction.
   * Returns false if another process still reads the log.
   */
  overwriteDeleted(): Promise<boolean>;
  /** Throws unless the database can be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** The lock of a daemon on its database. */
export interface DaemonLock {
  /** True if no other daemon can use the database while this lock is held. */
  readonly exclusive: boolean;
  release(): Promise<void>;
}

/** `lock` is null if another process holds it. `name` describes the lock in messages. */
export interface LockAttempt {
  name: string;
  lock: DaemonLock | null;
}
