import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function defineUngrant(command: Command, ctx: Context): void {
  command
    .argument('<email...>', 'Email addresses of the members')
    .description(
      'Remove the permission "Can create and manage personal API tokens" from members. Their tokens stop working immediately. Granting the permission again reactivates them.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens ungrant ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(
        ctx,
        emails,
        { can_manage_tokens: false },
        (email) => `Removed the permission of ${email} and blocked the tokens.`,
        command.optsWithGlobals(),
      ),
    );
}
