import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { updateUsers } from './users/update.ts';

export function registerGrant(program: Command, ctx: Context, run = updateUsers): void {
  program
    .command('grant')
    .argument('<email...>', 'Members')
    .summary('Let members create and manage tokens')
    .description('Give members the permission "Can create and manage personal API tokens". Blocked tokens work again.')
    .addHelpText('after', '\nExample:\n  $ tokens grant ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      run(ctx, emails, { can_manage_tokens: true }, 'May now create and manage tokens', command.optsWithGlobals()),
    );
}
