import { existsSync } from 'node:fs';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { type Restored, restore } from '../store/maintenance/restore.ts';
import { lockForDaemon } from '../store/open.ts';
import { sqlitePathOf } from './backup.ts';

/** @throws AlreadyRunning, BackupError for a file that is damaged or no backup, CommandError 2 on PostgreSQL */
export async function runRestore(context: Context, file: string): Promise<void> {
  const config = readConfig(context.env);
  const path = sqlitePathOf(config, 'pg_restore');
  if (!existsSync(file)) throw new CommandError(`There is no file ${file}.`, 1);
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl);
  try {
    const stamp = new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, '-');
    for (const line of report(await restore(path, file, `before-restore-${stamp}`))) context.stderr.write(`${line}\n`);
  } finally {
    await lock.release();
  }
}

function report({ users, tokens, newestEventAt, setAside, revokedSince, blockedSince }: Restored): string[] {
  const until =
    newestEventAt === null ? 'nothing happened yet' : `its newest event is of ${new Date(newestEventAt).toISOString()}`;
  const lines = [`Restored ${users} members and ${tokens} tokens; ${until}.`];
  if (setAside !== null) lines.push(`The database from before is ${setAside}.`);
  if (revokedSince === null) {
    lines.push(
      'There is no readable database from before: tokens revoked after the backup was made work again.',
      'Find them in the mails about revocations since then, and revoke them: tokens revoke NAME --user EMAIL',
    );
  } else if (revokedSince.length === 0) {
    lines.push('No token was revoked after the backup was made.');
  } else {
    lines.push('These tokens were revoked after the backup was made, and stay revoked:');
    for (const { prefix, name, owner, revokedAt } of revokedSince) {
      lines.push(
        `  ${prefix}  ${name}  ${owner}  ${revokedAt === null ? 'more than 90 days ago' : new Date(revokedAt).toISOString()}`,
      );
    }
  }
  if (revokedSince !== null) lines.push('Passwords, second steps and services’ secrets stay as they were until now.');
  if (blockedSince.length > 0)
    lines.push(`Disabled, demoted or without the permission since, and still so: ${blockedSince.join(', ')}`);
  lines.push('Every session has ended. What was created after the backup was made is gone: create it again.');
  return lines;
}
