import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersDisable(users: Command, ctx: Context): void {
  users
    .command('disable')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Disable accounts')
    .description(
      'Disable accounts. Sessions end and tokens stop working immediately. Enabling the account reactivates the tokens.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens users disable ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(ctx, emails, { disabled: true }, (email) => `Disabled ${email}.`, command.optsWithGlobals()),
    );
}
