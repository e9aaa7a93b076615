import { type Command, Option } from 'commander';
import { unwrap } from '../api/unwrap.ts';
import type { Context, GlobalOptions, Prompts } from '../context.ts';
import { localError } from '../errors.ts';
import { promptsIfInteractive } from '../input/ask.ts';
import { readSecretLines } from '../input/read-stdin.ts';
import { connect } from '../session/connect.ts';
import { note } from '../ui/notes.ts';

export interface PasswordOptions extends GlobalOptions {
  passwordStdin?: boolean;
  enableTotp?: boolean;
  disableTotp?: boolean;
  recoveryCodes?: boolean;
}

export function registerPassword(program: Command, ctx: Context, run = runPassword): void {
  program
    .command('password')
    .summary('Change your password or two-step sign-in')
    .description('Change your password, or whether it takes a second step. Your other sessions end; your tokens stay.')
    .option('--password-stdin', 'Read the current and the new password from standard input, one a line')
    .addOption(new Option('--enable-totp', 'Turn two-step sign-in on').conflicts(['disableTotp', 'recoveryCodes']))
    .addOption(new Option('--disable-totp', 'Turn two-step sign-in off').conflicts('recoveryCodes'))
    .option('--recovery-codes', 'Print new recovery codes; the earlier ones are void')
    .addHelpText('after', '\nExamples:\n  $ tokens password\n  $ tokens password --enable-totp')
    .action((_options, command: Command) => run(ctx, command.optsWithGlobals()));
}

async function runPassword(ctx: Context, options: PasswordOptions): Promise<void> {
  if (options.enableTotp || options.disableTotp || options.recoveryCodes) {
    const { changeTwoStep } = await import('../sign-in/second-factor.ts');
    return changeTwoStep(ctx, options);
  }
  const prompts = options.passwordStdin ? null : await promptsIfInteractive(ctx);
  if (!options.passwordStdin && !prompts) {
    throw localError('usage', 'There is no terminal to ask for passwords on. Use --password-stdin.');
  }
  const { api } = await connect(ctx, options);
  const passwords = prompts ? await askFor(prompts) : await readBoth(ctx);
  await unwrap(api.me.password.$put({ json: passwords }));
  await note(ctx, options, 'Your password is changed. Your other sessions have ended.');
}

async function readBoth(ctx: Context) {
  const [current = '', next = ''] = await readSecretLines(ctx, 2);
  return { current, new: next };
}

async function askFor(prompts: Prompts) {
  const current = await prompts.secret('Current password');
  const next = await prompts.secret('New password');
  if ((await prompts.secret('New password again')) === next) return { current, new: next };
  throw localError('usage', 'The two new passwords differ; nothing was changed. Try again.');
}
