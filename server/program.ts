import { Command } from 'commander';
import type { InitOptions } from './commands/init.ts';
import type { MoveOptions } from './commands/migrate-store.ts';
import type { Context } from './context.ts';

/**
 * Creates the command tree. Each command imports its code when it runs, so that help does not load the database driver.
 * `writeHelp` receives the text of `--help` and `--version`.
 */
export function createProgram(context: Context, version: string, writeHelp: (text: string) => void): Command {
  const program = new Command('tokensd')
    .description('Run and manage the personal API token daemon.')
    .version(version)
    .exitOverride()
    .configureOutput({ writeOut: writeHelp, writeErr: (text) => context.stderr.write(text) });
  addServing(program, context);
  addBackups(program, context);
  addMail(program, context);
  addMaintenance(program, context);
  return program;
}

function addServing(program: Command, context: Context): void {
  program
    .command('serve')
    .summary('Run the daemon')
    .description(
      'Runs the daemon until it receives SIGTERM or SIGINT. Settings come from TOKENSD_… environment variables; see `tokensd config`.',
    )
    .addHelpText('after', '\nExample:\n  $ TOKENSD_PUBLIC_URL=https://tokens.example.com tokensd serve')
    .action(async () => (await import('./commands/serve.ts')).runServe(context));
  program
    .command('init')
    .summary('Create the first Organization Superuser')
    .description(
      'Creates an Organization Superuser who can create tokens. If the email address is taken, exits with code 5 and changes nothing.',
    )
    .requiredOption('--email <email>', 'email address to sign in with')
    .option('--name <name>', 'name shown to other members')
    .option('--password-stdin', 'read the password from standard input')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokensd init --email ada@example.com --name "Ada Lovelace"\n  $ pass show tokensd | tokensd init --email ada@example.com --password-stdin',
    )
    .action(async (options: InitOptions) => (await import('./commands/init.ts')).runInit(context, options));
}

function addBackups(program: Command, context: Context): void {
  program
    .command('backup')
    .summary('Back up the SQLite database')
    .description(
      'Writes a consistent copy of the SQLite database with mode 0600. The daemon can keep running. Never overwrites a file.',
    )
    .argument('<file>', 'file to create')
    .addHelpText('after', '\nExample:\n  $ tokensd backup "/var/backups/tokens-$(date +%F).db"')
    .action(async (file: string) => (await import('./commands/backup.ts')).runBackup(context, file));
  program
    .command('restore')
    .summary('Replace the SQLite database with a backup')
    .description(
      'Replaces the SQLite database with a backup and ends every session. Stop the daemon first. The current database is saved ' +
        'under another name. If it is readable, whatever was revoked, disabled or blocked since the backup stays so and is listed.',
    )
    .argument('<file>', 'file written by `tokensd backup`')
    .addHelpText('after', '\nExample:\n  $ tokensd restore /var/backups/tokens-2026-11-25.db')
    .action(async (file: string) => (await import('./commands/restore.ts')).runRestore(context, file));
}

function addMail(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('List and resend dead letters')
    .description('Manages dead letters: mails that could not be delivered. The daemon can keep running.');
  mail
    .command('list')
    .summary('List dead letters')
    .description('Prints one line per dead letter, newest first: time given up, recipient, subject and last error.')
    .addHelpText('after', '\nExample:\n  $ tokensd mail list')
    .action(async () => (await import('./commands/mail.ts')).runMailList(context));
  mail
    .command('retry')
    .summary('Send dead letters again')
    .description(
      'Puts dead letters back into the outbox with a fresh set of attempts. A running daemon sends them within a second.',
    )
    .option('--to <email>', 'only mails to this address')
    .addHelpText('after', '\nExamples:\n  $ tokensd mail retry\n  $ tokensd mail retry --to ada@example.com')
    .action(async (options: { to?: string }) => (await import('./commands/mail.ts')).runMailRetry(context, options));
}

function addMaintenance(program: Command, context: Context): void {
  program
    .command('migrate')
    .summary('Update the database schema')
    .description('Applies pending schema migrations. `tokensd serve` does the same at start-up.')
    .addHelpText('after', '\nExample:\n  $ tokensd migrate')
    .action(async () => (await import('./commands/migrate.ts')).runMigrate(context));
  program
    .command('migrate-store')
    .summary('Move from SQLite to PostgreSQL')
    .description(
      'Copies every table into an empty PostgreSQL database, reads it back and compares it, then commits. Stop the daemon first. ' +
        'If it is interrupted, run it again: a move is complete or has no effect.',
    )
    .requiredOption('--from <url>', 'source, as sqlite:/path/to/file')
    .requiredOption('--to <url>', 'target, as postgres://user@host:5432/database; set the password in PGPASSWORD')
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
    .description('Prints every setting as NAME=value, including defaults. Secrets are hidden.')
    .addHelpText('after', '\nExample:\n  $ tokensd config')
    .action(async () => (await import('./commands/config.ts')).runConfig(context));
}
