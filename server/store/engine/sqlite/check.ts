import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type DatabaseFinding, judgeSchema } from '../../findings.ts';
import { createFailures } from '../../knex/failures.ts';
import { checkPasskeys } from '../../knex/sign-in/check-passkeys.ts';
import { readSchemaState } from '../../migrations/migrate.ts';
import type { Migration } from '../../migrations/migration.ts';
import { driverCode } from '../driver-code.ts';
import type { Engine, Row } from '../engine.ts';
import { assertNoLeftovers } from './leftovers.ts';
import { openSqlite } from './sqlite.ts';

/** Examines a SQLite database without changing it. Does not create a missing file. */
export async function checkSqlite(
  databaseUrl: string,
  migrations: readonly Migration[],
  host?: string,
): Promise<DatabaseFinding[]> {
  const named = resolve(databaseUrl.slice('sqlite:'.length));
  const path = existsSync(named) ? realpathSync(named) : named;
  try {
    assertNoLeftovers(path);
  } catch (error) {
    return [{ subject: 'connection', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
  if (!existsSync(path)) return [checkNewFile(path)];
  let engine: Engine;
  try {
    engine = await openSqlite(databaseUrl);
  } catch (error) {
    return [{ subject: 'connection', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
  const connection: DatabaseFinding = { subject: 'connection', ok: true, detail: `${path} can be opened.` };
  try {
    return [
      connection,
      await checkEncoding(engine),
      await checkRights(engine),
      judgeSchema(await readSchemaState(engine, migrations)),
      ...(await checkPasskeys(engine, host)),
    ];
  } catch (error) {
    const { message } = createFailures(engine).translate(error, 'check');
    return [connection, { subject: 'rights', ok: false, detail: message }];
  } finally {
    await engine.close();
  }
}

function checkNewFile(path: string): DatabaseFinding {
  let directory = dirname(path);
  while (!existsSync(directory)) directory = dirname(directory);
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    return { subject: 'connection', ok: true, detail: `${path} does not exist yet. tokensd serve creates it.` };
  } catch {
    const detail = `${path} does not exist, and this user cannot create it in ${directory}. Correct the owner of the directory, or TOKENSD_DATABASE_URL.`;
    return { subject: 'connection', ok: false, detail };
  }
}

async function checkEncoding({ knex }: Engine): Promise<DatabaseFinding> {
  const [row] = (await knex.raw('PRAGMA encoding')) as Row[];
  const encoding = String(row?.encoding);
  if (encoding.startsWith('UTF')) return { subject: 'encoding', ok: true, detail: `The encoding is ${encoding}.` };
  return { subject: 'encoding', ok: false, detail: `The encoding is ${encoding}, not UTF-8. Use a new database file.` };
}

/** Creates a table and writes to it in a transaction that is rolled back. */
async function checkRights({ knex }: Engine): Promise<DatabaseFinding> {
  try {
    const trx = await knex.transaction();
    try {
      await trx.raw('CREATE TABLE tokensd_check (value text)');
      await trx.raw("INSERT INTO tokensd_check (value) VALUES ('x')");
    } finally {
      await trx.rollback();
    }
    return { subject: 'rights', ok: true, detail: 'Tables can be created and changed.' };
  } catch (error) {
    const code = driverCode(error);
    const remedy =
      code === 'SQLITE_BUSY'
        ? 'Another program holds the write lock. Stop it, and check again.'
        : 'Check the owner and the free space of the file and its directory.';
    return { subject: 'rights', ok: false, detail: `The database cannot be written (${code}). ${remedy}` };
  }
}
