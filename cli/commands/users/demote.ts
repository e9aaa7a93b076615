import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { updateUsers } from './update.ts';

export function registerUsersDemote(users: Command, ctx: Context, run = updateUsers): void {
  users
    .command('demote')
    .argument('<email...>', 'Members')
    .summary('Make Organization Superusers ordinary members')
    .description('Make Organization Superusers ordinary members. The last one cannot be demoted.')
    .addHelpText('after', '\nExample:\n  $ tokens users demote ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      run(ctx, emails, { superuser: false }, 'No longer an Organization Superuser', command.optsWithGlobals()),
    );
}
