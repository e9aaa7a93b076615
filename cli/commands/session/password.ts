import { type Command, Option } from 'commander';
import { expectSuccess } from '../../api/responses.ts';
import type { Context, GlobalOptions, Prompts } from '../../context.ts';
import { localError } from '../../errors.ts';
import { promptsOrStdin } from '../../input/ask.ts';
import { readSecretLines } from '../../input/read-stdin.ts';
import { connect } from '../../session/connect.ts';
import type { SecondFactorAction } from '../../sign-in/second-factor.ts';
import { note } from '../../ui/notes.ts';

export interface PasswordOptions extends GlobalOptions {
  passwordStdin?: boolean;
  enableTotp?: boolean;
  disableTotp?: boolean;
  recoveryCodes?: boolean;
}

export function definePassword(command: Command, ctx: Context): void {
  command
    .description(
      'Change your password, or turn two-factor sign-in on or off. This ends your other sessions. Your tokens keep working.',
    )
    .option('--password-stdin', 'Read the current and the new password from standard input, one per line')
    .addOption(new Option('--enable-totp', 'Turn on two-factor sign-in').conflicts(['disableTotp', 'recoveryCodes']))
    .addOption(new Option('--disable-totp', 'Remove the authenticator app. Passkeys stay').conflicts('recoveryCodes'))
    .option('--recovery-codes', 'Print new recovery codes and invalidate the earlier ones')
    .addHelpText('after', '\nExamples:\n  $ tokens password\n  $ tokens password --enable-totp')
    .action((_options, command: Command) => runPassword(ctx, command.optsWithGlobals()));
}

async function runPassword(ctx: Context, options: PasswordOptions): Promise<void> {
  const action = secondFactorAction(options);
  if (action) {
    const { changeSecondFactor } = await import('../../sign-in/second-factor.ts');
    return changeSecondFactor(ctx, options, action);
  }
  const prompts = await promptsOrStdin(ctx, options.passwordStdin);
  const { api } = await connect(ctx, options);
  const passwords = prompts ? await askPasswords(prompts) : await readPasswords(ctx);
  await expectSuccess(api.me.password.$put({ json: passwords }));
  await note(ctx, options, 'Your password was changed. Your other sessions have ended.');
}

function secondFactorAction(options: PasswordOptions): SecondFactorAction | null {
  if (options.enableTotp) return 'enable';
  if (options.disableTotp) return 'disable';
  return options.recoveryCodes ? 'new-recovery-codes' : null;
}

async function readPasswords(ctx: Context) {
  const [current = '', next = ''] = await readSecretLines(ctx, 2);
  return { current, new: next };
}

async function askPasswords(prompts: Prompts) {
  const current = await prompts.secret('Current password');
  const next = await prompts.secret('New password');
  if ((await prompts.secret('New password again')) === next) return { current, new: next };
  throw localError('usage', 'The new passwords do not match, so nothing was changed. Try again.');
}
