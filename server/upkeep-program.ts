import type { Command } from 'commander';
import type { CheckOptions } from './commands/check/run.ts';
import type { MoveOptions } from './commands/migrate-store.ts';
import type { RestoreCommandOptions } from './commands/restore.ts';
import type { Context } from './context.ts';

/** Adds the commands that look after a daemon: its backups, mails, database, settings and health. */
export function addUpkeep(program: Command, context: Context): void {
  addBackups(program, context);
  addMail(program, context);
  addMaintenance(program, context);
  addHealthy(program, context);
}

function addBackups(program: Command, context: Context): void {
  program
    .command('backup')
    .summary('Back up the SQLite database')
    .description(
      'Write a consistent copy of the SQLite database with mode 0600. The daemon can keep running. An existing file is never overwritten.',
    )
    .argument('<file>', 'File to create')
    .addHelpText('after', '\nExample:\n  $ tokensd backup "/var/backups/tokensd/$(date +%F).db"')
    .action(async (file: string) => (await import('./commands/backup.ts')).runBackup(context, file));
  program
    .command('restore')
    .summary('Replace the SQLite database with a backup')
    .description(
      'Replace the SQLite database with a backup and end every session. Stop the daemon first. The current database is saved ' +
        'under another name. Tokens and members that were revoked, disabled, blocked or deleted since the backup stay so and are listed. ' +
        'If nobody knows what happened after the backup, because the current database is missing, damaged or does not continue from it, ' +
        'the command asks first. Without a terminal it exits with code 2 unless --without-history is set.',
    )
    .argument('[file]', 'File written by `tokensd backup`')
    .option('--without-history', 'Restore even if nobody knows what was revoked after the backup')
    .option('--undo', 'Undo a restore that was interrupted')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokensd restore /var/backups/tokensd/2026-11-25.db\n  $ tokensd restore --undo',
    )
    .action(async (file: string | undefined, options: RestoreCommandOptions) =>
      (await import('./commands/restore.ts')).runRestore(context, file, options),
    );
}

function addMail(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('List, resend and test mail')
    .description(
      'See which mails wait and why, send them again, and test the mail server. The daemon can keep running.',
    );
  mail
    .command('list')
    .summary('List mails that wait or were given up')
    .description(
      'Print one line per mail that waits, the next to be tried first, and one per dead letter, newest first. The columns are: state (waiting, sending, given-up), next try or time given up, attempts, time queued, recipient, subject and last error.',
    )
    .addHelpText('after', '\nExample:\n  $ tokensd mail list')
    .action(async () => (await import('./commands/mail.ts')).runMailList(context));
  mail
    .command('retry')
    .summary('Try mails again now')
    .description(
      'Make waiting mails due now, and put dead letters back into the outbox with a fresh set of attempts. A running daemon sends them within a second.',
    )
    .option('--to <email>', 'Only mails to this address')
    .addHelpText('after', '\nExamples:\n  $ tokensd mail retry\n  $ tokensd mail retry --to ada@example.com')
    .action(async (options: { to?: string }) => (await import('./commands/mail.ts')).runMailRetry(context, options));
  mail
    .command('test')
    .summary('Send a test mail')
    .description(
      'Check the mail server and send a mail to this address, without the outbox. Prints what the mail server replied, and what to do if it rejected the mail.',
    )
    .argument('<email>', 'Recipient')
    .addHelpText('after', '\nExample:\n  $ tokensd mail test you@example.com')
    .action(async (email: string) => (await import('./commands/mail-test.ts')).runMailTest(context, email));
}

function addMaintenance(program: Command, context: Context): void {
  program
    .command('migrate')
    .summary('Update the database schema')
    .description('Apply pending schema migrations. `tokensd serve` does the same at start-up.')
    .addHelpText('after', '\nExample:\n  $ tokensd migrate')
    .action(async () => (await import('./commands/migrate.ts')).runMigrate(context));
  program
    .command('migrate-store')
    .summary('Move from SQLite to PostgreSQL')
    .description(
      'Copy every table into an empty PostgreSQL database, compare the copy with the source, and commit. Stop the daemon first. ' +
        'If the command is interrupted, run it again: it copies everything or nothing.',
    )
    .requiredOption('--from <url>', 'Source, as sqlite:/path/to/file')
    .requiredOption('--to <url>', 'Target, as postgres://user@host:5432/database; set the password in PGPASSWORD')
    .addHelpText(
      'after',
      '\nExample:\n  $ PGPASSWORD=… tokensd migrate-store --from sqlite:/var/lib/tokensd/tokens.db --to postgres://tokens@db.example.com/tokens',
    )
    .action(async (options: MoveOptions) =>
      (await import('./commands/migrate-store.ts')).runMigrateStore(context, options),
    );
  program
    .command('config')
    .summary('Show the effective settings')
    .description('Print every setting as NAME=value, including defaults. Secrets are hidden.')
    .addHelpText('after', '\nExample:\n  $ tokensd config')
    .action(async () => (await import('./commands/config.ts')).runConfig(context));
  program
    .command('check')
    .summary('Check the set-up')
    .description(
      'Look for mistakes in the set-up: settings, database, mail server, identity provider, public URL and clocks. Prints one line ' +
        'per check. Exits with code 1 if one failed, and with code 2 if a setting is invalid. Changes nothing, whether the daemon runs or not. ' +
        'The public URL is asked only if something answers at TOKENSD_LISTEN.',
    )
    .option('--json', 'Print the checks as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokensd check\n  $ tokensd check --json | jq \'.checks[] | select(.state != "ok")\'',
    )
    .action(async (options: CheckOptions) => (await import('./commands/check/run.ts')).runCheck(context, options));
}

function addHealthy(program: Command, context: Context): void {
  program
    .command('healthy')
    .summary('Ask the running daemon whether it is ready')
    .description(
      'Ask the daemon at TOKENSD_LISTEN for /readyz. Exits with code 0 if it is ready, and with code 1 if it is not, or does not answer within 4 seconds. ' +
        'Use it for health checks of containers.',
    )
    .addHelpText('after', '\nExample:\n  $ tokensd healthy')
    .action(async () => (await import('./commands/check/healthy.ts')).runHealthy(context));
}
