import type { Knex } from 'knex';
import { driverCode } from '../../engine/driver-code.ts';

/** PostgreSQL's code for a unique violation. SQLite has one writer at a time, so no other can come between. */
const uniqueViolation = '23505';

/**
 * Runs an update whose WHERE excludes values that are taken. Returns the number of rows changed, or 'taken' if a concurrent
 * transaction took the value after the condition was checked. Uses a savepoint, because on PostgreSQL a failed statement
 * would otherwise abort the transaction around it.
 */
export async function updateUnique(knex: Knex, update: (trx: Knex) => PromiseLike<number>): Promise<number | 'taken'> {
  try {
    return await knex.transaction((trx) => Promise.resolve(update(trx)));
  } catch (error) {
    if (driverCode(error) === uniqueViolation) return 'taken';
    throw error;
  }
}
