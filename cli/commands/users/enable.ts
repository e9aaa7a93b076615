import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersEnable(users: Command, ctx: Context, run = updateUsers): void {
  users
    .command('enable')
    .argument('<email...>', 'Members')
    .summary('Enable accounts again')
    .description('Enable accounts again. Tokens that were not revoked or expired meanwhile work again.')
    .addHelpText('after', '\nExample:\n  $ tokens users enable ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      run(ctx, emails, { disabled: false }, 'Enabled', command.optsWithGlobals()),
    );
}
