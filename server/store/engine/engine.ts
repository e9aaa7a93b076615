import type { Knex } from 'knex';
import type { Limiter, LimiterOptions } from '../limiter.ts';

/** One row as a driver gives it, before booleans and numbers are made alike. */
export type Row = Record<string, unknown>;

/** A list of strings as one bound value. */
export type ListBinding = string | string[];

/** What one SELECT asks for: expressions, and the rest of it from FROM on. */
export interface Select {
  columns: readonly string[];
  from: string;
}

/** What differs between databases. A new database is one more file that implements this. */
export interface Engine {
  /** For everything that may write. `knex.transaction` takes its write lock at once, where the database has such a lock. */
  readonly knex: Knex;
  /**
   * Runs one SELECT: inside `trx` if given, else without ever waiting for somebody's open write transaction. Answers the
   * values of each row in the order of the columns. The same `select` object again is no new text.
   */
  select(select: Select, bindings: readonly ListBinding[], trx?: Knex.Transaction): Promise<unknown[][]>;
  /** How many of those outside a transaction run side by side. */
  readonly maxParallelSelects: number;
  /** The rows in what `knex.raw` answers. */
  rows(answer: unknown): Row[];
  /** A condition with one `?` that holds if `column` is among the strings bound there by `bindList`. */
  among(column: string): string;
  /** `table` with the rows whose `column` is one of the strings bound there by `bindList`, each looked up in turn. */
  eachOf(column: string, table: string): string;
  /** SQL for the position, from 0 on, that the string of a row of `eachOf` has in its list. */
  readonly position: string;
  bindList(values: readonly string[]): ListBinding;
  /** A table with the elements of one bound JSON array, each in the column `value`. */
  readonly jsonElements: string;
  /** Whether writers wait for each other's rows, and not for the whole database. */
  readonly locksRows: boolean;
  /** Runs `work` in a transaction of its own; rejects first if what it did would be lost with the database's file. */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` in a transaction that no other process can be in at the same time, however long that one takes. */
  migrationTransaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
  /** `translate` makes what callers see of a driver's error. */
  limiter(options: LimiterOptions, translate: (error: unknown) => Error): Limiter;
  /** True for a driver's error that says the database cannot answer now. */
  isUnavailable(error: unknown): boolean;
  /** True for a driver's error that says there is no room left for a change. */
  isFull(error: unknown): boolean;
  /** True for a failed COMMIT that the database may have carried out all the same. */
  isOutcomeUnknown(error: unknown): boolean;
  /** Rejects unless the database answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Held by a daemon that serves a database. */
export interface DaemonLock {
  /** Whether no other daemon can serve that database meanwhile. */
  readonly exclusive: boolean;
  release(): Promise<void>;
}

/** `lock` is null if another process holds it; `name` says to people what it holds. */
export interface LockAttempt {
  name: string;
  lock: DaemonLock | null;
}
