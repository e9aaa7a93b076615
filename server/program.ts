import { Command } from 'commander';
import type { InitOptions } from './commands/init.ts';
import type { RecoverOptions } from './commands/recover.ts';
import type { MoveIssuerOptions } from './commands/sso/move.ts';
import type { UnbindIssuerOptions } from './commands/sso/unbind.ts';
import type { Context } from './context.ts';
import { addUpkeep } from './upkeep-program.ts';

/**
 * Creates the command tree. Each command imports its code when it runs, so that help does not load the database driver.
 * `writeHelp` receives the text of `--help` and `--version`.
 */
export function createProgram(context: Context, version: string, writeHelp: (text: string) => void): Command {
  const program = new Command('tokensd')
    .description('Run and manage the personal API token daemon.')
    .version(version, '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Show help')
    .helpCommand('help [command]', 'Show help for a command')
    .exitOverride()
    .configureOutput({
      writeOut: writeHelp,
      writeErr: (text) => context.stderr.write(text),
      // commander would open Node's stream to find these out.
      getOutHelpWidth: () => context.stdout.columns ?? 80,
      getOutHasColors: () => false,
    });
  addServing(program, context);
  addRecovery(program, context);
  addUsers(program, context);
  addSso(program, context);
  addUpkeep(program, context);
  return program;
}

function addServing(program: Command, context: Context): void {
  program
    .command('serve')
    .summary('Run the daemon')
    .description(
      'Run the daemon until it receives SIGTERM or SIGINT. Settings come from TOKENSD_… environment variables, and from the file that TOKENSD_CONFIG names; see `tokensd config`.',
    )
    .addHelpText('after', '\nExample:\n  $ TOKENSD_PUBLIC_URL=https://tokens.example.com tokensd serve')
    .action(async () => (await import('./commands/serve.ts')).runServe(context));
  program
    .command('init')
    .summary('Create the first Organization Superuser')
    .description(
      'Create an Organization Superuser who can create tokens. If the email address is taken, the command changes nothing and exits with code 5. ' +
        'With --service-account, --manage and --key-file, it also creates the first service account and a management key, with which a program can set up everything else. ' +
        'The key is valid for 24 hours and may rotate itself, as `tokens ensure` does.',
    )
    .option('--email <email>', 'Email address to sign in with; asked for on a terminal')
    .option('--name <name>', 'Name shown to other members')
    .option('--password-stdin', 'Read the password from standard input')
    .option('--no-password', 'Set no password: the superuser signs in with single sign-on, or with `tokensd recover`')
    .option('--service-account <name>', 'Name of the first service account')
    .option('--manage <scope>', 'Scope of the management key (repeatable), or all', collect)
    .option('--key-file <file>', 'New file for the management key (mode 600)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ tokensd init\n  $ tokensd init --email ada@example.com --name "Ada Lovelace"\n  $ pass show tokensd | tokensd init --email ada@example.com --password-stdin\n  $ tokensd init --email ada@example.com --no-password --service-account platform --manage all --key-file /run/tokens-key',
    )
    .action(async (options: InitOptions) => (await import('./commands/init.ts')).runInit(context, options));
}

function addRecovery(program: Command, context: Context): void {
  program
    .command('recover')
    .summary('Give an Organization Superuser access again')
    .description(
      'Print a link that makes a member an enabled Organization Superuser with a new password and no second factor. If nobody has the email address, the link creates the member. ' +
        "It works once, for 30 minutes, and signs in the browser that opens it. The password works until the member's next single sign-on, even if TOKENSD_PASSWORD_SIGN_IN forbids passwords. " +
        'Every superuser gets a mail. The daemon can keep running.',
    )
    .requiredOption('--email <email>', 'Email address of the member')
    .addHelpText('after', '\nExample:\n  $ tokensd recover --email ada@example.com')
    .action(async (options: RecoverOptions) => (await import('./commands/recover.ts')).runRecover(context, options));
}

function addUsers(program: Command, context: Context): void {
  const users = program
    .command('users')
    .summary('Help members who cannot sign in')
    .description('Help members who cannot sign in. The daemon can keep running.');
  users
    .command('unlock')
    .summary("Forget a member's failed sign-ins")
    .description(
      "Forget all wrong passwords and codes at a member's account, from all clients, so that nobody has to wait. On SQLite, the daemon does it within a second. " +
        'Networks with many failures still wait, up to 15 minutes. While guesses continue, a member can sign in from a browser that has signed in before, or set a new password with a mailed link.',
    )
    .argument('<email>', 'Email address of the member')
    .addHelpText('after', '\nExample:\n  $ tokensd users unlock ada@example.com')
    .action(async (email: string) => (await import('./commands/users/unlock.ts')).runUnlock(context, email));
}

function addSso(program: Command, context: Context): void {
  const sso = program
    .command('sso')
    .summary('Adapt to a changed identity provider')
    .description(
      "Keep members' accounts after the identity provider got another issuer or gave people new subjects. The daemon can keep running.",
    );
  sso
    .command('move')
    .summary('Move all members to another issuer')
    .description(
      'Move the identities of all members at one issuer to another one. Use this if the address of the identity provider changed and the subjects of people stayed. ' +
        'If a subject exists at both issuers, the command changes nothing and exits with code 5. Sessions and tokens stay.',
    )
    .requiredOption('--from <issuer>', 'Issuer that members are bound to')
    .requiredOption('--to <issuer>', 'Issuer as TOKENSD_OIDC_ISSUER names it')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText(
      'after',
      '\nExample:\n  $ tokensd sso move --from https://old.example.com/realms/acme --to https://sso.example.com/realms/acme',
    )
    .action(async (options: MoveIssuerOptions) =>
      (await import('./commands/sso/move.ts')).runMoveIssuer(context, options),
    );
  sso
    .command('unbind')
    .summary('Unbind all members of an issuer')
    .description(
      'Remove the identities of all members at one issuer. Use this if the identity provider gave everybody a new subject. Their sessions end, and each gets a mail. ' +
        'The next single sign-on with the email address of a member connects the account again, if TOKENSD_OIDC_EMAIL_VERIFIED accepts the address. ' +
        'Members whose password signs them in connect it on their profile instead. Tokens stay.',
    )
    .requiredOption('--from <issuer>', 'Issuer that members are bound to')
    .option('--yes', 'Do not ask for confirmation')
    .addHelpText('after', '\nExample:\n  $ tokensd sso unbind --from https://old.example.com/realms/acme')
    .action(async (options: UnbindIssuerOptions) =>
      (await import('./commands/sso/unbind.ts')).runUnbindIssuer(context, options),
    );
}

function collect(value: string, earlier: string[] = []): string[] {
  return [...earlier, value];
}
