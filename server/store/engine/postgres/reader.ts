import { hash } from 'node:crypto';
import type { Knex } from 'knex';
import { driverCode } from '../driver-code.ts';
import type { ListBinding, Select } from '../engine.ts';
import { withoutNul } from './client.ts';
import { onPrimary } from './failures.ts';
import type { PlainPool } from './pool.ts';

/** Codes for a statement that is not prepared on this connection (26000), or whose name is taken on it (42P05). */
const preparationErrors = /^(26000|42P05)$/;

/** Returns the SQL text of a SELECT, with `?` for bindings. The statement fails on a standby. */
export function textOf({ columns, from }: Select): string {
  const named = columns.map((column, index) => `${column} AS c${index}`);
  return `SELECT * FROM (SELECT ${named.join(', ')} ${from}) AS found WHERE ${onPrimary}`;
}

/**
 * Returns a function that runs SELECTs as prepared statements, because parsing and planning take longer than the lookup.
 *
 * 1. The statement's name is a hash of its text, so the same name never stands for two texts.
 * 2. A pooler in transaction mode may run each statement on another connection, where it is not prepared. After the
 *    first such error, this process no longer prepares statements, and sends their text each time.
 */
export function createPreparedReads(knex: Knex, pool: PlainPool) {
  const statements = new WeakMap<Select, { name: string; text: string }>();
  let canPrepare = true;

  const createStatement = (select: Select, bindings: readonly ListBinding[]) => {
    const text = knex
      .raw(textOf(select), bindings as Knex.RawBinding[])
      .toSQL()
      .toNative().sql;
    const statement = { name: `tokensd_${hash('sha256', text, 'hex').slice(0, 40)}`, text };
    statements.set(select, statement);
    return statement;
  };

  return async (select: Select, bindings: readonly ListBinding[]): Promise<unknown[][]> => {
    const { name, text } = statements.get(select) ?? createStatement(select, bindings);
    const config = { text, values: bindings.map(withoutNul), rowMode: 'array' } as const;
    if (canPrepare) {
      try {
        return (await pool.read<unknown[]>({ ...config, name })).rows;
      } catch (error) {
        if (!preparationErrors.test(driverCode(error))) throw error;
        canPrepare = false;
      }
    }
    return (await pool.read<unknown[]>(config)).rows;
  };
}
