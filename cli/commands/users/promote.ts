import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersPromote(users: Command, ctx: Context): void {
  users
    .command('promote')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Make members Organization Superusers')
    .description('Make members Organization Superusers, who manage members, permissions and the tokens of others.')
    .addHelpText('after', '\nExample:\n  $ tokens users promote ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(ctx, emails, { superuser: true }, 'Promoted', command.optsWithGlobals()),
    );
}
