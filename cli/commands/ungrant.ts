import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { updateUsers } from './users/update.ts';

export function registerUngrant(program: Command, ctx: Context, run = updateUsers): void {
  program
    .command('ungrant')
    .argument('<email...>', 'Members')
    .summary('Take that permission away; their tokens are blocked')
    .description(
      'Remove the permission "Can create and manage personal API tokens". Their tokens stop working at once, until it is granted again.',
    )
    .addHelpText('after', '\nExample:\n  $ tokens ungrant ada@example.com')
    .action((emails: string[], _options, command: Command) =>
      run(
        ctx,
        emails,
        { can_manage_tokens: false },
        'May no longer create tokens; existing ones are blocked',
        command.optsWithGlobals(),
      ),
    );
}
