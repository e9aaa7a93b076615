import { count } from '../../../../shared/count.ts';
import { type DatabaseFinding, judgeSchema } from '../../findings.ts';
import { createFailures } from '../../knex/failures.ts';
import { checkPasskeys } from '../../knex/sign-in/check-passkeys.ts';
import { readSchemaState } from '../../migrations/migrate.ts';
import type { Migration } from '../../migrations/migration.ts';
import { driverCode } from '../driver-code.ts';
import type { DatabaseUrl, Engine, Row } from '../engine.ts';
import { isStandby } from './failures.ts';
import { openPostgres } from './postgres.ts';

/** Maximum difference between the database server's clock and ours. Each daemon writes times by its own clock. */
const maxSkewMs = 30_000;

/** Examines a PostgreSQL database without changing it. `now` is our clock, in milliseconds since the epoch, and `host` that of the public URL. */
export async function checkPostgres(
  databaseUrl: DatabaseUrl,
  migrations: readonly Migration[],
  now: () => number,
  host?: string,
): Promise<DatabaseFinding[]> {
  const findings: DatabaseFinding[] = [];
  let engine: Engine;
  try {
    engine = await openPostgres(databaseUrl);
  } catch (error) {
    return [{ subject: 'connection', ok: false, detail: error instanceof Error ? error.message : String(error) }];
  }
  try {
    const began = now();
    const server = await readServer(engine);
    findings.push(...describeServer(server), judgeClock(server, (began + now()) / 2));
    const rights = await checkRights(engine, server);
    findings.push(rights);
    if (!rights.ok) return findings;
    findings.push(judgeSchema(await readSchemaState(engine, migrations)), ...(await checkPasskeys(engine, host)));
    return findings;
  } catch (error) {
    const subject = findings.length > 0 ? 'rights' : isStandby(error) ? 'primary' : 'connection';
    return [...findings, { subject, ok: false, detail: createFailures(engine).translate(error, 'check').message }];
  } finally {
    await engine.close();
  }
}

interface Server {
  version: string;
  role: string;
  database: string;
  /** Null if the role's search path names no schema that exists. */
  schema: string | null;
  encoding: string;
  /** Milliseconds since the epoch, as text. */
  time: string;
}

async function readServer(engine: Engine): Promise<Server> {
  const sql = `SELECT current_setting('server_version') AS version, quote_ident(current_user) AS role,
    current_database() AS database, quote_ident(current_schema()) AS schema, current_setting('server_encoding') AS encoding,
    (extract(epoch FROM clock_timestamp()) * 1000)::text AS time`;
  const [row] = engine.rows(await engine.knex.raw(sql));
  return row as unknown as Server;
}

function describeServer({ version, role, database, encoding }: Server): DatabaseFinding[] {
  return [
    { subject: 'connection', ok: true, detail: `Connected to ${database} as ${role}, PostgreSQL ${version}.` },
    { subject: 'primary', ok: true, detail: 'The server is a primary.' },
    encoding === 'UTF8'
      ? { subject: 'encoding', ok: true, detail: 'The encoding is UTF8.' }
      : {
          subject: 'encoding',
          ok: false,
          detail: `The encoding is ${encoding}, not UTF8. Create the database with ENCODING 'UTF8' TEMPLATE template0.`,
        },
  ];
}

function judgeClock({ time }: Server, ours: number): DatabaseFinding {
  const ahead = Math.round((Number(time) - ours) / 1000);
  const subject = 'clock';
  if (Math.abs(ahead) * 1000 <= maxSkewMs) {
    return { subject, ok: true, detail: "The server's clock agrees with this machine's." };
  }
  const difference = `${count(Math.abs(ahead), 'second')} ${ahead > 0 ? 'ahead of' : 'behind'}`;
  const detail = `The server's clock is ${difference} this machine's. Synchronize both clocks, because tokens expire by them.`;
  return { subject, ok: false, detail };
}

/** Tries every kind of change in a transaction that is rolled back, and looks for tables that the role may not use. */
async function checkRights(engine: Engine, { role, schema }: Server): Promise<DatabaseFinding> {
  const denied = (detail: string): DatabaseFinding => ({ subject: 'rights', ok: false, detail });
  if (schema === null)
    return denied(
      `The search path of ${role} names no schema that exists. Set it with ALTER ROLE ${role} SET search_path.`,
    );
  const foreign = await tablesOfOthers(engine);
  if (foreign.length > 0) {
    return denied(
      `${role} does not own ${foreign.join(', ')}. Run ALTER TABLE … OWNER TO ${role}, or connect as the owner.`,
    );
  }
  try {
    const trx = await engine.knex.transaction();
    try {
      await trx.raw('CREATE TABLE tokensd_check (value text)');
      await trx.raw('ALTER TABLE tokensd_check ADD COLUMN other text');
      await trx.raw("INSERT INTO tokensd_check (value) VALUES ('x')");
      await trx.raw('DELETE FROM tokensd_check');
    } finally {
      await trx.rollback();
    }
    return { subject: 'rights', ok: true, detail: `${role} can create and change tables in the schema ${schema}.` };
  } catch (error) {
    if (driverCode(error) !== '42501') throw error;
    return denied(
      `${role} cannot create tables in the schema ${schema}. Run GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role} as its owner.`,
    );
  }
}

/** Returns the tables of this schema that the role neither owns nor may change as a member of the owner. */
async function tablesOfOthers(engine: Engine): Promise<string[]> {
  const sql = `SELECT tablename AS name FROM pg_tables
    WHERE schemaname = current_schema() AND NOT pg_has_role(tableowner, 'USAGE')
      AND tablename IN ('knex_migrations', 'users', 'tokens', 'audit') ORDER BY tablename`;
  return engine.rows(await engine.knex.raw(sql)).map((row: Row) => String(row.name));
}
