import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersDisable(users: Command, ctx: Context, run = updateUsers): void {
  users
    .command('disable')
    .argument('<email...>', 'Members')
    .summary('Disable accounts')
    .description('Disable accounts: sessions end and tokens stop working at once, until the account is enabled again.')
    .addHelpText('after', '\nExample:\n  $ tokens users disable ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      run(ctx, emails, { disabled: true }, 'Disabled', command.optsWithGlobals()),
    );
}
