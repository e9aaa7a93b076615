import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function defineGrant(command: Command, ctx: Context): void {
  command
    .argument('<email...>', 'Email addresses of the members')
    .description(
      'Grant members the permission "Can create and manage personal API tokens". Their blocked tokens work again.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens grant ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(
        ctx,
        emails,
        { can_manage_tokens: true },
        (email) => `Granted the permission to ${email}.`,
        command.optsWithGlobals(),
      ),
    );
}
