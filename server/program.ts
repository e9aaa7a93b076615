import { Command } from 'commander';
import type { InitOptions } from './commands/init.ts';
import type { MoveOptions } from './commands/migrate-store.ts';
import type { Context } from './context.ts';
import { ownVersion } from './version.ts';

/** The command tree. Building it loads no command: each is loaded, with all it needs, when it runs. */
export function createProgram(context: Context): Command {
  const program = new Command('tokensd')
    .description('The daemon that holds personal API tokens and tells proxies and services whether one is good.')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    });
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
    .description('Serves until SIGTERM or SIGINT. Settings come from TOKENSD_… variables: see `tokensd config`.')
    .addHelpText('after', '\nExample:\n  $ TOKENSD_PUBLIC_URL=https://tokens.example.com tokensd serve')
    .action(async () => (await import('./commands/serve.ts')).runServe(context));
  program
    .command('init')
    .summary('Make the first Organization Superuser')
    .description(
      'Makes an Organization Superuser who may create tokens. An e-mail address that is taken is exit code 5 and changes nothing.',
    )
    .requiredOption('--email <email>', 'e-mail address to sign in with')
    .option('--name <name>', 'name shown to others')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokensd init --email ada@example.com --name "Ada Lovelace"\n  $ pass show tokensd | tokensd init --email ada@example.com --password-stdin',
    )
    .action(async (options: InitOptions) => (await import('./commands/init.ts')).runInit(context, options));
}

function addBackups(program: Command, context: Context): void {
  program
    .command('backup')
    .summary('Write a copy of the database while it is in use')
    .description(
      'Writes one consistent copy of the SQLite database, mode 0600. The daemon may run. An existing file is refused.',
    )
    .argument('<file>', 'the file to write')
    .addHelpText('after', '\nExample:\n  $ tokensd backup "/var/backups/tokens-$(date +%F).db"')
    .action(async (file: string) => (await import('./commands/backup.ts')).runBackup(context, file));
  program
    .command('restore')
    .summary('Put a backup in the place of the database')
    .description(
      'Stop the daemon first. What was revoked, disabled or blocked after the backup was made stays so, if the present database can ' +
        'still be read, and is listed. Every session ends. The present database is set aside, not removed.',
    )
    .argument('<file>', 'a file that `tokensd backup` wrote')
    .addHelpText('after', '\nExample:\n  $ tokensd restore /var/backups/tokens-2026-11-25.db')
    .action(async (file: string) => (await import('./commands/restore.ts')).runRestore(context, file));
}

function addMail(program: Command, context: Context): void {
  const mail = program
    .command('mail')
    .summary('Look at mails that were given up, and send them again')
    .description('Mails that could not be delivered. The daemon may run; it sends what is retried within a second.');
  mail
    .command('list')
    .summary('List mails that were given up')
    .description('One line a mail, newest first: when it was given up, for whom, subject, and the last error.')
    .addHelpText('after', '\nExample:\n  $ tokensd mail list')
    .action(async () => (await import('./commands/mail.ts')).runMailList(context));
  mail
    .command('retry')
    .summary('Send mails that were given up again')
    .description('Puts mails that were given up back into the queue, as if they had never been tried.')
    .option('--to <email>', 'only those to this address')
    .addHelpText('after', '\nExamples:\n  $ tokensd mail retry\n  $ tokensd mail retry --to ada@example.com')
    .action(async (options: { to?: string }) => (await import('./commands/mail.ts')).runMailRetry(context, options));
}

function addMaintenance(program: Command, context: Context): void {
  program
    .command('migrate')
    .summary('Bring the database to the newest schema')
    .description('Applies the migrations that are missing. `serve` does the same when it starts.')
    .addHelpText('after', '\nExample:\n  $ tokensd migrate')
    .action(async () => (await import('./commands/migrate.ts')).runMigrate(context));
  program
    .command('migrate-store')
    .summary('Move everything from SQLite to PostgreSQL')
    .description(
      'Copies every table into an empty PostgreSQL database, reads it back and compares before it commits. Stop the daemon first. ' +
        'If it is interrupted, run it again: it moves everything, or finds that all of it was moved.',
    )
    .requiredOption('--from <url>', 'sqlite:/path/to/file')
    .requiredOption('--to <url>', 'postgres://user@host:5432/database; give the password as PGPASSWORD')
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
    .description('Prints every setting as NAME=value, defaults filled in, passwords hidden.')
    .addHelpText('after', '\nExample:\n  $ tokensd config')
    .action(async () => (await import('./commands/config.ts')).runConfig(context));
}
