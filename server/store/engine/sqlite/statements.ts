import type sqlite3 from 'sqlite3';

/** Maximum number of prepared statements of a connection. Those of the most frequent requests and jobs are fewer. */
const maxStatements = 100;

/** Longer statements insert many rows. SQLite needs much memory for them, and their number of rows varies. */
const maxCharacters = 4096;

/** Statements that are worth keeping. Savepoints have names of their own, and a PRAGMA is rare. */
const reusable = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH|BEGIN|COMMIT)\b/i;

type Method = 'all' | 'run';
type Callback = (this: sqlite3.Statement, error: Error | null, rows?: unknown[]) => void;

/**
 * Makes a connection of Knex keep its prepared statements, because preparing a statement anew costs more than most statements
 * themselves. Drops the statement that was used longest ago if there are too many, and one that failed: a COMMIT that
 * found the database locked would otherwise stay open. Closing the connection finalizes all statements.
 */
export function keepStatements(database: sqlite3.Database): sqlite3.Database {
  const statements = new Map<string, sqlite3.Statement>();

  const drop = (sql: string, statement: sqlite3.Statement) => {
    if (statements.get(sql) !== statement) return;
    statements.delete(sql);
    statement.finalize();
  };
  const keep = (sql: string, statement: sqlite3.Statement) => {
    // A query that began at the same time may have prepared the same statement.
    statements.get(sql)?.finalize();
    statements.delete(sql);
    statements.set(sql, statement);
    if (statements.size <= maxStatements) return;
    for (const [oldest, unused] of statements) return drop(oldest, unused);
  };
  const prepare = (sql: string, callback: Callback) => {
    const statement: sqlite3.Statement = database.prepare(sql, (error: Error | null) => {
      if (error) callback.call(statement, error);
      else keep(sql, statement);
    });
    return statement;
  };
  const execute = (method: Method, sql: string, bindings: unknown, callback: Callback) => {
    const statement = statements.get(sql) ?? prepare(sql, callback);
    // The statement that was used last is the last one of the map.
    if (statements.delete(sql)) statements.set(sql, statement);
    statement[method](bindings, function (this: sqlite3.Statement, error: Error | null, rows?: unknown[]) {
      if (error) drop(sql, statement);
      callback.call(this, error, rows);
    });
    return database;
  };

  const { all, run, close } = database;
  const plain = { all, run };
  const methodOf = (method: Method) => (sql: string, bindings: unknown, callback: Callback) =>
    isReusable(method, sql)
      ? execute(method, sql, bindings, callback)
      : plain[method].call(database, sql, bindings, callback);
  return Object.assign(database, {
    all: methodOf('all'),
    run: methodOf('run'),
    close(callback?: (error: Error | null) => void) {
      for (const [sql, statement] of statements) drop(sql, statement);
      close.call(database, callback);
    },
  });
}

/** Reports whether a statement can be kept. `run` stops at the first row of RETURNING, and would leave the statement open. */
function isReusable(method: Method, sql: string): boolean {
  return sql.length <= maxCharacters && reusable.test(sql) && (method === 'all' || !/\bRETURNING\b/i.test(sql));
}
