import { existsSync } from 'node:fs';
import { type Config, readConfig } from '../config/config.ts';
import { CommandError, type Context } from '../context.ts';
import { backUp } from '../store/maintenance/backup.ts';

/** @throws CommandError 5 for a file that exists, 2 on PostgreSQL; BackupError if it cannot be written */
export async function runBackup(context: Context, file: string): Promise<void> {
  const path = sqlitePathOf(readConfig(context.env), 'pg_dump --format=custom --file=FILE');
  if (existsSync(file)) throw new CommandError(`${file} exists already. Name a new file.`, 5);
  if (!existsSync(path)) throw new CommandError(`There is no database at ${path}. Check TOKENSD_DATA_DIR.`, 1);
  const { users, tokens, sha256 } = await backUp(path, file);
  context.stderr.write(`${file}: ${users} members, ${tokens} tokens, SHA-256 ${sha256}\n`);
}

/** The file of a SQLite database. @throws CommandError 2 that names PostgreSQL's own tool */
export function sqlitePathOf({ databaseUrl }: Config, tool: string): string {
  if (databaseUrl.startsWith('sqlite:')) return databaseUrl.slice('sqlite:'.length);
  throw new CommandError(`This is for SQLite. PostgreSQL has its own tools: ${tool}. See docs/operations.md.`, 2);
}
