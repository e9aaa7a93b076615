import type { Command } from 'commander';
import { pagesOf } from '../../api/pages.ts';
import { expectBody } from '../../api/responses.ts';
import { pageShape, userShape } from '../../api/shapes.ts';
import type { Context, GlobalOptions } from '../../context.ts';
import { connect } from '../../session/connect.ts';

export function registerUsersList(users: Command, ctx: Context): void {
  users
    .command('list')
    .alias('ls')
    .summary('List members')
    .description('List the members of the organization.')
    .addHelpText('after', '\nExample:\n  $ tokens users list --json')
    .action((_options, command: Command) => runUsersList(ctx, command.optsWithGlobals()));
}

async function runUsersList(ctx: Context, options: GlobalOptions): Promise<void> {
  const { api } = await connect(ctx, options);
  const pages = pagesOf((query) => expectBody(api.users.$get({ query }), pageShape(userShape)));
  const { withProgress } = await import('../../ui/progress.ts');
  const users = withProgress(ctx, options, 'member', pages);
  if (options.json) {
    const { printJsonArray } = await import('../../ui/json.ts');
    return printJsonArray(ctx.stdout, users);
  }
  const { printUsers } = await import('../../ui/accounts/users.ts');
  await printUsers(ctx, options, users);
}
