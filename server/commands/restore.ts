import { existsSync } from 'node:fs';
import { count } from '../../shared/count.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { type Restored, restore } from '../store/maintenance/restore.ts';
import { lockForDaemon } from '../store/open.ts';
import { sqlitePathOf } from './backup.ts';

/**
 * Replaces the SQLite database with a backup and reports what was carried over from the replaced database:
 *
 * 1. Lock the database, so that no daemon serves it.
 * 2. Build the restored database beside it: copy the backup, apply what the current database knows (revoked tokens,
 *    disabled and blocked members, current credentials), end every session.
 * 3. Rename the current database to `….before-restore-TIME`, then the new one into its place.
 *
 * @throws CommandError 2 on PostgreSQL
 * @throws AlreadyRunning if a daemon uses the database
 * @throws BackupError if `file` is damaged or not a backup
 */
export async function runRestore(context: Context, file: string): Promise<void> {
  const config = readConfig(context.env);
  const path = sqlitePathOf(config, 'pg_restore');
  if (!existsSync(file)) throw new CommandError(`There is no file ${file}. Check the path of the backup.`, 1);
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl);
  try {
    const stamp = new Date(systemClock.now()).toISOString().replaceAll(/[:.]/g, '-');
    const restored = await restore(path, file, `before-restore-${stamp}`);
    context.stderr.write(`${report(restored).join('\n')}\n`);
  } finally {
    await lock.release();
  }
}

function report(restored: Restored): string[] {
  const { users, tokens, newestEventAt, setAside, revokedSince, blockedSince, deletedSince } = restored;
  const age =
    newestEventAt === null
      ? 'The backup has no audit events.'
      : `The newest audit event in the backup is from ${new Date(newestEventAt).toISOString()}.`;
  return [
    `Restored ${count(users, 'member')} and ${count(tokens, 'token')}. ${age}`,
    ...(setAside === null ? [] : [`The replaced database is now ${setAside}.`]),
    ...reportRevocations(revokedSince),
    ...(blockedSince.length === 0
      ? []
      : [`Still disabled, demoted or without the permission, as before the restore: ${blockedSince.join(', ')}`]),
    ...(deletedSince.length === 0 ? [] : [`Deleted again, as before the restore: ${deletedSince.join(', ')}`]),
    'Every session has ended. Anything created after the backup is lost and has to be created again.',
  ];
}

function reportRevocations(revokedSince: Restored['revokedSince']): string[] {
  if (revokedSince === null) {
    return [
      'The replaced database could not be read, so tokens revoked after the backup are active again.',
      'Find them in the revocation mails sent since then, and revoke each one: tokens revoke NAME --user EMAIL',
    ];
  }
  const credentials =
    'Email addresses, passwords, second factors and client secrets are those from before the restore.';
  if (revokedSince.length === 0) return ['No token was revoked after the backup.', credentials];
  const lines = revokedSince.map(({ prefix, name, owner, revokedAt }) => {
    const time = revokedAt === null ? 'more than 90 days ago' : new Date(revokedAt).toISOString();
    return `  ${prefix}  ${name}  ${owner}  ${time}`;
  });
  return ['These tokens were revoked after the backup and stay revoked:', ...lines, credentials];
}
