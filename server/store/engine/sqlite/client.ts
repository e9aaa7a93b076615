import type { Knex } from 'knex';
import KnexSqliteClient from 'knex/lib/dialects/sqlite3/index.js';
import sqlite3 from 'sqlite3';
import { StoreBusy } from '../../errors.ts';
import { driverCode } from '../driver-code.ts';
import { connect } from './connection.ts';
import { keepStatements } from './statements.ts';

const endsTransaction = /^(COMMIT|ROLLBACK)\b/i;

/** Maximum number of changes that wait for the writer. A change takes some milliseconds, so more could not all be in time. */
const maxWaiting = 500;

/** Minimum wait for another process's lock, even if a change waited for the writer for long. */
const minBusyTimeoutMs = 250;

/** Knex's SQLite dialect on read-only connections. In WAL mode they never wait for the writer. */
export class SqliteReadClient extends KnexSqliteClient {
  override async acquireRawConnection(): Promise<sqlite3.Database> {
    return keepStatements(
      await connect((this.connectionSettings as { filename: string }).filename, sqlite3.OPEN_READONLY),
    );
  }
}

/**
 * Returns Knex's SQLite dialect for the one connection that writes, made safe for a file that other processes write too,
 * such as `tokensd init`. SELECTs outside transactions run on `readers`. `patienceMs` returns how long a change may wait for
 * another process's lock. If a change waits in vain, all changes that arrived before that moment are refused with it, because
 * they would wait even longer.
 */
export function createWriterDialect(readers: Knex, patienceMs: () => number): typeof KnexSqliteClient {
  let lockedAt = Number.NEGATIVE_INFINITY;
  return class extends SqliteWriteClient {
    override async _query(connection: object, query: { sql: string }): Promise<unknown> {
      try {
        return await super._query(connection, query);
      } catch (error) {
        if (driverCode(error) === 'SQLITE_BUSY') lockedAt = performance.now();
        throw error;
      }
    }

    override runner(builder: Builder) {
      return this.transacting || !isSelect(builder) ? super.runner(builder) : readers.client.runner(builder);
    }

    /** Acquires the connection of the writer. SQLite then waits for another process's lock for the rest of the time. */
    override async acquireConnection(): Promise<sqlite3.Database> {
      // The pool is gone once the store is closed.
      const pool = this.pool as typeof this.pool | undefined;
      const waiting = pool?.numPendingAcquires() ?? 0;
      if (waiting >= maxWaiting) throw new StoreBusy('Too many changes wait for the database.');
      const arrivedAt = performance.now();
      const connection: sqlite3.Database = await super.acquireConnection();
      if (lockedAt - arrivedAt > minBusyTimeoutMs) {
        await this.releaseConnection(connection);
        throw new StoreBusy('Another process holds the write lock of the database.');
      }
      const restMs = Math.round(patienceMs() - (performance.now() - arrivedAt));
      connection.configure('busyTimeout', Math.max(minBusyTimeoutMs, restMs));
      return connection;
    }
  };
}

/** The parts of a Knex query that tell a SELECT from a change: its method, or its SQL if it is raw. */
interface Builder {
  _method?: string;
  sql?: string;
}

function isSelect({ _method: method, sql }: Builder): boolean {
  return method === undefined ? /^\s*SELECT\b/i.test(sql ?? '') : ['select', 'first', 'pluck'].includes(method);
}

class SqliteWriteClient extends KnexSqliteClient {
  override async acquireRawConnection(): Promise<sqlite3.Database> {
    return keepStatements(await super.acquireRawConnection());
  }

  /**
   * Begins transactions with the write lock. Knex's plain BEGIN acquires it at the first write, which fails immediately,
   * without the busy timeout, if another process wrote after the transaction's first read.
   */
  override transaction(container: unknown, config: unknown, outer: unknown) {
    const transaction = super.transaction(container, config, outer);
    transaction.begin = (connection) => transaction.trxClient.query(connection, 'BEGIN IMMEDIATE;');
    return transaction;
  }

  /** Compiles SKIP LOCKED to nothing. SQLite has no row locks: the one writer has locked the whole file. */
  override queryCompiler(builder: unknown, formatter?: unknown) {
    return Object.assign(super.queryCompiler(builder, formatter), { skipLocked: () => '' });
  }

  /** Drops a connection whose COMMIT or ROLLBACK failed. The next caller's writes would be lost in the open transaction. */
  override async _query(connection: { __knex__disposed?: unknown }, query: { sql: string }): Promise<unknown> {
    try {
      return await super._query(connection, query);
    } catch (error) {
      if (endsTransaction.test(query.sql)) connection.__knex__disposed = error;
      throw error;
    }
  }
}
