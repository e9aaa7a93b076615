import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';

/** SQL for the version of all apps. It is null if its row is missing. */
export const appVersion = '(SELECT version FROM app_version)';

/**
 * Locks the version until the transaction ends. Every change of apps does this before it locks an app, so that two changes wait for
 * each other in one order.
 */
export async function lockAppVersion(trx: Knex): Promise<void> {
  await trx('app_version').forUpdate().select('id');
}

/**
 * Replaces the version, in the transaction that changes apps. The new one is random, because a number would repeat after a restore, and
 * apps remembered under it would then count as current.
 */
export async function replaceAppVersion(trx: Knex): Promise<void> {
  const version = randomBytes(12).toString('base64url');
  await trx('app_version').insert({ id: 1, version }).onConflict('id').merge();
}
