import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersEnable(users: Command, ctx: Context): void {
  users
    .command('enable')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Enable disabled accounts')
    .description('Enable disabled accounts. Tokens work again unless they are inactive for another reason.')
    .addHelpText('after', '\nExample:\n  $ tokens users enable ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(ctx, emails, { disabled: false }, (email) => `Enabled ${email}.`, command.optsWithGlobals()),
    );
}
