import { existsSync } from 'node:fs';
import { count } from '../../shared/count.ts';
import { readConfig } from '../config/config.ts';
import { prepareDataDir } from '../config/data-dir.ts';
import { CommandError, type Context } from '../context.ts';
import { systemClock } from '../domain/clock.ts';
import { createIds } from '../domain/secrets.ts';
import type { Gap } from '../store/maintenance/restore/history.ts';
import {
  HistoryUnknown,
  type Restored,
  type RestoreOptions,
  restore,
  undoRestoreOf,
} from '../store/maintenance/restore/restore.ts';
import { lockForDaemon } from '../store/open.ts';
import { sqlitePathOf } from './backup.ts';
import { confirmOrStop } from './sso/confirm.ts';

export interface RestoreCommandOptions {
  /** True to restore although the changes after the backup are unknown. */
  withoutHistory?: boolean;
  undo?: boolean;
}

/**
 * Replaces the SQLite database with a backup and reports what was carried over from the replaced database:
 *
 * 1. Lock the database, so that no daemon serves it.
 * 2. Build the restored database beside it: copy the backup, apply what the current database knows (revoked tokens,
 *    disabled and blocked members, current credentials), end every session.
 * 3. Put it in the place of the current database, which is kept as `….before-restore-TIME`.
 *
 * With `--undo`, removes what an interrupted restore has left behind.
 *
 * @throws CommandError 2 on PostgreSQL, and if nobody knows what happened after the backup and nobody can be asked
 * @throws AlreadyRunning if a daemon uses the database
 * @throws BackupError if `file` is damaged or not a backup
 */
export async function runRestore(
  context: Context,
  file: string | undefined,
  { undo = false, withoutHistory = false }: RestoreCommandOptions,
): Promise<void> {
  const config = readConfig(context.env);
  const databasePath = sqlitePathOf(config, 'pg_restore');
  if ((file === undefined) !== undo) throw new CommandError('Name either the backup or --undo.', 2);
  if (file !== undefined && !existsSync(file))
    throw new CommandError(`There is no file ${file}. Check the path of the backup.`, 1);
  prepareDataDir(config.dataDir);
  const lock = await lockForDaemon(config.databaseUrl);
  try {
    if (file === undefined) return await undoInterrupted(context, databasePath);
    const now = () => systemClock.now();
    const event = { id: createIds({ now })(), at: now() };
    const restored = await restoreOrAsk(context, { databasePath, file, event, withoutHistory });
    context.stderr.write(`${report(restored).join('\n')}\n`);
  } finally {
    await lock.release();
  }
}

async function undoInterrupted({ stderr }: Context, databasePath: string): Promise<void> {
  const { path, undone } = await undoRestoreOf(databasePath);
  const state = existsSync(path) ? `${path} is the database from before it.` : `There is no database at ${path}.`;
  stderr.write(undone ? `The interrupted restore was undone. ${state}\n` : 'No restore was interrupted.\n');
}

/** Asks first if nobody knows what happened after the backup was made. */
async function restoreOrAsk(context: Context, options: RestoreOptions): Promise<Restored> {
  try {
    return await restore(options);
  } catch (error) {
    if (!(error instanceof HistoryUnknown)) throw error;
    if (error.undone) context.stderr.write(`${undoneFirst}\n`);
    const { newestEventAt } = error.backup;
    const time = newestEventAt === null ? '' : `, whose newest event is from ${new Date(newestEventAt).toISOString()}`;
    const question =
      `Nobody knows what was revoked after this backup${time}, because ${causes[error.gap](options.databasePath)}. ` +
      'Tokens that were revoked or paused since then would work again, and so would values that a rotation replaced. Rules, apps and groups may be wider than they were. Restore it anyway?';
    await confirmOrStop(context, {}, question, '--without-history');
    return restore({ ...options, withoutHistory: true });
  }
}

const undoneFirst = 'An earlier restore had been interrupted and was undone first.';

const causes: Record<Gap, (path: string) => string> = {
  missing: (path) => `there is no database at ${path} to compare it with`,
  unreadable: (path) => `${path} is damaged or cannot be read`,
  unrelated: (path) =>
    `${path} does not contain that event, as it belongs to another installation or comes from an earlier copy`,
  skipped: (path) => `${path} comes from a backup that was restored without history after this one was made`,
};

function report(restored: Restored): string[] {
  const { users, tokens, newestEventAt, setAside, revokedSince, gap, undone, damaged } = restored;
  const age =
    newestEventAt === null
      ? 'The backup has no audit events.'
      : `The newest audit event in the backup is from ${new Date(newestEventAt).toISOString()}.`;
  return [
    ...(undone ? [undoneFirst] : []),
    `Restored ${count(users, 'member')} and ${count(tokens, 'token')}. ${age}`,
    ...(setAside === null ? [] : [`The replaced database is now ${setAside}.`]),
    ...reportForgotten(restored),
    ...reportRevocations(restored, revokedSince),
    ...reportPauses(restored),
    ...reportMembers(restored),
    ...(gap === null
      ? [
          'Email addresses, passwords, second factors, client secrets, apps, groups and rules of tokens are those from before the restore.',
        ]
      : [
          'Nobody knows what else was revoked after the backup. Tokens that were revoked or paused since then and are not listed here work again, and so do values that a rotation replaced. Members who were disabled or deleted since may be as they were, and so may apps and rules of tokens.',
          'Find these changes in the mails sent since then, and repeat each one: tokens revoke PREFIX --user EMAIL',
        ]),
    ...(damaged.length === 0 ? [] : [`Damaged, so nothing is known from them: ${damaged.join(', ')}`]),
    ...(restored.hasSuperuser || users === 0
      ? []
      : ['No enabled superuser remains. Make one with: tokensd recover --email EMAIL']),
    'Every session has ended. Anything created after the backup is lost and has to be created again.',
  ];
}

function reportMembers({ blockedSince, ungroupedSince, deletedSince }: Restored): string[] {
  const lists: Array<[string, string[]]> = [
    ['Still disabled, demoted or without the permission', blockedSince],
    ['Still without groups that they had in the backup', ungroupedSince],
    ['Deleted again', deletedSince],
  ];
  return lists.flatMap(([what, emails]) =>
    emails.length === 0 ? [] : [`${what}, as before the restore: ${emails.join(', ')}`],
  );
}

function reportPauses({ pausedTokens }: Restored): string[] {
  if (pausedTokens.length === 0) return [];
  return [
    'These tokens changed after the backup, and their newest state is not known. They are paused; check each one, then rotate or resume it:',
    ...pausedTokens.map(({ prefix, name, owner }) => `  ${prefix}  ${name}  ${owner}`),
  ];
}

function reportForgotten({ forgotUntil }: Restored): string[] {
  if (forgotUntil === null) return [];
  const time = new Date(forgotUntil).toISOString();
  return [
    `The backup is older than the newest audit event that TOKENSD_KEEP_AUDIT deleted, from ${time}. Every token of the backup that the replaced database did not have counts as revoked.`,
  ];
}

function reportRevocations({ gap }: Restored, revokedSince: Restored['revokedSince']): string[] {
  if (revokedSince.length === 0) return gap === null ? ['No token of the backup was revoked after it was made.'] : [];
  const lines = revokedSince.map(({ prefix, name, owner, revokedAt }) => {
    const time = revokedAt === null ? 'at an unknown time' : new Date(revokedAt).toISOString();
    return `  ${prefix}  ${name}  ${owner}  ${time}`;
  });
  return ['These tokens were revoked after the backup and stay revoked:', ...lines];
}
