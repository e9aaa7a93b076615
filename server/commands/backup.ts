import { existsSync } from 'node:fs';
import { count } from '../../shared/count.ts';
import { type Config, readConfig } from '../config/config.ts';
import { CommandError, type Context } from '../context.ts';
import { backUp } from '../store/maintenance/backup.ts';

/**
 * Writes a consistent copy of the SQLite database to `file`, even while the daemon runs.
 * @throws CommandError 5 if `file` exists, 2 on PostgreSQL
 * @throws BackupError if the copy cannot be written
 */
export async function runBackup(context: Context, file: string): Promise<void> {
  const path = sqlitePathOf(readConfig(context.env), 'pg_dump --format=custom --file=FILE');
  if (existsSync(file)) throw new CommandError(`${file} already exists. Choose another file name.`, 5);
  if (!existsSync(path))
    throw new CommandError(`There is no database at ${path}. Check TOKENSD_DATA_DIR and TOKENSD_DATABASE_URL.`, 1);
  const { users, tokens, sha256 } = await backUp(path, file);
  context.stderr.write(`${file}: ${count(users, 'member')}, ${count(tokens, 'token')}, SHA-256 ${sha256}\n`);
}

/** Returns the file of the SQLite database. @throws CommandError 2 on PostgreSQL, naming `tool` to use instead */
export function sqlitePathOf({ databaseUrl }: Config, tool: string): string {
  if (databaseUrl.startsWith('sqlite:')) return databaseUrl.slice('sqlite:'.length);
  throw new CommandError(
    `This command works with SQLite only. For PostgreSQL, use ${tool}, as described in docs/production.md.`,
    2,
  );
}
