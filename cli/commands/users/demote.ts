import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersDemote(users: Command, ctx: Context): void {
  users
    .command('demote')
    .argument('<email...>', 'Email addresses of the members')
    .summary('Make Organization Superusers regular members')
    .description('Make Organization Superusers regular members. The last superuser cannot be demoted.')
    .addHelpText('after', '\nExample:\n  $ tokens users demote ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      updateUsers(ctx, emails, { superuser: false }, 'Demoted', command.optsWithGlobals()),
    );
}
